package ledger

import (
	"slices"
	"testing"

	"hisseki/analyzer"
)

// Every step from every state: it leads where the table says, and nowhere else.
func TestSteps(t *testing.T) {
	want := map[State]map[Step]State{
		Delayed: {StepRelease: Releasing, StepDiscard: Discarding, StepTimeUp: Releasing,
			StepPromote: Held, StepRecall: Held, StepMissing: Vanished, StepRefuse: Held},
		Held: {StepRelease: Releasing, StepDiscard: Discarding, StepMissing: Vanished},
		Releasing: {StepDone: Released, StepMissing: Vanished, StepUndo: Held, StepRetry: Releasing,
			StepRefuse: Held},
		Discarding: {StepDone: Discarded, StepMissing: Vanished, StepUndo: Held, StepRetry: Discarding,
			StepRefuse: Held},
		Recalling: {StepDone: Held, StepMissing: Gone, StepRetry: Recalling},
		Released:  {StepRecall: Recalling, StepFound: Releasing},
		Discarded: {StepFound: Discarding},
		Vanished:  {StepFound: Held},
		Gone:      {StepFound: Held},
		Passed:    {},
	}
	for step := range steps {
		for _, from := range States {
			to, ok := step.To(from)
			if wanted, may := want[from][step]; to != wanted || ok != may {
				t.Errorf("%s from %s leads to %q, %v; want %q, %v", step, from, to, ok, wanted, may)
			}
			if slices.Contains(step.From(), from) != ok {
				t.Errorf("%s may start from %v", step, step.From())
			}
			if !slices.Contains(States, to) && ok {
				t.Errorf("%s from %s leads to %q, which is not a state", step, from, to)
			}
		}
	}
}

// What follows from a state alone.
func TestStates(t *testing.T) {
	for _, c := range []struct {
		state                                       State
		inQueue, asks, undecided, excerpt, opensOne bool
		lesson                                      int
	}{
		{Delayed, true, false, true, true, false, 0},
		{Held, true, false, true, true, true, 0},
		{Releasing, true, true, false, true, false, 0},
		{Released, false, false, false, false, false, 1},
		{Discarding, true, true, false, true, false, 0},
		{Discarded, false, false, false, false, false, 0},
		{Vanished, false, false, false, true, false, 0},
		{Recalling, true, true, false, true, true, -1},
		{Gone, false, false, false, true, false, 0},
		{Passed, false, false, false, true, true, 0},
	} {
		s := c.state
		if s.InQueue() != c.inQueue || s.Asks() != c.asks || Undecided(s) != c.undecided ||
			s.KeepsExcerpt() != c.excerpt || s.OpensIncident() != c.opensOne || s.Lesson() != c.lesson {
			t.Errorf("%s: in queue %v, asks %v, undecided %v, excerpt %v, opens %v, lesson %d", s,
				s.InQueue(), s.Asks(), Undecided(s), s.KeepsExcerpt(), s.OpensIncident(), s.Lesson())
		}
		if again, ok := s.WorkAgain(); ok == s.InQueue() && s != Passed {
			t.Errorf("%s: again %v, %v", s, again, ok)
		}
	}
	if w := Waiting(); !slices.Equal(w, []State{Delayed, Held, Recalling}) {
		t.Errorf("waiting are %v", w)
	}
}

func TestFirstState(t *testing.T) {
	for _, c := range []struct {
		action       analyzer.Action
		observedHold bool
		want         State
	}{
		{analyzer.Pass, false, ""}, {analyzer.Pass, true, Passed},
		{analyzer.Delay, false, Delayed}, {analyzer.Hold, false, Held},
	} {
		r := &analyzer.Record{Verdict: analyzer.Verdict{Action: c.action}, ObservedHold: c.observedHold}
		if got := FirstState(r); got != c.want {
			t.Errorf("%s, passed in mode observe %v: %q, want %q", c.action, c.observedHold, got, c.want)
		}
	}
	if got := FirstState(&analyzer.Record{Late: analyzer.Late{Recall: true}}); got != Recalling {
		t.Errorf("mail that is to be asked back after it was judged late: %q", got)
	}
}

func TestDecisions(t *testing.T) {
	for _, s := range States {
		d := Decision{To: s}
		want := map[State]string{Releasing: "release", Discarding: "discard"}[s]
		if d.Verb() != want {
			t.Errorf("a decision to %s is called %q, want %q", s, d.Verb(), want)
		}
	}
}
