package main

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"hisseki/analyzer"
)

// fold is one organisation left out: the shipped lines are calibrated on the others and
// scored on it.
type fold struct {
	out   int   // scenario by index
	train []int // the others
	lines analyzer.Thresholds
}

// setting is the fold's, with the lines chosen so far.
func (f *fold) setting() setting { return setting{shipped: f.lines} }

// factors are what is tried on the shipped lines: from the highest, so that of equals the
// higher line is taken, which disturbs less.
var factors = []float64{2, 1.6, 1.4, 1.2, 1.1, 1, 0.9, 0.8, 0.7}

// step calibrates some lines by one factor, the others staying as chosen before.
type step struct {
	move   func(t *analyzer.Thresholds, factor float64)
	delays bool // the budget for delays counts too: only the delay line can keep it
}

// steps are as in hisseki calibrate: hold and sum go together, delay has its own budget.
// The drift is left alone: it follows every organisation's own history without bounds.
var steps = []step{
	{func(t *analyzer.Thresholds, factor float64) {
		t.Hold = analyzer.DefaultShipped.Hold * factor
		t.Sum = analyzer.DefaultShipped.Sum * factor
	}, false},
	{func(t *analyzer.Thresholds, factor float64) {
		t.Delay = analyzer.DefaultShipped.Delay * factor
	}, true},
}

// candidates returns lines with the step's moved.
func (s *step) candidates(lines analyzer.Thresholds) []analyzer.Thresholds {
	var list []analyzer.Thresholds
	for _, f := range factors {
		t := lines
		s.move(&t, f)
		list = append(list, t)
	}
	return list
}

// worse compares two scores as calibration does: first what breaks the budget, then what
// escapes, then what disturbs.
func (s *step) worse(a, b *score) int {
	budget := analyzer.DefaultBudget
	c := cmp.Compare(max(a.holdShare(), budget.Holds), max(b.holdShare(), budget.Holds))
	if s.delays {
		c = cmp.Or(c, cmp.Compare(max(a.delayShare(), budget.Delays),
			max(b.delayShare(), budget.Delays)))
	}
	return cmp.Or(c, cmp.Compare(a.allEscaped(), b.allEscaped()),
		cmp.Compare(a.FalseHolds, b.FalseHolds), cmp.Compare(a.Delays, b.Delays))
}

// leaveOneOut calibrates the shipped lines without each organisation in turn, step by
// step, and measures it with what was chosen.
func (e *evaluation) leaveOneOut(ctx context.Context) ([]fold, error) {
	if len(e.scenarios) < 2 {
		return nil, errors.New("leave-one-out takes two scenarios at least: name more folders")
	}
	folds := make([]fold, len(e.scenarios))
	for i := range folds {
		others := slices.DeleteFunc(e.all(), func(k int) bool { return k == i })
		folds[i] = fold{out: i, train: others, lines: analyzer.DefaultShipped}
	}
	for _, s := range steps {
		var todo []run
		for _, f := range folds {
			for _, t := range s.candidates(f.lines) {
				todo = append(todo, runs(f.train, setting{shipped: t})...)
			}
		}
		if err := e.measure(ctx, todo...); err != nil {
			return nil, err
		}
		for i := range folds {
			folds[i].lines = e.choose(&s, &folds[i])
		}
	}
	var last []run
	for _, f := range folds {
		last = append(last, run{f.out, f.setting()})
	}
	return folds, e.measure(ctx, last...)
}

// choose returns the candidate that does best on the organisations of the fold.
func (e *evaluation) choose(s *step, f *fold) analyzer.Thresholds {
	return slices.MinFunc(s.candidates(f.lines), func(a, b analyzer.Thresholds) int {
		x, y := e.pooled(f.train, setting{shipped: a}), e.pooled(f.train, setting{shipped: b})
		return s.worse(&x, &y)
	})
}
