package review

import (
	"context"
	"fmt"
	"slices"

	"hisseki/ledger"
)

// Verbs are the decisions about kept mail: what a person asks for, and what is then said.
var Verbs = map[ledger.State]struct{ Verb, Done string }{
	ledger.Releasing:  {"release", "released"},
	ledger.Discarding: {"discard", "discarded"},
}

// Choice is kept mail that a decision is about.
type Choice struct {
	Holds []ledger.Hold // undecided
	Not   []string      // in words, which of the chosen ids cannot be decided, and why
}

// Choose returns the undecided mail that a query chooses. None is ErrNothing.
func (s *Service) Choose(ctx context.Context, q HoldQuery, to ledger.State) (*Choice, error) {
	verb := Verbs[to]
	if !q.Given() {
		return nil, UsageError{fmt.Errorf("%s needs ids or a filter such as --sender", verb.Verb)}
	}
	f, err := s.holdFilter(&q)
	if err != nil {
		return nil, err
	}
	found, err := s.Store.Holds(ctx, f)
	if err != nil {
		return nil, err
	}
	c := &Choice{Not: unknownHolds(f.IDs, found)}
	for i := range found {
		h := &found[i]
		switch {
		case ledger.Undecided(h.State):
			c.Holds = append(c.Holds, *h)
		case len(f.IDs) > 0:
			c.Not = append(c.Not, fmt.Sprintf("%s is %s", h.Name(), h.State))
		}
	}
	switch {
	case len(c.Holds) > 0:
		return c, nil
	case len(found) > 0:
		return nil, fmt.Errorf("%w that can still be %s", ErrNothing, verb.Done)
	}
	return nil, s.nothing(ctx, f.Sender)
}

// decideBatch is how much mail one transaction decides: large enough that a bulk decision
// takes few of them, small enough that mail passes between two.
const decideBatch = 500

// Decide asks the agent to release or discard the chosen mail and returns the ids of what
// it decided. An error that is ErrPartly names what was not decided; a SecondError says that a
// second reviewer is asked first.
func (s *Service) Decide(ctx context.Context, who Actor, c *Choice, to ledger.State, reason string,
) ([]int64, error) {
	if err := s.mayDecide(); err != nil {
		return nil, err
	}
	ids := make([]int64, len(c.Holds))
	for i := range c.Holds {
		ids[i] = c.Holds[i].ID
	}
	if to == ledger.Releasing && s.needsSecond(who, len(ids)) {
		return nil, s.askSecond(ctx, who, ledger.Request{Holds: ids, Mails: len(ids), Reason: reason})
	}
	var done []int64
	for batch := range slices.Chunk(ids, decideBatch) {
		decided, err := s.Store.DecideHolds(ctx, batch,
			ledger.Decision{To: to, By: who.String(), Reason: reason})
		done = append(done, decided...)
		if err != nil {
			return done, err
		}
	}
	not := slices.Clone(c.Not)
	if len(done) < len(ids) {
		not = append(not, "somebody else decided the rest meanwhile")
	}
	return done, missing(not)
}

// Decided returns decided mail as it is now.
func (s *Service) Decided(ctx context.Context, ids []int64) ([]ledger.Hold, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.Store.Holds(ctx, ledger.HoldFilter{IDs: ids})
}

// AgentMissing says whether nobody carries decisions out: no agent beats.
func (s *Service) AgentMissing(ctx context.Context) bool {
	seen, err := s.Store.AgentSeen(ctx)
	return err == nil && s.Now().Sub(seen) > s.Settings.StaleAfter
}

// Lack names the chosen ids that cannot be decided; nil for none.
func (c *Choice) Lack() error { return missing(c.Not) }
