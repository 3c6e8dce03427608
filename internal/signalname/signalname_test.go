package signalname

import (
	"testing"

	"hisseki/analyzer"
)

// Every signal has a Japanese name, and every name belongs to a signal: a report in Japanese
// must not fall back to an English sentence.
func TestEverySignalHasAName(t *testing.T) {
	signals := make(map[analyzer.Signal]bool)
	for _, s := range analyzer.Signals() {
		signals[s] = true
		if Japanese(s) == "" {
			t.Errorf("the signal %s has no Japanese name", s)
		}
	}
	for s := range japanese {
		if !signals[s] {
			t.Errorf("there is no signal %s", s)
		}
	}
	twice := make(map[string]analyzer.Signal)
	for s, name := range japanese {
		if other, ok := twice[name]; ok {
			t.Errorf("%s and %s have the same name", s, other)
		}
		twice[name] = s
	}
}

func TestObserved(t *testing.T) {
	for _, c := range []struct {
		signal         analyzer.Signal
		observed, want string
	}{
		{analyzer.HourNew, "week end 0", "weekend, 0 to 6 h UTC"},
		{analyzer.HourNew, "working day 3", "working day, 18 to 24 h UTC"},
		{analyzer.HourNew, "once", "once"}, {analyzer.URLUnknown, "week end 0", "week end 0"},
	} {
		if got := Observed(&analyzer.Evidence{Signal: c.signal, Observed: c.observed}); got != c.want {
			t.Errorf("%q is %q, want %q", c.observed, got, c.want)
		}
	}
}
