package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Spans of a scope.
const (
	// suspectSpan is how long before its first suspicious mail an incident's suspects are
	// looked for. Stolen accounts are used within days, sold ones within weeks.
	suspectSpan = 30 * 24 * time.Hour
	// guessSpan is how long before it logins are told: guessing goes on over a weekend.
	guessSpan = 7 * 24 * time.Hour
	// usualSpan is how long before it a sender's mail shows what is usual.
	usualSpan = 28 * 24 * time.Hour
)

// Scope returns what is known of incidents. Those must be there.
func (db *DB) Scope(ctx context.Context, ids ...int64) (*ledger.Scope, error) {
	return db.scope(ctx, wholeReach, ids...)
}

// scope returns what is known of incidents as far as a reach goes.
func (db *DB) scope(ctx context.Context, far reach, ids ...int64) (*ledger.Scope, error) {
	s := &ledger.Scope{At: db.now().UTC(), Usual: make(map[string][]time.Time),
		Notes: make(map[int64][]ledger.Note)}
	var err error
	if s.Incidents, err = db.FindIncidents(ctx, ledger.IncidentFilter{IDs: ids}); err != nil {
		return nil, err
	}
	if len(s.Incidents) < len(ids) || len(ids) == 0 {
		return nil, errNoIncident
	}
	c := collector{db: db, far: far, scope: s, seen: make(map[int64]bool),
		logins: make(map[analyzer.Login]bool), attacks: attacks{key: make(map[int64][]int),
			client: make(map[string][]int), ofAccount: make(map[string][]int)}}
	for i := range s.Incidents {
		if err := c.incident(ctx, &s.Incidents[i]); err != nil {
			return nil, fmt.Errorf("read incident %s: %w", s.Incidents[i].Name(), err)
		}
	}
	if err := c.suspects(ctx); err != nil {
		return nil, fmt.Errorf("look for earlier mail of the incidents: %w", err)
	}
	slices.SortStableFunc(s.Holds, func(a, b ledger.Hold) int {
		return a.Record.Envelope.Time.Compare(b.Record.Envelope.Time)
	})
	slices.SortStableFunc(s.Logins, func(a, b analyzer.Login) int { return a.At.Compare(b.At) })
	if s.Lures, s.Unread.Lures, err = db.rankLures(ctx, attackOf(s.Holds), far.sent); err != nil {
		return nil, err
	}
	return s, db.scopeFates(ctx, s)
}

// attackOf returns the mail that shows what an attack looks like.
func attackOf(holds []ledger.Hold) []*analyzer.Record {
	var out []*analyzer.Record
	for i := range holds {
		if holds[i].OfAttack() {
			out = append(out, holds[i].Record)
		}
	}
	return out
}

// collector fills a scope.
type collector struct {
	db      *DB
	far     reach
	scope   *ledger.Scope
	seen    map[int64]bool // records that are in the scope
	logins  map[analyzer.Login]bool
	attacks attacks
	past    []past
}

// past is a sender's own mail before an incident.
type past struct {
	sender string
	first  time.Time // suspicious mail
	own    []glimpse
	cut    bool // own is the newest of it only
}

// incident adds one incident's mail and logins, and what its suspects are found by.
func (c *collector) incident(ctx context.Context, i *ledger.Incident) error {
	s := c.scope
	holds, err := c.holds(ctx, i)
	if err != nil {
		return err
	}
	for k := range holds {
		c.seen[holds[k].Record.ID] = true
	}
	s.Holds = append(s.Holds, holds...)
	if s.Notes[i.ID], err = c.db.Notes(ctx, i.ID); err != nil {
		return err
	}
	first, last := span(i, holds)
	own, err := c.db.own(ctx, i.Sender, first.Add(-suspectSpan), c.far.own)
	if err != nil {
		return err
	}
	cut := len(own) == c.far.own
	s.Unread.More = s.Unread.More || cut
	c.attacks.add(i, holds, own, first.Add(-suspectSpan))
	c.past = append(c.past, past{i.Sender, first, own, cut})
	logins, err := c.db.logins(ctx, i.Sender, first.Add(-guessSpan), last.Add(24*time.Hour), c.far.logins)
	if err != nil {
		return err
	}
	for _, l := range logins {
		if !c.logins[l] { // two incidents of one sender
			c.logins[l] = true
			s.Logins = append(s.Logins, l)
		}
	}
	return nil
}

// suspects adds the mail that looks like that of the incidents, and then when each sender
// sent other mail.
func (c *collector) suspects(ctx context.Context) (err error) {
	s := c.scope
	if err = c.db.suspects(ctx, &c.attacks, c.far, s); err != nil {
		return err
	}
	for _, x := range s.Suspects {
		c.seen[x.Record.ID] = true
	}
	for _, p := range c.past {
		if _, ok := s.Usual[p.sender]; ok {
			continue
		}
		var usual []time.Time
		if p.cut {
			if s.Usual[p.sender], err = c.db.pace(ctx, p.sender, p.first.Add(-usualSpan), p.first); err != nil {
				return err
			}
			continue
		}
		for _, g := range p.own {
			if !g.at.Before(p.first.Add(-usualSpan)) && g.at.Before(p.first) && !c.seen[g.id] {
				usual = append(usual, g.at)
			}
		}
		s.Usual[p.sender] = usual
	}
	return nil
}

// span returns when an incident's mail began and ended.
func span(i *ledger.Incident, holds []ledger.Hold) (first, last time.Time) {
	first, last = i.Opened, i.Opened
	for k := range holds {
		t := holds[k].Record.Envelope.Time
		if t.Before(first) {
			first = t
		}
		if t.After(last) {
			last = t
		}
	}
	return first, last
}

func (db *DB) scopeFates(ctx context.Context, s *ledger.Scope) error {
	var ids []int64
	for i := range s.Holds {
		ids = append(ids, s.Holds[i].Record.ID)
	}
	for i := range s.Suspects {
		ids = append(ids, s.Suspects[i].Record.ID)
	}
	fates, err := db.Fates(ctx, ids...)
	if err != nil {
		return fmt.Errorf("read what became of the mail: %w", err)
	}
	s.Fates = make(map[int64][]ledger.RecipientFate, len(ids))
	for _, f := range fates {
		s.Fates[f.Journal] = append(s.Fates[f.Journal], f)
	}
	return nil
}
