package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Ending is how a reviewer ends incidents.
type Ending struct {
	To     ledger.IncidentState // confirmed or dismissed
	Since  string               // when the attacker got in, for a confirmation; see ParseTime
	Keep   bool                 // leave the kept mail where it is
	Others ledger.State         // of recalled mail of others: discarding, releasing, or "" to leave it on hold
	Block  bool                 // block the lures
	AtOnce bool                 // delete without the time of grace
	Reason string
}

// EndVerbs are the endings in words: what a person asks for and what is then said, of the
// incident and of its mail.
var EndVerbs = map[ledger.IncidentState]struct{ Verb, Done, Acts, Acted string }{
	ledger.IncidentConfirmed: {"confirm", "confirmed", "discard", "discarded"},
	ledger.IncidentDismissed: {"dismiss", "dismissed", "release", "released"},
}

// Preview is what an ending is going to do, exactly: it was tried and taken back.
type Preview struct {
	Ending    Ending
	Since     time.Time
	Incidents []ledger.Incident
	Own       []ledger.Hold // undecided mail of the incidents' senders
	Others    []ledger.Hold // undecided mail of others, which was recalled for them
	Does      ledger.Ended  // in all
	Lures     []ledger.Lure // that may be blocked, the most telling first
	Blocked   []string      // lures that a rule blocks already
	Hooks     []string      // that will be told
	Not       []string      // in words, which of the chosen ids cannot be ended, and why
}

// Recipients counts for how many recipients the mail is that the ending decides.
func (p *Preview) Recipients() int {
	seen := map[string]bool{}
	for _, list := range [][]ledger.Hold{p.Own, p.Others} {
		for i := range list {
			for _, r := range list[i].Recipients {
				seen[r] = true
			}
		}
	}
	return len(seen)
}

// PreviewEnding says what an ending of the chosen incidents would do. Those that are not
// open are named; when none is, it is ErrNothing.
func (s *Service) PreviewEnding(ctx context.Context, q IncidentQuery, e Ending) (*Preview, error) {
	if !q.Given() {
		return nil, UsageError{errors.New("it needs ids or a filter such as --sender:" +
			" see hisseki incident list")}
	}
	p := &Preview{Ending: e}
	var err error
	if p.Since, err = ParseTime(e.Since, s.Now()); err != nil {
		return nil, UsageError{fmt.Errorf("--since %w", err)}
	}
	f, err := s.incidentFilter(&q)
	if err != nil {
		return nil, err
	}
	if err := s.findOpen(ctx, f, p); err != nil {
		return nil, err
	}
	for i := range p.Incidents {
		if err := s.previewOne(ctx, p, &p.Incidents[i]); err != nil {
			return nil, err
		}
	}
	if e.To != ledger.IncidentConfirmed {
		return p, nil
	}
	return p, s.previewLures(ctx, p)
}

// findOpen finds the open incidents that a filter chooses, and says why others are not
// among them. Without ids only open ones are meant.
func (s *Service) findOpen(ctx context.Context, f ledger.IncidentFilter, p *Preview) error {
	found, err := s.Store.FindIncidents(ctx, f)
	if err != nil {
		return err
	}
	have := make(map[int64]bool, len(found))
	for i := range found {
		x := &found[i]
		have[x.ID] = true
		switch {
		case x.State == ledger.IncidentOpen:
			p.Incidents = append(p.Incidents, *x)
		case len(f.IDs) > 0:
			p.Not = append(p.Not, fmt.Sprintf("%s is %s", x.Name(), x.State))
		}
	}
	p.Not = append(p.Not, unknown("I", f.IDs, have)...)
	switch {
	case len(p.Incidents) > 0:
		return nil
	case len(found) > 0:
		return fmt.Errorf("%w that is open: take an end back with hisseki incident reopen", ErrNothing)
	}
	return s.nothing(ctx, f.Sender)
}

func (s *Service) previewOne(ctx context.Context, p *Preview, i *ledger.Incident) error {
	holds, err := s.Store.Holds(ctx, ledger.HoldFilter{Incident: i.ID,
		States: []ledger.State{ledger.Held, ledger.Delayed, ledger.Recalling}})
	if err != nil {
		return err
	}
	for k := range holds {
		if holds[k].Record.Envelope.Sender == i.Sender {
			p.Own = append(p.Own, holds[k])
		} else {
			p.Others = append(p.Others, holds[k])
		}
	}
	did, _, err := s.Store.PreviewEnding(ctx, i.ID, p.ending(Actor{}, s.grace(p)))
	p.Does.Discarding += did.Discarding
	p.Does.Releasing += did.Releasing
	p.Does.Unlearned += did.Unlearned
	p.Does.Learned += did.Learned
	p.Does.Left += did.Left
	p.Hooks = s.Settings.Hooks[ledger.EventKind(p.Ending.To)]
	return err
}

// ending is the preview's ending as the store carries it out.
func (p *Preview) ending(who Actor, grace time.Duration) ledger.Ending {
	e := p.Ending
	return ledger.Ending{To: e.To, By: who.String(), Reason: e.Reason, Since: p.Since, Keep: e.Keep,
		Grace: grace, Others: e.Others}
}

// grace is how long mail waits that the ending deletes.
func (s *Service) grace(p *Preview) time.Duration {
	if p.Ending.AtOnce {
		return 0
	}
	return s.Settings.Grace
}

// previewLures finds what of the incidents' links may be blocked and is not yet.
func (s *Service) previewLures(ctx context.Context, p *Preview) error {
	ids := make([]int64, len(p.Incidents))
	for i := range p.Incidents {
		ids[i] = p.Incidents[i].ID
	}
	return s.eachLure(ctx, ids, func(lure ledger.Lure, rule *ledger.Rule) {
		switch {
		case rule == nil:
			p.Lures = append(p.Lures, lure)
		case rule.Action == analyzer.Hold: // what a reviewer allows is known to everybody
			p.Blocked = append(p.Blocked, lure.Pattern)
		}
	})
}

// eachLure calls do with each link of incidents that may be blocked, and the rule that there
// is for it, nil for none.
func (s *Service) eachLure(ctx context.Context, incidents []int64,
	do func(ledger.Lure, *ledger.Rule)) error {
	found, err := s.Store.Lures(ctx, incidents...)
	if err != nil {
		return err
	}
	rules, err := s.Store.Overrides(ctx, "url", s.Now())
	if err != nil {
		return err
	}
	for _, lure := range found {
		do(lure, ruling(rules, lure.Pattern))
	}
	return nil
}

// Outcome is what an ending did.
type Outcome struct {
	Ended []EndedIncident
	// Now are the ended incidents as they are now.
	Now     []ledger.Incident
	Deletes time.Time // when discarded mail is deleted, zero for at once
	Blocked []string  // links
}

// EndedIncident is an incident and what its end did.
type EndedIncident struct {
	Name string
	ledger.Ended
}

// End ends the incidents of a preview. An error that is ErrPartly names what was not done; a
// SecondError says that a second reviewer is asked first.
func (s *Service) End(ctx context.Context, who Actor, p *Preview) (*Outcome, error) {
	if err := s.mayDecide(); err != nil {
		return nil, err
	}
	if s.needsSecond(who, p.Does.Releasing) {
		return nil, s.askEnding(ctx, who, p)
	}
	out := &Outcome{}
	if s.grace(p) > 0 {
		out.Deletes = s.Now().Add(s.grace(p))
	}
	var ids []int64
	not := slices.Clone(p.Not)
	for i := range p.Incidents {
		x := &p.Incidents[i]
		did, ok, err := s.Store.EndIncident(ctx, x.ID, p.ending(who, s.grace(p)))
		if err != nil {
			return out, err
		}
		if !ok {
			not = append(not, x.Name()+" was ended by somebody else")
			continue
		}
		ids = append(ids, x.ID)
		out.Ended = append(out.Ended, EndedIncident{x.Name(), did})
	}
	if len(ids) == 0 {
		return out, fmt.Errorf("%w: somebody else ended it", ErrNothing)
	}
	var err error
	if out.Now, err = s.Store.FindIncidents(ctx, ledger.IncidentFilter{IDs: ids}); err != nil {
		return out, err
	}
	if p.Ending.Block {
		failed := s.block(ctx, who, p, out)
		not = append(not, failed...)
	}
	return out, missing(not)
}

// askEnding asks a second reviewer for an ending that releases mail.
func (s *Service) askEnding(ctx context.Context, who Actor, p *Preview) error {
	e := requestedEnding{Ending: p.Ending, Mail: p.undecided()}
	if len(e.Mail) > maxSecond {
		return tooMany(len(e.Mail))
	}
	for i := range p.Incidents {
		e.Incidents = append(e.Incidents, p.Incidents[i].Name())
	}
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.askSecond(ctx, who, ledger.Request{Ending: string(text), Mails: p.Does.Releasing, Reason: p.Ending.Reason})
}

// undecided are the ids of the mail that the ending may decide, in order.
func (p *Preview) undecided() (ids []int64) {
	for _, list := range [][]ledger.Hold{p.Own, p.Others} {
		for i := range list {
			ids = append(ids, list[i].ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// block blocks the lures for everybody and returns in words what failed.
func (s *Service) block(ctx context.Context, who Actor, p *Preview, out *Outcome) (failed []string) {
	for _, lure := range p.Lures {
		if lure.Elsewhere {
			continue // may be an innocent's: a person has to name it
		}
		subject, err := urlSubject(lure.Pattern)
		if err == nil {
			err = s.Store.SetOverride(ctx, subject, analyzer.Override{Action: analyzer.Hold,
				By: who.String(), Reason: "incident " + p.Incidents[0].Name()})
		}
		if err != nil {
			failed = append(failed, err.Error())
			continue
		}
		out.Blocked = append(out.Blocked, lure.Pattern)
	}
	return failed
}

// Back is what taking ends back did.
type Back struct {
	Incidents []BackIncident
	Now       []ledger.Incident // the reopened incidents as they are now
	Blocks    []ledger.Rule     // what holds their links still: it may be no end's, so it stays
}

// BackIncident is an incident and what taking its end back did.
type BackIncident struct {
	Name string
	ledger.Reopened
}

// Reopen takes the ends of incidents back. An error that is ErrPartly names what was too
// late or not ended.
func (s *Service) Reopen(ctx context.Context, who Actor, ids []string, reason string) (*Back, error) {
	if len(ids) == 0 {
		return nil, UsageError{errors.New("reopen needs an id: see hisseki incident list --state" +
			" confirmed,dismissed")}
	}
	f, err := s.incidentFilter(&IncidentQuery{IDs: ids})
	if err != nil {
		return nil, err
	}
	if err := s.mayDecide(); err != nil {
		return nil, err
	}
	out := &Back{}
	var done []int64
	var not []string
	for _, id := range f.IDs {
		back, ok, err := s.Store.ReopenIncident(ctx, id, who.String(), reason)
		if err != nil {
			return out, err
		}
		if !ok {
			not = append(not, fmt.Sprintf("%s has not ended", IncidentName(id)))
			continue
		}
		done = append(done, id)
		out.Incidents = append(out.Incidents, BackIncident{IncidentName(id), back})
		if back.Late > 0 {
			not = append(not, fmt.Sprintf("%d of %s too late to take back", back.Late, IncidentName(id)))
		}
	}
	if len(done) == 0 {
		return nil, fmt.Errorf("%w that has ended", ErrNothing)
	}
	if out.Now, err = s.Store.FindIncidents(ctx, ledger.IncidentFilter{IDs: done}); err != nil {
		return out, err
	}
	seen := map[string]bool{}
	err = s.eachLure(ctx, done, func(_ ledger.Lure, rule *ledger.Rule) {
		if rule != nil && rule.Action == analyzer.Hold && !seen[rule.Subject] {
			seen[rule.Subject] = true
			out.Blocks = append(out.Blocks, *rule)
		}
	})
	return out, errors.Join(err, missing(not))
}

// Lack names the chosen ids that cannot be ended; nil for none.
func (p *Preview) Lack() error { return missing(p.Not) }

// PreviewLine is a preview as JSON, schema 1.
type PreviewLine struct {
	Schema     int            `json:"schema"`
	Kind       string         `json:"kind"` // "ending"
	To         string         `json:"to"`
	Incidents  []IncidentLine `json:"incidents"`
	Mail       []HoldLine     `json:"mail"`   // undecided, of the incidents' senders
	Others     []HoldLine     `json:"others"` // undecided, of others, recalled for them
	Recipients int            `json:"recipients"`
	Discarding int            `json:"discarding"` // mails, and the next four
	Releasing  int            `json:"releasing"`
	Left       int            `json:"left"` // of others, on hold
	Unlearned  int            `json:"unlearned"`
	Learned    int            `json:"learned"`
	Lures      []string       `json:"lures"` // that may be blocked
	Hooks      []string       `json:"hooks"` // that will be told
}

// Line is the preview as JSON.
func (p *Preview) Line() PreviewLine {
	l := PreviewLine{Schema: 1, Kind: "ending", To: string(p.Ending.To),
		Incidents: IncidentLines(p.Incidents), Mail: HoldLines(p.Own), Others: HoldLines(p.Others),
		Recipients: p.Recipients(), Discarding: p.Does.Discarding, Releasing: p.Does.Releasing,
		Left: p.Does.Left, Unlearned: p.Does.Unlearned, Learned: p.Does.Learned, Lures: []string{},
		Hooks: append([]string{}, p.Hooks...)}
	for _, lure := range p.Lures {
		l.Lures = append(l.Lures, lure.Pattern)
	}
	return l
}
