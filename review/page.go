package review

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hisseki/ledger"
)

// HoldPage is a part of a list of kept mail, the newest first.
type HoldPage struct {
	Holds []ledger.Hold
	Count ledger.HoldCount // of all that the query chooses
	More  bool             // older ones follow
}

// PageHolds returns at most limit of the kept mail that a query chooses, the newest first, from
// below an id on (0 for the newest). Without states or ids it is what is still in the queue.
// Lists are paged by key: mail that comes in between moves nothing.
func (s *Service) PageHolds(ctx context.Context, q HoldQuery, below int64, limit int) (*HoldPage, error) {
	f, err := s.queueFilter(&q)
	if err != nil {
		return nil, err
	}
	p := &HoldPage{}
	if p.Count, err = s.Store.CountHolds(ctx, f); err != nil {
		return nil, err
	}
	f.Newest, f.Limit = true, limit+1
	if below > 0 && (f.Before == 0 || below < f.Before) {
		f.Before = below
	}
	if p.Holds, err = s.Store.Holds(ctx, f); err != nil {
		return nil, err
	}
	if p.More = len(p.Holds) > limit; p.More {
		p.Holds = p.Holds[:limit]
	}
	return p, nil
}

// AskedMail returns what an incident's owner is asked about: the newest of its mail that was sent as
// him. What a campaign recalled of others is none of his business.
func (s *Service) AskedMail(ctx context.Context, incident int64, sender string, limit int) (*HoldPage, error) {
	f := ledger.HoldFilter{Incident: incident, Sender: sender, States: States}
	p := &HoldPage{}
	var err error
	if p.Count, err = s.Store.CountHolds(ctx, f); err != nil {
		return nil, err
	}
	f.Newest, f.Limit = true, limit
	p.Holds, err = s.Store.Holds(ctx, f)
	return p, err
}

// queueFilter is a query's filter; without states or ids it chooses what is in the queue.
func (s *Service) queueFilter(q *HoldQuery) (ledger.HoldFilter, error) {
	f, err := s.holdFilter(q)
	if err == nil && len(f.States) == 0 && len(f.IDs) == 0 {
		f.States = ledger.InQueue
	}
	return f, err
}

// NewHolds says how much of what a query chooses came after an id.
func (s *Service) NewHolds(ctx context.Context, q HoldQuery, after int64) (int, error) {
	f, err := s.queueFilter(&q)
	if err != nil {
		return 0, err
	}
	f.After = after
	n, err := s.Store.CountHolds(ctx, f)
	return n.Mails, err
}

// PreviewChoice says what a decision would be about: what Choose returns, counted, and the first
// of it. Thousands of mails are not read for that. Nothing is ErrNothing.
func (s *Service) PreviewChoice(ctx context.Context, q HoldQuery, to ledger.State, rows int) (*HoldPage, error) {
	if !q.Given() {
		return nil, UsageError{fmt.Errorf("%s needs ids or a filter", Verbs[to].Verb)}
	}
	f, err := s.holdFilter(&q)
	if err != nil {
		return nil, err
	}
	states := ledger.StepRelease.From() // what is undecided, as Choose has it
	if len(f.States) > 0 {
		states = slices.DeleteFunc(states, func(x ledger.State) bool { return !slices.Contains(f.States, x) })
	}
	p := &HoldPage{}
	if f.States = states; len(states) == 0 {
		return nil, ErrNothing
	}
	if p.Count, err = s.Store.CountHolds(ctx, f); err != nil {
		return nil, err
	}
	if p.Count.Mails == 0 {
		return nil, ErrNothing
	}
	f.Limit = rows
	p.Holds, err = s.Store.Holds(ctx, f)
	return p, err
}

// tellingStore is what hooks were told.
type tellingStore interface {
	Tellings(ctx context.Context, f ledger.TellingFilter) ([]ledger.Telling, error)
	// TellAgain has a hook told an event once more that was given up.
	TellAgain(ctx context.Context, hook string, event int64, by string) (bool, error)
}

// Tellings returns what hooks were told, the newest event first.
func (s *Service) Tellings(ctx context.Context, f ledger.TellingFilter) ([]ledger.Telling, error) {
	return s.Store.Tellings(ctx, f)
}

// TellAgain has a hook told an event once more that was given up.
func (s *Service) TellAgain(ctx context.Context, who Actor, hook string, event int64) error {
	ok, err := s.Store.TellAgain(ctx, hook, event, who.String())
	if err == nil && !ok {
		err = errors.Join(ErrNothing, errors.New("the hook is told of it already"))
	}
	return err
}
