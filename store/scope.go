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
	// usualSpan is how long before it a sender's mail tells what is usual.
	usualSpan = 28 * 24 * time.Hour
)

// Scope returns what is known of incidents. Those must be there.
func (db *DB) Scope(ctx context.Context, ids ...int64) (*ledger.Scope, error) {
	s := &ledger.Scope{At: db.now().UTC(), Usual: make(map[string][]time.Time),
		Notes: make(map[int64][]ledger.Note)}
	var err error
	if s.Incidents, err = db.FindIncidents(ctx, ledger.IncidentFilter{IDs: ids}); err != nil {
		return nil, err
	}
	if len(s.Incidents) < len(ids) || len(ids) == 0 {
		return nil, errNoIncident
	}
	seen := make(map[int64]bool) // records
	for i := range s.Incidents {
		if err := db.scopeIncident(ctx, s, &s.Incidents[i], seen); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(s.Holds, func(a, b ledger.Hold) int {
		return a.Record.Envelope.Time.Compare(b.Record.Envelope.Time)
	})
	slices.SortStableFunc(s.Suspects, func(a, b ledger.Suspect) int {
		return a.Record.Envelope.Time.Compare(b.Record.Envelope.Time)
	})
	slices.SortStableFunc(s.Logins, func(a, b analyzer.Login) int { return a.At.Compare(b.At) })
	if s.Lures, err = db.rankLures(ctx, attackOf(s.Holds)); err != nil {
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

// scopeIncident adds one incident's mail, suspects, logins and sender's past.
func (db *DB) scopeIncident(ctx context.Context, s *ledger.Scope, i *ledger.Incident,
	seen map[int64]bool) error {
	holds, err := db.Holds(ctx, ledger.HoldFilter{Incident: i.ID})
	if err != nil {
		return err
	}
	for k := range holds {
		seen[holds[k].Record.ID] = true
	}
	s.Holds = append(s.Holds, holds...)
	if s.Notes[i.ID], err = db.Notes(ctx, i.ID); err != nil {
		return err
	}
	suspects, err := db.Suspects(ctx, i)
	if err != nil {
		return err
	}
	for _, x := range suspects {
		if !seen[x.Record.ID] {
			seen[x.Record.ID] = true
			s.Suspects = append(s.Suspects, x)
		}
	}
	first, last := span(i, holds)
	logins, err := db.Logins(ctx, i.Sender, first.Add(-guessSpan), last.Add(24*time.Hour))
	if err != nil {
		return err
	}
	for _, l := range logins {
		if !slices.Contains(s.Logins, l) { // two incidents of one sender
			s.Logins = append(s.Logins, l)
		}
	}
	past, err := db.Recent(ctx, i.Sender, first.Add(-usualSpan))
	if err != nil {
		return err
	}
	var usual []time.Time
	for k := range past {
		if t := past[k].Envelope.Time; t.Before(first) && !seen[past[k].ID] {
			usual = append(usual, t)
		}
	}
	if _, ok := s.Usual[i.Sender]; !ok {
		s.Usual[i.Sender] = usual
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
