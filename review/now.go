package review

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hisseki/ledger"
)

// pictureStore is what drawings show.
type pictureStore interface {
	// Traffic counts mail by the hour since a time, oldest first.
	Traffic(ctx context.Context, since time.Time) ([]ledger.Hour, error)
	// Sendings returns when a sender sent mail, the newest so many, newest first.
	Sendings(ctx context.Context, sender string, since time.Time, limit int) ([]ledger.Sending, error)
	// Signs returns what an incident's card shows: evidence, and the owner's answer.
	Signs(ctx context.Context, incident int64) (*ledger.Brief, error)
	// CountHolds sums the holds up that a filter chooses.
	CountHolds(ctx context.Context, f ledger.HoldFilter) (ledger.HoldCount, error)
	// Beats returns when the agent of each host was last alive.
	Beats(ctx context.Context) (map[string]time.Time, error)
}

// Overview is how things stand, for somebody who has a minute.
type Overview struct {
	Requests []ledger.Request // releases that wait for a second reviewer
	Status   *StatusLine
	Cards    []Card        // open incidents, the worst first
	More     int           // open incidents without a card
	Delayed  []ledger.Hold // that leave by themselves, the next first
	Overdue  int           // of the delayed, those that should have left
	Hours    []ledger.Hour // of a day
	Agents   []Agent
}

// Card is an open incident in short.
type Card struct {
	ledger.Incident
	Brief *ledger.Brief // evidence and answer of it
}

// Agent is when an agent was last alive.
type Agent struct {
	Host  string
	Beat  time.Time
	Stale bool
}

const (
	// maxCards is how many incidents fit on a page that is read in a minute.
	maxCards   = 8
	maxDelayed = 8
	// overdueAfter is how long after its time a delay is overdue: the agent looks every few seconds.
	overdueAfter = 2 * time.Minute
)

// Stopped counts an incident's mail that nobody got, and Left what went its way: it has been
// delivered, or still may be.
func (c *Card) Stopped() (n int) {
	for _, s := range []ledger.State{ledger.Held, ledger.Delayed, ledger.Recalling, ledger.Discarding,
		ledger.Discarded} {
		n += c.States[s]
	}
	return n
}

// Left counts an incident's mail that went its way.
func (c *Card) Left() int { return c.Holds - c.Stopped() }

// Undecided counts an incident's mail that waits for a person.
func (c *Card) Undecided() (n int) {
	for _, s := range ledger.Waiting() {
		n += c.States[s]
	}
	return n
}

// Overview says how things stand. Lists and counts are not noted in the audit log.
func (s *Service) Overview(ctx context.Context) (*Overview, error) {
	status, err := s.Status(ctx)
	if err != nil {
		return nil, err
	}
	o := &Overview{Status: status}
	open, err := s.Store.FindIncidents(ctx, ledger.IncidentFilter{
		States: []ledger.IncidentState{ledger.IncidentOpen}})
	if err != nil {
		return nil, err
	}
	// The worst: most mail waits for a decision, then most mail at all, then the oldest.
	cards := make([]Card, len(open))
	for i := range open {
		cards[i] = Card{Incident: open[i]}
	}
	slices.SortStableFunc(cards, func(a, b Card) int {
		return cmp.Or(cmp.Compare(b.Undecided(), a.Undecided()), cmp.Compare(b.Holds, a.Holds))
	})
	o.More = max(0, len(cards)-maxCards)
	o.Cards = cards[:len(cards)-o.More]
	for i := range o.Cards {
		if o.Cards[i].Brief, err = s.Store.Signs(ctx, o.Cards[i].ID); err != nil {
			return nil, err
		}
	}
	if err := s.addDelayed(ctx, o); err != nil {
		return nil, err
	}
	if o.Requests, err = s.Requests(ctx); err != nil {
		return nil, err
	}
	if o.Hours, err = s.Store.Traffic(ctx, s.Now().Add(-24*time.Hour)); err != nil {
		return nil, err
	}
	o.Agents, err = s.agents(ctx)
	return o, err
}

// addDelayed adds the mail that waits for a moment. What should have left is counted apart: no
// agent ends its delay.
func (s *Service) addDelayed(ctx context.Context, o *Overview) error {
	f := ledger.HoldFilter{States: []ledger.State{ledger.Delayed}, DueBy: s.Now().Add(-overdueAfter), Roughly: true}
	n, err := s.Store.CountHolds(ctx, f)
	if err != nil {
		return err
	}
	o.Overdue = n.Mails
	list, err := s.Store.Holds(ctx, ledger.HoldFilter{States: f.States, Newest: true, Limit: maxDelayed})
	for i := range list {
		if list[i].Due.After(f.DueBy) {
			o.Delayed = append(o.Delayed, list[i])
		}
	}
	slices.SortStableFunc(o.Delayed, func(a, b ledger.Hold) int { return a.Due.Compare(b.Due) })
	return err
}

// agents returns when each agent was last alive, by name.
func (s *Service) agents(ctx context.Context) ([]Agent, error) {
	beats, err := s.Store.Beats(ctx)
	var out []Agent
	for host, at := range beats {
		out = append(out, Agent{host, at, s.Now().Sub(at) > s.Settings.StaleAfter})
	}
	slices.SortFunc(out, func(a, b Agent) int { return cmp.Compare(a.Host, b.Host) })
	return out, err
}
