package ledger

import (
	"errors"
	"fmt"
	"time"
)

// Who decides without a person, as holds and the audit log name it.
const (
	ByTimer = "timer" // a delay's time was over
	ByMTA   = "mta"   // what the agent found in the MTA's queue
)

// EndRule is what an end of an incident does at once.
type EndRule struct {
	Verb string // of the audit log
	// Holds is the step that the sender's mail takes, as far as it may; "" leaves it.
	Holds Step
	// Everybody: mail of other senders, which the incident asked back, takes the same step.
	// Else it is left on hold unless the ending says more: it may be innocent, for an attacker can
	// put anybody's link beside his own.
	Everybody bool
	// Unlearns: what the sender taught since the first suspicious mail is taken back, and so
	// is what anybody taught by mail that the incident asked back.
	Unlearns bool
	// Relearns: recalled mail that had gone to its recipients is learned again.
	Relearns bool
	// Campaign: what its mail showed goes on to tie other incidents to it, for CaseSpan.
	Campaign bool
}

var endRules = map[IncidentState]EndRule{
	IncidentConfirmed: {Verb: "confirm", Holds: StepDiscard, Unlearns: true, Campaign: true},
	IncidentDismissed: {Verb: "dismiss", Holds: StepRelease, Everybody: true, Relearns: true},
	IncidentEnded:     {Verb: "end"},
}

// EndRuleOf returns what an end does; false when the state is not an end.
func EndRuleOf(to IncidentState) (EndRule, bool) {
	r, ok := endRules[to]
	return r, ok
}

// Check says what is wrong with an ending.
func (e *Ending) Check() error {
	if _, ok := endRules[e.To]; !ok {
		return fmt.Errorf("%q is not an end", e.To)
	}
	if d := (&Decision{To: e.Others}); e.Others != "" && d.Step() == "" {
		return fmt.Errorf("no decision leads to %q", e.Others)
	}
	return nil
}

// Holds returns the step that the incident's kept mail takes, the sender's own or that of
// others; "" leaves it.
func (e *Ending) Holds(own bool) Step {
	rule := endRules[e.To]
	switch {
	case own || rule.Everybody:
		if e.Keep {
			return ""
		}
		return rule.Holds
	case rule.Holds != "": // a decision about others' mail goes with one about the sender's
		return (&Decision{To: e.Others}).Step()
	}
	return ""
}

// Due is when the agent should carry out what the end decides: mail to be deleted waits.
func (e *Ending) Due(to State, now time.Time) time.Time {
	if to == Discarding {
		return now.Add(e.Grace)
	}
	return now
}

// AfterRecall returns where a recalled mail goes that is on hold now: its incident may have
// ended since it was asked back. kept says that the end left mail where it was, own that the
// mail is the incident's sender's: that his account was stolen says nothing about others.
func AfterRecall(incident IncidentState, kept, own bool) State {
	e := Ending{To: incident, Keep: kept}
	if to, ok := e.Holds(own).To(Held); ok {
		return to
	}
	return Held
}

// Cause is why a mail was unlearned for an incident.
type Cause string

// Causes.
const (
	CauseRecall  Cause = "recall"  // the incident asked it back
	CauseConfirm Cause = "confirm" // the incident was confirmed
)

// Unlearned is a mail that an incident had unlearned.
type Unlearned struct {
	Journal int64 // its record
	Cause   Cause
	Hold    State // "" without a hold
	Learned bool  // it is learned now
}

// AtDismissal says what a dismissal does to the profiles: +1 learned again, 0 nothing. Mail
// on hold is learned when it is released.
func (u *Unlearned) AtDismissal() int {
	if u.Cause == CauseRecall && u.Hold == Gone && !u.Learned {
		return 1
	}
	return 0
}

// AtReopening says what taking an end back does to the profiles: what a confirmation took
// is given back (+1), what a dismissal gave back of recalled mail is taken again (-1).
func (u *Unlearned) AtReopening() int {
	switch {
	case u.Cause == CauseConfirm && !u.Learned:
		return 1
	case u.Cause == CauseRecall && u.Hold == Gone && u.Learned:
		return -1
	}
	return 0
}

// ErrNewer says why an incident cannot be opened again.
var ErrNewer = errors.New("the sender has a newer open incident: go on with that one")

// CanReopen says whether an incident's end can be taken back: false when it has not ended,
// ErrNewer when its sender has another open incident.
func CanReopen(state IncidentState, other bool) (bool, error) {
	switch {
	case state == IncidentOpen:
		return false, nil
	case other:
		return false, ErrNewer
	}
	return true, nil
}

// UndoesDecision says whether taking an incident's end back undoes a hold's decision: the end
// made it, and the agent has not begun to carry it out.
func UndoesDecision(s State, byEnd bool, attempts int) bool {
	_, ok := StepUndo.To(s)
	return ok && byEnd && attempts == 0
}

// ObservedSpan is how long after its last mail an incident stays open of which nothing is
// kept: mode observe let all of it go. Without an end it would keep its sender's mail from
// being purged.
const ObservedSpan = 7 * 24 * time.Hour

// ObservedOver says whether of an open incident nothing is kept and nobody decided it in time:
// passed and kept are how many holds it has that mode observe let pass, and others. last is the
// time of its last mail.
func ObservedOver(passed, kept int, last, now time.Time) bool {
	return passed > 0 && kept == 0 && now.Sub(last) > ObservedSpan
}
