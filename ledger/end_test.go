package ledger

import (
	"errors"
	"testing"
	"time"
)

// What each end does to the mail of its sender and of others.
func TestEndings(t *testing.T) {
	for _, c := range []struct {
		end         Ending
		own, others Step
		campaign    bool
	}{
		{Ending{To: IncidentConfirmed}, StepDiscard, "", true},
		{Ending{To: IncidentConfirmed, Keep: true}, "", "", true},
		{Ending{To: IncidentConfirmed, Others: Discarding}, StepDiscard, StepDiscard, true},
		{Ending{To: IncidentConfirmed, Others: Releasing}, StepDiscard, StepRelease, true},
		{Ending{To: IncidentConfirmed, Others: Releasing, Keep: true}, "", StepRelease, true},
		{Ending{To: IncidentDismissed}, StepRelease, StepRelease, false},
		{Ending{To: IncidentDismissed, Keep: true}, "", "", false},
		{Ending{To: IncidentDismissed, Others: Discarding}, StepRelease, StepRelease, false},
		{Ending{To: IncidentEnded}, "", "", false},
		{Ending{To: IncidentEnded, Others: Discarding}, "", "", false},
	} {
		if err := c.end.Check(); err != nil {
			t.Errorf("%+v: %v", c.end, err)
		}
		if own, others := c.end.Holds(true), c.end.Holds(false); own != c.own || others != c.others {
			t.Errorf("%+v: the sender's mail %q, others' %q; want %q and %q", c.end, own, others,
				c.own, c.others)
		}
		if c.end.To.Campaign() != c.campaign {
			t.Errorf("%+v: goes on to tie others: %v", c.end, !c.campaign)
		}
	}
	for _, bad := range []Ending{{}, {To: IncidentOpen}, {To: "over"},
		{To: IncidentConfirmed, Others: Held}, {To: IncidentConfirmed, Others: Released}} {
		if bad.Check() == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
	if !IncidentOpen.Campaign() {
		t.Error("an open incident ties nothing")
	}
}

// A recalled mail that is on hold now follows its incident's end.
func TestAfterRecall(t *testing.T) {
	for _, c := range []struct {
		incident  IncidentState
		kept, own bool
		want      State
	}{
		{IncidentOpen, false, true, Held}, {IncidentOpen, false, false, Held},
		{IncidentConfirmed, false, true, Discarding}, {IncidentConfirmed, false, false, Held},
		{IncidentConfirmed, true, true, Held},
		{IncidentDismissed, false, true, Releasing}, {IncidentDismissed, false, false, Releasing},
		{IncidentDismissed, true, true, Held}, {IncidentEnded, false, true, Held},
	} {
		if got := AfterRecall(c.incident, c.kept, c.own); got != c.want {
			t.Errorf("%s, kept %v, own %v: %s, want %s", c.incident, c.kept, c.own, got, c.want)
		}
	}
}

// What an incident unlearned is learned again, and unlearned again, exactly.
func TestUnlearned(t *testing.T) {
	for _, c := range []struct {
		mail                Unlearned
		dismissal, reopened int
	}{
		{Unlearned{Cause: CauseRecall, Hold: Gone}, 1, 0}, // it went to its recipients
		{Unlearned{Cause: CauseRecall, Hold: Gone, Learned: true}, 0, -1},
		{Unlearned{Cause: CauseRecall, Hold: Held}, 0, 0}, // learned when it is released
		{Unlearned{Cause: CauseRecall, Hold: Released, Learned: true}, 0, 0},
		{Unlearned{Cause: CauseConfirm}, 0, 1},
		{Unlearned{Cause: CauseConfirm, Learned: true}, 0, 0}, // by somebody else meanwhile
	} {
		if d, r := c.mail.AtDismissal(), c.mail.AtReopening(); d != c.dismissal || r != c.reopened {
			t.Errorf("%+v: %+d at a dismissal, %+d at a reopening; want %+d and %+d", c.mail, d, r,
				c.dismissal, c.reopened)
		}
	}
}

func TestReopening(t *testing.T) {
	for _, c := range []struct {
		state IncidentState
		other bool
		want  bool
		err   error
	}{
		{IncidentOpen, false, false, nil}, {IncidentConfirmed, false, true, nil},
		{IncidentDismissed, false, true, nil}, {IncidentEnded, false, true, nil},
		{IncidentDismissed, true, false, ErrNewer},
	} {
		if got, err := CanReopen(c.state, c.other); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s, other %v: %v, %v", c.state, c.other, got, err)
		}
	}
	for _, c := range []struct {
		state    State
		byEnd    bool
		attempts int
		want     bool
	}{
		{Releasing, true, 0, true}, {Discarding, true, 0, true}, {Releasing, false, 0, false},
		{Discarding, true, 1, false}, {Released, true, 0, false}, {Held, true, 0, false},
	} {
		if got := UndoesDecision(c.state, c.byEnd, c.attempts); got != c.want {
			t.Errorf("%s, by the end %v, %d attempts: %v", c.state, c.byEnd, c.attempts, got)
		}
	}
}

func TestObservedOver(t *testing.T) {
	for _, c := range []struct {
		passed, kept int
		last         time.Duration // before now
		want         bool
	}{
		{3, 0, ObservedSpan + time.Second, true}, {3, 0, ObservedSpan, false},
		{3, 1, 2 * ObservedSpan, false}, {0, 0, 2 * ObservedSpan, false},
	} {
		if got := ObservedOver(c.passed, c.kept, noon.Add(-c.last), noon); got != c.want {
			t.Errorf("%d passed, %d kept, last %s ago: %v", c.passed, c.kept, c.last, got)
		}
	}
}
