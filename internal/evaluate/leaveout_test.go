package main

import (
	"testing"

	"hisseki/analyzer"
)

// Calibration keeps the budget before anything else, then lets least escape, then
// disturbs least; of equals it takes the higher line.
func TestChoose(t *testing.T) {
	sum, delay := &steps[0], &steps[2]
	good := score{Benign: 20000, FalseHolds: 2, Delays: 100, Escaped: []int{0, 3}}
	with := func(holds, delays, escaped int) score {
		s := good
		s.FalseHolds, s.Delays, s.Escaped = holds, delays, []int{0, escaped}
		return s
	}
	for name, c := range map[string]struct {
		step   *step
		scores []score // from the highest line to the lowest
		want   int
	}{
		"least escaped within the budget": {sum,
			[]score{with(0, 0, 9), with(1, 0, 4), with(2, 0, 3), with(3, 0, 0), with(9, 0, 0)}, 2},
		"nothing keeps the budget": {sum,
			[]score{with(4, 0, 9), with(3, 0, 9), with(4, 0, 5), with(5, 0, 0), with(6, 0, 0)}, 1},
		"equals": {sum, []score{good, good, good, good, good}, 0},
		"delays count for the delay line": {delay,
			[]score{with(0, 50, 9), with(0, 100, 4), with(0, 101, 0), with(0, 200, 0),
				with(0, 300, 0)}, 1},
		"delays do not count for the sum": {sum,
			[]score{with(0, 50, 9), with(0, 100, 4), with(0, 101, 0), with(0, 200, 0),
				with(0, 300, 0)}, 2},
	} {
		e := newEvaluation(make([]*scenario, 2))
		f := &fold{out: 0, train: []int{1}, lines: analyzer.DefaultShipped}
		list := c.step.candidates(f.lines)
		for i, lines := range list {
			e.scores[run{1, setting{shipped: lines}}] = c.scores[i]
			e.scores[run{0, setting{shipped: lines}}] = with(0, 0, -i) // must not be looked at
		}
		if got := e.choose(c.step, f); got != list[c.want] {
			t.Errorf("%s: %+v, want %+v", name, got, list[c.want])
		}
	}
}

func TestCandidatesMoveOneLine(t *testing.T) {
	shipped := analyzer.DefaultShipped
	lines := shipped
	lines.Hold = 99 // chosen before
	list := steps[0].candidates(lines)
	if len(list) != len(factors) {
		t.Fatalf("%d candidates", len(list))
	}
	for i, got := range list {
		want := lines
		want.Sum = shipped.Sum * factors[i]
		if got != want {
			t.Errorf("factor %v: %+v, want %+v", factors[i], got, want)
		}
	}
}
