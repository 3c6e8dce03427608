package analyzer

import "testing"

func TestEverySignalIsInOneNamedGroup(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range SignalGroups() {
		if g.Name == "" || len(g.Signals) == 0 {
			t.Errorf("group %q of %v", g.Name, g.Signals)
		}
		for _, s := range g.Signals {
			if seen[s] || !IsSignal(s) {
				t.Errorf("%s is in two groups, or no signal", s)
			}
			seen[s] = true
		}
	}
	if len(seen) != len(cues) {
		t.Errorf("%d of %d signals are in a group", len(seen), len(cues))
	}
}
