// Package doctor looks at an installation as it is, socket, Postfix, agent, store, logs and
// files, and says what to do about what it finds. It changes nothing.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/internal/places"
	"hisseki/internal/term"
	"hisseki/internal/wiring"
	"hisseki/ledger"
)

// States of a finding.
const (
	OK   = "ok"
	Warn = "warn"
	Bad  = "bad"
)

// Finding is one check's result, schema 1.
type Finding struct {
	Schema int    `json:"schema"`
	Kind   string `json:"kind"` // always "finding"
	Check  string `json:"check"`
	State  string `json:"state"` // ok, warn or bad
	Found  string `json:"found"`
	Do     string `json:"do"` // what to do about it, "" for nothing
}

// Store is what doctor reads of the store.
type Store interface {
	// AgentSeen returns when any host's agent was last alive, zero for never.
	AgentSeen(ctx context.Context) (time.Time, error)
	// Habits returns the exceptions from declared habits.
	Habits(ctx context.Context) ([]analyzer.Habit, error)
	// LogPositions returns how far a log was read, the latest first.
	LogPositions(ctx context.Context, source, head string) ([]ledger.LogPosition, error)
	Close() error
}

// Doctor examines an installation.
type Doctor struct {
	Config     config.Config
	File       string                               // that Config was read from, "" for none
	OpenStore  func(context.Context) (Store, error) // as the other commands open it
	Dial       func(config.Address) error           // looks whether serve answers there
	Postfix    Postfix                              // of this machine
	StaleAfter time.Duration                        // an agent that was not seen for longer is dead

	ctx  context.Context
	list []Finding
}

// Examine looks at everything. What cannot be looked at is a finding.
func (d *Doctor) Examine(ctx context.Context) []Finding {
	d.ctx, d.list = ctx, nil
	d.configuration()
	d.store()
	d.socket()
	d.places()
	d.hooks()
	d.postfix()
	return d.list
}

// Count returns how many findings have a state.
func Count(list []Finding, state string) (n int) {
	for _, f := range list {
		if f.State == state {
			n++
		}
	}
	return n
}

// configuration says what all that follows is about.
func (d *Doctor) configuration() {
	path := d.File
	if path == "" {
		path = "none, the defaults"
	}
	d.add("configuration", OK, fmt.Sprintf("%s; mode %s", path, d.Config.Mode), "")
}

func (d *Doctor) add(check, state, found, do string) {
	d.list = append(d.list, Finding{1, "finding", check, state, found, do})
}

// store looks at the database and, through it, at the agent.
func (d *Doctor) store() {
	db, err := d.OpenStore(d.ctx)
	if err != nil {
		d.add("store", Bad, err.Error(), "start hisseki serve, or see the message")
		return
	}
	defer db.Close()
	d.add("store", OK, d.Config.Database, "")
	d.agent(db)
	d.maillog(db)
	d.habits(db)
}

// habits looks for exceptions that can never apply and for habits that are over.
func (d *Doctor) habits(db Store) {
	declared, err := wiring.Habits(d.Config)
	if err != nil {
		d.add("habits", Bad, err.Error(), "")
		return
	}
	exceptions, err := db.Habits(d.ctx)
	if err != nil {
		d.add("habits", Bad, err.Error(), "")
		return
	}
	all := append(declared, exceptions...)
	for i := range all {
		h := &all[i]
		switch {
		case !h.Until.IsZero() && !h.Until.After(time.Now()):
			d.add("habits", Warn, h.Name+" is over since "+term.Stamp(h.Until),
				"remove it, or give it a new end")
		case len(h.Countries) > 0 && d.Config.Places.Country == "":
			d.add("habits", Warn, h.Name+" names countries, and no country is known of any client",
				"name an .mmdb file in places.country")
		}
	}
	if len(all) > 0 {
		d.add("habits", OK, fmt.Sprintf("%d declared, %s", len(declared),
			term.Count(len(exceptions), "exception")), "")
	}
}

func (d *Doctor) agent(db Store) {
	seen, err := db.AgentSeen(d.ctx)
	age := time.Since(seen).Round(time.Second)
	const do = "start hisseki agent as root on the MTA host: systemctl enable --now hisseki-agent"
	switch {
	case err != nil:
		d.add("agent", Bad, err.Error(), "")
	case seen.IsZero():
		d.add("agent", Bad, "never seen: nothing is delayed, released or discarded", do)
	case age > d.StaleAfter:
		d.add("agent", Bad, fmt.Sprintf("last seen %s ago", age), do)
	default:
		d.add("agent", OK, fmt.Sprintf("seen %s ago", age), "")
	}
}

// socket looks whether serve answers, and whether Postfix may write there.
func (d *Doctor) socket() {
	a := d.Config.Milter.Listen
	if err := d.Dial(a); err != nil {
		d.add("socket", Bad, err.Error(), "start hisseki serve: systemctl enable --now hisseki")
		return
	}
	d.add("socket", OK, a.String()+" answers", "")
	if a.Network != "unix" {
		return
	}
	info, err := os.Stat(a.Name)
	if err != nil {
		d.add("permission", Bad, err.Error(), "")
		return
	}
	if info.Mode().Perm()&0o060 != 0o060 && info.Mode().Perm()&0o006 != 0o006 {
		d.add("permission", Bad, fmt.Sprintf("%s has mode %04o", a.Name, info.Mode().Perm()),
			`set milter.socket_mode = "0660" and socket_group = "postfix"`)
		return
	}
	d.add("permission", OK, fmt.Sprintf("%s has mode %04o", a.Name, info.Mode().Perm()), "")
}

func (d *Doctor) places() {
	if d.Config.Places == (config.Places{}) {
		d.add("places", Warn, "no country or provider database",
			"optional: name .mmdb files in [places]")
		return
	}
	p, err := places.Open(d.Config.Places)
	if err != nil {
		d.add("places", Bad, err.Error(), "")
		return
	}
	for _, s := range p.Samples() {
		if s.Network == "" {
			d.add("places", Bad, fmt.Sprintf("%s: no record of this file (%s) tells one",
				s.Key, term.Safe(s.Type, 60)), "name a file with such data, or leave "+s.Key+" out")
			continue
		}
		d.add("places", OK, fmt.Sprintf("%s: %s is %s", s.Key, s.Network, term.Safe(s.Found, 60)), "")
	}
	if err := p.Close(); err != nil {
		d.add("places", Warn, err.Error(), "")
	}
}

// maillog looks at how far the logs were read.
func (d *Doctor) maillog(db Store) {
	m := &d.Config.Maillog
	if len(m.Files) == 0 && !m.Journald {
		d.add("maillog", Warn, "no mail log is followed: nothing says who got which mail",
			"name it in [maillog], and restart the agent")
		return
	}
	sources := m.Files
	if m.Journald {
		sources = []string{"journald"}
	}
	for _, s := range sources {
		known, err := db.LogPositions(d.ctx, s, "")
		switch {
		case err != nil:
			d.add("maillog", Bad, err.Error(), "")
		case len(known) == 0 && !m.Journald && missing(s):
			d.add("maillog", Bad, s+" is not there", "name the file that Postfix logs to")
		case len(known) == 0:
			d.add("maillog", Warn, s+": nothing of mail was read yet",
				"see that the agent runs, and wait for a mail")
		default:
			d.add("maillog", OK, s+": read at "+term.Stamp(known[0].At), "")
		}
	}
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}
