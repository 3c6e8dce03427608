package config

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Hooks are told of incidents.
type Hooks struct {
	Command []CommandHook `toml:"command"`
	Webhook []WebhookHook `toml:"webhook"`
	Ask     []AskHook     `toml:"ask"`
	Mail    MailHook      `toml:"mail"`
}

// CommandHook is a program that the agent runs.
type CommandHook struct {
	Name    string   `toml:"name"`
	Run     []string `toml:"run"`
	User    string   `toml:"user"`
	On      []string `toml:"on"`      // none for every event
	Timeout Duration `toml:"timeout"` // 0 for the default
}

// WebhookHook is a server that serve posts to.
type WebhookHook struct {
	Name             string   `toml:"name"`
	URL              string   `toml:"url"`
	SecretFile       string   `toml:"secret_file"`
	SecretCredential string   `toml:"secret_credential"` // systemd's name for it
	CAFile           string   `toml:"ca_file"`           // "" for the system's
	On               []string `toml:"on"`
	Timeout          Duration `toml:"timeout"`
}

// AskHook is a program that brings an account's owner a link, for the question whether the mail
// of an incident is his. The agent runs it.
type AskHook struct {
	Name    string   `toml:"name"`
	Run     []string `toml:"run"`
	User    string   `toml:"user"`
	Timeout Duration `toml:"timeout"` // 0 for the default
	For     Duration `toml:"for"`     // how long the link is good, 0 for the default
	Except  []string `toml:"except"`  // accounts that nobody asks: addresses, domains, patterns, "group:NAME"
}

// Spared are the accounts whose owners a hook does not ask, in lower case.
func (c *Config) Spared(h *AskHook) ([]string, error) { return c.senders(h.Except) }

// Bounds of AskHook.For.
const (
	minAskFor = 5 * minute
	maxAskFor = 7 * day
)

// MailHook writes to the postmaster. Without To there is no mail.
type MailHook struct {
	To       []string `toml:"to"`
	From     string   `toml:"from"` // "" for the first of To
	Language Language `toml:"language"`
	Every    Duration `toml:"every"`
	Sendmail string   `toml:"sendmail"`
}

// Language is "en" or "ja".
type Language string

// hookEvents are what a hook may be told.
var hookEvents = []string{"opened", "confirmed", "dismissed", "ended", "reopened", "claimed", "denied"}

// Bounds of a run: a hook that hangs blocks its own later events only.
const (
	minHookTimeout = second
	maxHookTimeout = 10 * minute
)

func (c *Config) checkHooks() error {
	names := map[string]bool{"mail": true} // taken by the mail hook
	var errs []error
	for i := range c.Hooks.Command {
		h := &c.Hooks.Command[i]
		key := fmt.Sprintf("hooks.command[%d].", i)
		errs = append(errs, checkHook(key, h.Name, h.On, h.Timeout, names),
			checkProgram(key, h.Run, h.User))
	}
	for i := range c.Hooks.Ask {
		h := &c.Hooks.Ask[i]
		key := fmt.Sprintf("hooks.ask[%d].", i)
		errs = append(errs, checkHook(key, h.Name, nil, h.Timeout, names), checkProgram(key, h.Run, h.User),
			must(h.For == 0 || h.For >= Duration(minAskFor) && h.For <= Duration(maxAskFor), key+"for",
				"must be from 5m to 7d"),
			must(c.Web.URL != "", "web.url", "is missing: the links of hooks.ask begin with it"))
		_, err := c.Spared(h)
		errs = append(errs, must(err == nil, key+"except", fmt.Sprint(err)))
	}
	for i := range c.Hooks.Webhook {
		h := &c.Hooks.Webhook[i]
		key := fmt.Sprintf("hooks.webhook[%d].", i)
		errs = append(errs, checkHook(key, h.Name, h.On, h.Timeout, names),
			checkURL(key+"url", h.URL),
			must((h.SecretFile == "") != (h.SecretCredential == ""), key+"secret_file",
				"name the secret either here or as secret_credential"),
			must(h.SecretCredential == filepath.Base("/"+h.SecretCredential) ||
				h.SecretCredential == "", key+"secret_credential", "is a name, not a path"))
	}
	return errors.Join(append(errs, c.checkMailHook())...)
}

var hookName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

func checkHook(key, name string, on []string, timeout Duration, names map[string]bool) error {
	errs := []error{
		must(hookName.MatchString(name), key+"name",
			fmt.Sprintf("%q must be up to 32 of a-z, 0-9 and -", name)),
		must(!names[name], key+"name", fmt.Sprintf("%q is taken", name)),
		must(timeout == 0 || timeout >= Duration(minHookTimeout) && timeout <= Duration(maxHookTimeout),
			key+"timeout", "must be from 1s to 10m"),
	}
	names[name] = true
	for _, event := range on {
		if !slices.Contains(hookEvents, event) {
			errs = append(errs, &KeyError{key + "on",
				fmt.Sprintf("%q is not one of %q", event, hookEvents)})
		}
	}
	return errors.Join(errs...)
}

// checkProgram wants a program, and who runs it.
func checkProgram(key string, run []string, user string) error {
	return errors.Join(
		must(len(run) > 0 && filepath.IsAbs(run[0]), key+"run",
			"must be a list that begins with a program's absolute path"),
		must(user != "", key+"user", `is missing, name who runs the command, "root" only where it must be`))
}

// checkURL wants TLS for what leaves the machine.
func checkURL(key, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return &KeyError{key, fmt.Sprintf("%q is not an https:// URL without a password", text)}
	}
	addr, err := netip.ParseAddr(u.Hostname())
	local := u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
	return must(u.Scheme == "https" || local, key, "http:// is for this machine only, use https://")
}

func (c *Config) checkMailHook() error {
	m := &c.Hooks.Mail
	errs := []error{
		oneOf("hooks.mail.language", m.Language, "en", "ja"),
		must(m.Every >= Duration(minute), "hooks.mail.every", "is under a minute"),
		must(filepath.IsAbs(m.Sendmail), "hooks.mail.sendmail", "must be an absolute path"),
		must(m.From == "" || bareAddress(m.From), "hooks.mail.from",
			fmt.Sprintf("%q is not an address such as hisseki@example.jp", m.From)),
		must(len(m.To) <= 20, "hooks.mail.to", "are more than 20, use an alias"),
	}
	for _, to := range m.To {
		errs = append(errs, must(bareAddress(to), "hooks.mail.to",
			fmt.Sprintf("%q is not an address such as postmaster@example.jp", to)))
	}
	return errors.Join(errs...)
}

func bareAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	ascii := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
	return err == nil && a.Address == text && ascii && text[0] != '-'
}
