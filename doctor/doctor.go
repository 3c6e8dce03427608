// Package doctor looks at an installation as it is, socket, Postfix, agent, store, logs and
// files, and says what to do about what it finds. It changes nothing; only Try sends a mail.
package doctor

import (
	"context"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/internal/places"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
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

	found, do words.Text // the same, for readers of any language
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

// Write prints findings for people, in the reader's language.
func Write(screen table.Screen, w words.Reader, list []Finding) error {
	t := table.New(screen, table.Fixed(w.W("check")), table.Fixed(w.W("cli-state")), table.Fixed(w.W("found")))
	for i := range list {
		f := &list[i]
		found := term.Safe(w.Say(f.found), 200)
		if do := w.Say(f.do); do != "" {
			found += "\n-> " + do
		}
		t.Row(w.W("check-"+f.Check), screen.PaintAs(f.State, w.W("level-"+f.State)), found)
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
	path := words.Plain(d.File)
	if d.File == "" {
		path = say("doctor-defaults")
	}
	d.add("configuration", OK, say("doctor-config", path, d.Config.Mode), nothing)
}

// say is a text of the catalogue: whatever doctor says can be said in Japanese.
var say = words.Say

// nothing is to be done.
var nothing words.Text

var english = words.For(words.English, nil)

func (d *Doctor) add(check, state string, found, do words.Text) {
	d.list = append(d.list, Finding{1, "finding", check, state, english.Say(found), english.Say(do), found, do})
}

func (d *Doctor) places() {
	if d.Config.Places == (config.Places{}) {
		d.add("places", Warn, say("doctor-places-none"), say("doctor-places-name"))
		return
	}
	p, err := places.Open(d.Config.Places)
	if err != nil {
		d.add("places", Bad, words.Fault(err), nothing)
		return
	}
	for _, s := range p.Samples() {
		if s.Network == "" {
			d.add("places", Bad, say("doctor-places-blind", s.Key, term.Safe(s.Type, 60)), say("doctor-places-fit", s.Key))
			continue
		}
		d.add("places", OK, say("doctor-places-is", s.Key, s.Network, term.Safe(s.Found, 60)), nothing)
	}
	if err := p.Close(); err != nil {
		d.add("places", Warn, words.Fault(err), nothing)
	}
}
