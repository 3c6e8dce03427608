package analyzer_test

import (
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// TestClockJumps sets the clock back and forth, as far as a dead battery does: every mail
// gets a verdict, what was usual stays usual, and an attack is seen afterwards.
func TestClockJumps(t *testing.T) {
	a := office(t, replay.NewMemory())
	judge := func(m *analyzer.Mail) analyzer.Verdict {
		t.Helper()
		r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatalf("mail at %v: %v", m.Time, err)
		}
		return r.Verdict
	}
	ordinary := func(at time.Time) analyzer.Verdict {
		t.Helper()
		return judge(letter("b@example.jp", at, "192.0.2.11", "p1@partner1.example.org", honest))
	}
	for i, at := range []time.Time{
		attackDay.Add(-time.Hour), attackDay.AddDate(-1, 0, 0), time.Unix(0, 0),
		attackDay.AddDate(0, 0, 2), attackDay.Add(-24 * time.Hour), attackDay.AddDate(0, 1, 0),
	} {
		ordinary(at) // whatever it is: nothing may fail
		if v := ordinary(attackDay.Add(time.Duration(i) * time.Minute)); v.Action != analyzer.Pass {
			t.Errorf("ordinary mail after a jump to %v: %s, %+v", at, v.Action, v.Evidence)
		}
	}
	held := false
	for i := range 10 {
		held = held || judge(attack(i+10)).Action == analyzer.Hold
	}
	if !held {
		t.Error("after the jumps an attack is not held")
	}
}
