package review

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hisseki/ledger"
)

// HoldPage is a part of a list of kept mail.
type HoldPage struct {
	Holds []ledger.Hold
	Count ledger.HoldCount // of all that the query chooses
	More  bool             // others follow
}

// Order is how a list of kept mail is sorted.
type Order string

// Orders.
const (
	NewestFirst Order = "newest"
	OldestFirst Order = "oldest"
	WorstFirst  Order = "points" // the most points first, of equals the newest
)

// Orders are all orders, the usual one first.
var Orders = []Order{NewestFirst, OldestFirst, WorstFirst}

// Place is where in a list a page begins; the zero value is the beginning of the newest first.
type Place struct {
	Order  Order
	After  int64   // the last mail of the page before, by id
	Points float64 // that this mail has, for WorstFirst
}

// sort has a filter begin at a place.
func (p Place) sort(f *ledger.HoldFilter) {
	switch p.Order {
	case OldestFirst:
		f.After = max(f.After, p.After)
	case WorstFirst:
		f.Worst, f.Past = true, ledger.HoldPlace{Points: p.Points, ID: p.After}
	default:
		f.Newest = true
		if p.After > 0 && (f.Before == 0 || p.After < f.Before) {
			f.Before = p.After
		}
	}
}

// PageHolds returns at most limit of the kept mail that a query chooses, from a place on. Without
// states or ids it is what is still in the queue. Lists are paged by key: mail that comes in between
// moves nothing.
func (s *Service) PageHolds(ctx context.Context, q HoldQuery, from Place, limit int) (*HoldPage, error) {
	f, err := s.queueFilter(&q)
	if err != nil {
		return nil, err
	}
	p := &HoldPage{}
	f.Roughly = true
	if p.Count, err = s.Store.CountHolds(ctx, f); err != nil {
		return nil, err
	}
	f.Limit = limit + 1
	from.sort(&f)
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
	f.After, f.Roughly = after, true
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
	// TellAgain has a hook told an event once more that is in a state, such as given up.
	TellAgain(ctx context.Context, hook string, event int64, in, by string) (bool, error)
}

// Tellings returns what hooks were told, the newest event first.
func (s *Service) Tellings(ctx context.Context, f ledger.TellingFilter) ([]ledger.Telling, error) {
	return s.Store.Tellings(ctx, f)
}

// TellAgain has a hook told an event once more that was given up.
func (s *Service) TellAgain(ctx context.Context, who Actor, hook string, event int64) error {
	ok, err := s.Store.TellAgain(ctx, hook, event, ledger.HookFailed, who.String())
	if err == nil && !ok {
		err = errors.Join(ErrNothing, errors.New("the hook is told of it already"))
	}
	return err
}

// AskAgain has the hooks that ask owners bring an incident's owner another link, and returns how many
// do. How often an owner is asked has a bound of its own. ErrNothing says that nobody can be asked:
// the incident has ended, or no hook has asked yet.
func (s *Service) AskAgain(ctx context.Context, who Actor, incident string) (int, error) {
	if err := s.mayDecide(); err != nil {
		return 0, err
	}
	list, err := s.Incidents(ctx, IncidentQuery{IDs: []string{incident}})
	if err != nil {
		return 0, err
	}
	if list[0].State != ledger.IncidentOpen {
		return 0, ErrNothing
	}
	told, err := s.Store.Tellings(ctx, ledger.TellingFilter{Incident: list[0].ID})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, t := range told {
		if t.Kind != ledger.EventOpened || !slices.Contains(s.Settings.Asking, t.Hook) ||
			t.State != ledger.HookDone && t.State != ledger.HookFailed {
			continue
		}
		ok, err := s.Store.TellAgain(ctx, t.Hook, t.N, t.State, who.String())
		if err != nil {
			return n, err
		}
		if ok {
			n++
		}
	}
	if n == 0 {
		return 0, ErrNothing
	}
	return n, nil
}
