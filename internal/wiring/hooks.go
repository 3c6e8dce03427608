package wiring

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/ask"
	"hisseki/hook"
	"hisseki/internal/config"
	"hisseki/ledger"
)

// How long a run may take, and for how long an event is told that nobody took. A command
// acts on this machine and fails for good when it fails for an hour; a server may be down
// over a week end.
const (
	commandTimeout = 30 * time.Second
	commandWithin  = time.Hour
	webhookTimeout = 10 * time.Second
	WebhookWithin  = 3 * 24 * time.Hour
)

// HookNames are the hooks of the settings, whoever runs them.
func HookNames(h config.Hooks) []string {
	var names []string
	for i := range h.Command {
		names = append(names, h.Command[i].Name)
	}
	for i := range h.Webhook {
		names = append(names, h.Webhook[i].Name)
	}
	for i := range h.Ask {
		names = append(names, h.Ask[i].Name)
	}
	if len(h.Mail.To) > 0 {
		names = append(names, hook.MailName)
	}
	return names
}

// CommandHooks are those that the agent runs.
func CommandHooks(h config.Hooks) []hook.Hook {
	var out []hook.Hook
	for i := range h.Command {
		c := &h.Command[i]
		out = append(out, hook.Hook{Name: c.Name, On: c.On, Acts: true, Within: commandWithin,
			Timeout: orDefault(c.Timeout, commandTimeout),
			Teller:  &hook.Command{Args: c.Run, User: c.User}})
	}
	return out
}

// askFor is how long an owner's link is good by default: a night and a morning.
const askFor = 24 * time.Hour

// AskNames names the hooks that ask owners of accounts.
func AskNames(h config.Hooks) []string {
	names := make([]string, len(h.Ask))
	for i := range h.Ask {
		names[i] = h.Ask[i].Name
	}
	return names
}

// AskHooks are those by which the agent asks owners of accounts. Applications and null senders have
// none.
func AskHooks(cfg config.Config, questions ask.Store, random io.Reader) ([]hook.Hook, error) {
	var out []hook.Hook
	limit := new(ask.Limit)
	for i := range cfg.Hooks.Ask {
		a := &cfg.Hooks.Ask[i]
		spared, err := cfg.Spared(a)
		if err != nil {
			return nil, fmt.Errorf("hooks.ask %s: %w", a.Name, err)
		}
		asMailHas(cfg, spared)
		habit := analyzer.Habit{Senders: spared}
		desk := &ask.Desk{Store: questions, URL: cfg.Web.URL, For: orDefault(a.For, askFor), Limit: limit,
			Now: time.Now, Rand: random}
		out = append(out, hook.Hook{Name: a.Name, On: []string{string(ledger.EventOpened)}, Acts: true,
			Within: commandWithin, Timeout: orDefault(a.Timeout, commandTimeout),
			Spares: func(sender string) bool {
				return !strings.Contains(sender, "@") || strings.ContainsAny(sender, ":|") ||
					len(spared) > 0 && habit.Matches(sender, analyzer.Account)
			},
			Teller: &hook.Asking{Name: a.Name, Asker: desk.Ask, NotBrought: desk.NotBrought,
				Command: hook.Command{Args: a.Run, User: a.User}}})
	}
	return out, nil
}

// Webhooks are those that serve posts to.
func Webhooks(h config.Hooks) ([]hook.Hook, error) {
	var out []hook.Hook
	for i := range h.Webhook {
		w := &h.Webhook[i]
		secret := w.SecretFile
		if w.SecretCredential != "" {
			dir := os.Getenv("CREDENTIALS_DIRECTORY")
			if dir == "" {
				return nil, fmt.Errorf("hooks.webhook %s: systemd gave no credentials: add"+
					" LoadCredential=%s:FILE to hisseki.service", w.Name, w.SecretCredential)
			}
			secret = filepath.Join(dir, w.SecretCredential)
		}
		teller, err := hook.NewWebhook(w.URL, secret, w.CAFile, time.Now)
		if err != nil {
			return nil, fmt.Errorf("hooks.webhook %s: %w", w.Name, err)
		}
		out = append(out, hook.Hook{Name: w.Name, On: w.On, Within: WebhookWithin,
			Timeout: orDefault(w.Timeout, webhookTimeout), Teller: teller})
	}
	return out, nil
}

func orDefault(d config.Duration, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return time.Duration(d)
}

// HooksByEvent names the hooks that are told of the kinds of events that a decision makes.
func HooksByEvent(h config.Hooks) map[ledger.EventKind][]string {
	out := map[ledger.EventKind][]string{}
	add := func(name string, on []string) {
		if len(on) == 0 {
			on = []string{string(ledger.EventConfirmed), string(ledger.EventDismissed)}
		}
		for _, kind := range on {
			out[ledger.EventKind(kind)] = append(out[ledger.EventKind(kind)], name)
		}
	}
	for i := range h.Command {
		add(h.Command[i].Name, h.Command[i].On)
	}
	for i := range h.Webhook {
		add(h.Webhook[i].Name, h.Webhook[i].On)
	}
	return out
}
