package main

import (
	"testing"

	"hisseki/analyzer"
)

// Calibration keeps the budget before anything else, then lets least escape, then
// disturbs least; of equals it takes the higher line.
func TestChoose(t *testing.T) {
	hold, delay := &steps[0], &steps[1]
	with := func(holds, delays, escaped int) score {
		return score{Benign: 20000, FalseHolds: holds, Delays: delays, Escaped: []int{0, escaped}}
	}
	delaying := []score{with(0, 50, 9), with(0, 100, 4), with(0, 101, 0), with(0, 200, 0)}
	for name, c := range map[string]struct {
		step   *step
		scores []score // from the highest line on; the last goes for all that follow
		want   int
	}{
		"least escaped within the budget": {hold,
			[]score{with(0, 0, 9), with(1, 0, 4), with(2, 0, 3), with(3, 0, 0), with(9, 0, 0)}, 2},
		"nothing keeps the budget": {hold,
			[]score{with(4, 0, 9), with(3, 0, 9), with(4, 0, 5), with(5, 0, 0), with(6, 0, 0)}, 1},
		"equals":                            {hold, []score{with(2, 100, 3)}, 0},
		"delays count for the delay line":   {delay, delaying, 1},
		"delays do not count for the holds": {hold, delaying, 2},
	} {
		e := newEvaluation(make([]*scenario, 2))
		f := &fold{out: 0, train: []int{1}, lines: analyzer.DefaultShipped}
		list := c.step.candidates(f.lines)
		for i, lines := range list {
			e.scores[run{1, setting{shipped: lines}}] = c.scores[min(i, len(c.scores)-1)]
			e.scores[run{0, setting{shipped: lines}}] = with(0, 0, -i) // must not be looked at
		}
		if got := e.choose(c.step, f); got != list[c.want] {
			t.Errorf("%s: %+v, want %+v", name, got, list[c.want])
		}
	}
}

func TestCandidatesMoveTheStepsLines(t *testing.T) {
	shipped := analyzer.DefaultShipped
	lines := analyzer.Thresholds{Delay: 77, Hold: 88, Sum: 99, Drift: 3} // chosen before
	hold, delay := steps[0].candidates(lines), steps[1].candidates(lines)
	if len(hold) != len(factors) || len(delay) != len(factors) {
		t.Fatalf("%d and %d candidates", len(hold), len(delay))
	}
	for i, f := range factors {
		want := analyzer.Thresholds{Delay: 77, Hold: shipped.Hold * f, Sum: shipped.Sum * f, Drift: 3}
		if hold[i] != want {
			t.Errorf("factor %v: %+v, want %+v", f, hold[i], want)
		}
		want = lines
		want.Delay = shipped.Delay * f
		if delay[i] != want {
			t.Errorf("factor %v: %+v, want %+v", f, delay[i], want)
		}
	}
}
