package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/store"
)

// finding is one check's result. State is ok, warn or bad; Do says what to do.
type finding struct {
	Schema int    `json:"schema"`
	Kind   string `json:"kind"`
	Check  string `json:"check"`
	State  string `json:"state"`
	Found  string `json:"found"`
	Do     string `json:"do"`
}

// doctor collects findings.
type doctor struct {
	ctx  context.Context
	cfg  config.Config
	list []finding
}

func newDoctor() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check socket, Postfix, agent, store and databases, and say what to do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(cmd)
			if err != nil {
				return err
			}
			d := &doctor{ctx: cmd.Context(), cfg: cfg}
			d.configuration(configFile(cmd, machineConfig))
			d.examine()
			if asJSON {
				err = writeLines(cmd.OutOrStdout(), d.list)
			} else {
				err = d.print(cmd)
			}
			if err == nil && d.count("bad") > 0 {
				err = fmt.Errorf("%s to repair", counted(d.count("bad"), "thing"))
			}
			return err
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func (d *doctor) examine() {
	d.store()
	d.socket()
	d.places()
	d.hooks()
	d.postfix()
}

// configuration says what all that follows is about.
func (d *doctor) configuration(path string) {
	if path == "" {
		path = "none, the defaults"
	}
	d.add("configuration", "ok", fmt.Sprintf("%s; mode %s", path, d.cfg.Mode), "")
}

func (d *doctor) add(check, state, found, do string) {
	d.list = append(d.list, finding{1, "finding", check, state, found, do})
}

func (d *doctor) count(state string) (n int) {
	for _, f := range d.list {
		if f.State == state {
			n++
		}
	}
	return n
}

func (d *doctor) print(cmd *cobra.Command) error {
	t := newTable(cmd.OutOrStdout(), "check", "state", "found")
	for _, f := range d.list {
		found := safe(f.Found, 200)
		if f.Do != "" {
			found += "\n-> " + f.Do
		}
		t.row(f.Check, t.paint(f.State), found)
	}
	return t.write()
}

// store looks at the database and, through it, at the agent.
func (d *doctor) store() {
	db, err := openStore(d.ctx, d.cfg, false)
	if err != nil {
		d.add("store", "bad", err.Error(), "start hisseki serve, or see the message")
		return
	}
	defer db.Close()
	d.add("store", "ok", d.cfg.Database, "")
	d.agent(db)
	d.maillog(db)
	d.habits(db)
}

// habits looks for exceptions that can never apply and for habits that are over.
func (d *doctor) habits(db *store.DB) {
	declared, err := d.cfg.Declared()
	if err != nil {
		d.add("habits", "bad", err.Error(), "")
		return
	}
	exceptions, err := db.Habits(d.ctx)
	if err != nil {
		d.add("habits", "bad", err.Error(), "")
		return
	}
	all := append(declared, exceptions...)
	for i := range all {
		h := &all[i]
		switch {
		case !h.Until.IsZero() && !h.Until.After(time.Now()):
			d.add("habits", "warn", h.Name+" is over since "+stamp(h.Until),
				"remove it, or give it a new end")
		case len(h.Countries) > 0 && d.cfg.Places.Country == "":
			d.add("habits", "warn", h.Name+" names countries, and no country is known of any client",
				"name an .mmdb file in places.country")
		}
	}
	if len(all) > 0 {
		d.add("habits", "ok", fmt.Sprintf("%d declared, %s", len(declared),
			counted(len(exceptions), "exception")), "")
	}
}

func (d *doctor) agent(db *store.DB) {
	seen, err := db.AgentSeen(d.ctx)
	age := time.Since(seen).Round(time.Second)
	const do = "start hisseki agent as root on the MTA host: systemctl enable --now hisseki-agent"
	switch {
	case err != nil:
		d.add("agent", "bad", err.Error(), "")
	case seen.IsZero():
		d.add("agent", "bad", "never seen: nothing is delayed, released or discarded", do)
	case age > staleAfter:
		d.add("agent", "bad", fmt.Sprintf("last seen %s ago", age), do)
	default:
		d.add("agent", "ok", fmt.Sprintf("seen %s ago", age), "")
	}
}

// socket looks whether serve answers, and whether Postfix may write there.
func (d *doctor) socket() {
	a := d.cfg.Milter.Listen
	if err := dialMilter(a); err != nil {
		d.add("socket", "bad", err.Error(), "start hisseki serve: systemctl enable --now hisseki")
		return
	}
	d.add("socket", "ok", a.String()+" answers", "")
	if a.Network != "unix" {
		return
	}
	info, err := os.Stat(a.Name)
	if err != nil {
		d.add("permission", "bad", err.Error(), "")
		return
	}
	if info.Mode().Perm()&0o060 != 0o060 && info.Mode().Perm()&0o006 != 0o006 {
		d.add("permission", "bad", fmt.Sprintf("%s has mode %04o", a.Name, info.Mode().Perm()),
			`set milter.socket_mode = "0660" and socket_group = "postfix"`)
		return
	}
	d.add("permission", "ok", fmt.Sprintf("%s has mode %04o", a.Name, info.Mode().Perm()), "")
}

func (d *doctor) places() {
	if d.cfg.Places == (config.Places{}) {
		d.add("places", "warn", "no country or provider database",
			"optional: name .mmdb files in [places]")
		return
	}
	p, err := openPlaces(d.cfg.Places)
	if err != nil {
		d.add("places", "bad", err.Error(), "")
		return
	}
	d.add("places", "ok", "databases are intact", "")
	if err := p.Close(); err != nil {
		d.add("places", "warn", err.Error(), "")
	}
}

// postfix looks at main.cf and master.cf as Postfix understands them.
func (d *doctor) postfix() {
	conf := map[string]string{}
	out, err := postconf(d.ctx, d.cfg.Agent.PostfixConfig, "-x", "smtpd_milters",
		"enable_long_queue_ids", "queue_directory", "milter_default_action")
	if err != nil {
		d.add("postfix", "warn", err.Error(), "run doctor on the MTA host")
		return
	}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(line, "=")
		conf[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	if conf["enable_long_queue_ids"] == "yes" {
		d.add("queue ids", "ok", "long", "")
	} else {
		d.add("queue ids", "bad", "short: they are used again within seconds",
			"postconf -e enable_long_queue_ids=yes && postfix reload")
	}
	d.milters(conf["smtpd_milters"], conf["queue_directory"])
}

// milters looks whether Postfix asks us, by a path that it can reach, and last.
func (d *doctor) milters(list, queue string) {
	names := splitMilters(list)
	at := -1
	for i, name := range names {
		if d.isUs(name, queue) {
			at = i
		}
	}
	switch {
	case at < 0:
		d.add("milter", "bad", "smtpd_milters does not name "+d.cfg.Milter.Listen.String(),
			"add it as the last one, see docs/howto.md")
		return
	case at < len(names)-1:
		d.add("milter", "bad", "not the last in smtpd_milters: a held mail skips the later ones",
			"put hisseki last, after the one that signs")
	default:
		d.add("milter", "ok", "last in smtpd_milters", "")
	}
	path, isUnix := strings.CutPrefix(names[at], "unix:")
	if isUnix && filepath.IsAbs(path) && d.chrooted() {
		d.add("chroot", "bad", "smtpd is chrooted and does not see "+path,
			"write the path relative to "+queue+", such as unix:hisseki/milter.sock")
	}
}

// isUs compares an entry of smtpd_milters with where we listen.
func (d *doctor) isUs(name, queue string) bool {
	if path, ok := strings.CutPrefix(name, "unix:"); ok && !filepath.IsAbs(path) {
		name = "unix:" + filepath.Join(queue, path)
	}
	if d.cfg.Milter.Listen.Network == "systemd" {
		return strings.Contains(name, "hisseki")
	}
	return name == d.cfg.Milter.Listen.String()
}

// splitMilters splits smtpd_milters at commas and spaces outside braces and drops the
// options in braces: "{inet:h:1, timeout=2s}, unix:a" is inet:h:1 and unix:a.
func splitMilters(list string) []string {
	var out []string
	for list != "" {
		list = strings.TrimLeft(list, ", \t")
		entry := list
		if strings.HasPrefix(list, "{") {
			inside, rest, _ := strings.Cut(list[1:], "}")
			entry, list = strings.TrimSpace(inside), rest
			entry, _, _ = strings.Cut(entry, ",")
		} else if i := strings.IndexAny(list, ", \t"); i >= 0 {
			entry, list = list[:i], list[i:]
		} else {
			list = ""
		}
		if entry = strings.TrimSpace(entry); entry != "" {
			out = append(out, entry)
		}
	}
	return out
}

// chrooted says whether any smtpd of master.cf runs chrooted.
func (d *doctor) chrooted() bool {
	out, err := postconf(d.ctx, d.cfg.Agent.PostfixConfig, "-M")
	if err != nil {
		return false
	}
	for line := range strings.Lines(out) {
		// service type private unpriv chroot wakeup maxproc command
		f := strings.Fields(line)
		if len(f) >= 8 && f[7] == "smtpd" && f[4] == "y" {
			return true
		}
	}
	return false
}
