package ledger

import (
	"testing"
	"time"

	"hisseki/analyzer"
)

func TestWork(t *testing.T) {
	for _, c := range []struct {
		state       State
		judged, due time.Duration // from now
		want        Work
	}{
		{Held, -time.Hour, 0, WorkKeep},
		{Delayed, -time.Minute, time.Minute, WorkKeep}, {Delayed, -time.Hour, 0, WorkEndDelay},
		{Delayed, time.Hour, 2 * time.Hour, WorkEndDelay}, // the clock was set back
		{Delayed, ClockSkew, 2 * time.Hour, WorkKeep},
		{Releasing, -time.Hour, -time.Second, WorkRelease}, {Releasing, -time.Hour, time.Second, WorkWait},
		{Discarding, -time.Hour, time.Hour, WorkKeep}, // a confirmation's time of grace
		{Discarding, -time.Hour, 0, WorkDiscard}, {Recalling, -time.Hour, 0, WorkRecall},
		{Recalling, -time.Hour, time.Hour, WorkWait}, {Released, -time.Hour, 0, WorkWait},
		{Passed, -time.Hour, 0, WorkWait},
	} {
		r := &analyzer.Record{}
		r.Envelope.Time = noon.Add(c.judged)
		h := Hold{State: c.state, Due: noon.Add(c.due), Record: r}
		if got := h.Work(noon); got != c.want {
			t.Errorf("%s, judged %s and due %s from now: %s, want %s", c.state, c.judged, c.due, got, c.want)
		}
	}
	for s, want := range map[State]Work{Released: WorkRelease, Discarded: WorkDiscard,
		Vanished: WorkKeep, Gone: WorkKeep, Held: "", Passed: ""} {
		if got, ok := s.WorkAgain(); got != want || ok != (want != "") {
			t.Errorf("%s on hold again: %q, %v", s, got, ok)
		}
	}
}

// A recipient's fate by the log and by the hold.
func TestFates(t *testing.T) {
	for _, c := range []struct {
		outcome Outcome
		at      time.Duration // of the log's word, from the decision
		hold    Keeping
		want    Fate
	}{
		{"", 0, Keeping{}, FateUnknown}, {OutcomeDelivered, 0, Keeping{State: Held}, FateDelivered},
		{OutcomeBounced, 0, Keeping{State: Releasing}, FateBounced},
		{OutcomeDeferred, 0, Keeping{}, FateDeferred},
		{OutcomeDeferred, 0, Keeping{State: Held}, FateHeld},
		{OutcomeDeferred, 0, Keeping{State: Held, Recalled: true}, FateRecalled},
		{"", 0, Keeping{State: Delayed}, FateDelayed}, {"", 0, Keeping{State: Discarded}, FateDiscarded},
		{OutcomeHeld, -time.Minute, Keeping{State: Released}, FateReleased},
		{OutcomeHeld, time.Minute, Keeping{State: Released}, FateHeldByPostfix},
		{OutcomeHeld, time.Minute, Keeping{}, FateHeldByPostfix}, {OutcomePassed, 0, Keeping{}, FateDelivered},
		{OutcomePassed, 0, Keeping{State: Held}, FateHeld}, {OutcomeRejected, 0, Keeping{}, FateRejected},
		{OutcomeQueued, time.Minute, Keeping{State: Released}, FateReleased},
		{"", 0, Keeping{State: Gone}, FateUnknown}, {"", 0, Keeping{State: Passed}, FateUnknown},
	} {
		c.hold.Decided = noon
		f := RecipientFate{Delivery: Delivery{Outcome: c.outcome, At: noon.Add(c.at)}}
		if f.Judge(c.hold); f.Fate != c.want {
			t.Errorf("%q %s after the decision, hold %+v: %s, want %s", c.outcome, c.at, c.hold, f.Fate,
				c.want)
		}
	}
	list := []Delivery{{Outcome: OutcomeBounced}, {Outcome: OutcomeDeferred}, {Outcome: OutcomeExpired}}
	if got := Furthest(list); got.Outcome != OutcomeDeferred {
		t.Errorf("of several mailboxes %s counts", got.Outcome)
	}
}
