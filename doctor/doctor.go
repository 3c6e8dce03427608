// Package doctor looks at an installation as it is, socket, Postfix, agent, store, logs and
// files, and says what to do about what it finds. It changes nothing; only Try sends a mail.
package doctor

import (
	"context"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/internal/places"
	"hisseki/internal/table"
	"hisseki/internal/term"
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
	// MTAs returns what is known of each MTA host.
	MTAs(ctx context.Context) ([]ledger.MTA, error)
	// Habits returns the exceptions from declared habits.
	Habits(ctx context.Context) ([]analyzer.Habit, error)
	// LogPositions returns how far a log was read, the latest first.
	LogPositions(ctx context.Context, source, head string) ([]ledger.LogPosition, error)
	// Seen returns the record of a mail by its Message-ID, nil when there is none since a time.
	Seen(ctx context.Context, messageID string, since time.Time) (*ledger.Seen, error)
	// Fates returns what happened to every recipient of records.
	Fates(ctx context.Context, journal ...int64) ([]ledger.RecipientFate, error)
	// Status says how things stand.
	Status(ctx context.Context, since time.Time) (ledger.Status, error)
	// Senders returns the senders of the journal's mail.
	Senders(ctx context.Context, f ledger.SenderFilter) ([]ledger.Sender, error)
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

	ctx    context.Context
	list   []Finding
	logins bool // accounts can log in to send mail here
}

// Examine looks at everything. What cannot be looked at is a finding.
func (d *Doctor) Examine(ctx context.Context) []Finding {
	d.ctx, d.list, d.logins = ctx, nil, false
	d.configuration()
	db := d.store()
	d.boundary()
	d.socket()
	d.places()
	d.hooks()
	d.web()
	d.postfix()
	if db != nil {
		d.mtas(db)
		d.relays(db)
		d.closeStore(db)
	}
	return d.list
}

// Write prints findings for people.
func Write(screen table.Screen, list []Finding) error {
	t := table.New(screen, table.Fixed("check"), table.Fixed("state"), table.Fixed("found"))
	for _, f := range list {
		found := term.Safe(f.Found, 200)
		if f.Do != "" {
			found += "\n-> " + f.Do
		}
		t.Row(f.Check, screen.Paint(f.State), found)
	}
	return t.Write()
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
			d.add("places", Bad, fmt.Sprintf("%s: no record of this file (%s) has one",
				s.Key, term.Safe(s.Type, 60)), "name a file with such data, or leave "+s.Key+" out")
			continue
		}
		d.add("places", OK, fmt.Sprintf("%s: %s is %s", s.Key, s.Network, term.Safe(s.Found, 60)), "")
	}
	if err := p.Close(); err != nil {
		d.add("places", Warn, err.Error(), "")
	}
}
