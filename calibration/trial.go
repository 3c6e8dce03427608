package calibration

import (
	"context"
	"math"

	"hisseki/analyzer"
	"hisseki/drill"
)

// Trial is what every notch had done to a history, and which of them is chosen.
type Trial struct {
	History *History
	Budget  analyzer.Budget
	Notches []Notch
	Hold    int  // chosen, by index
	Delay   int  // chosen, by index
	Fits    bool // the choice keeps the budget, or is the admin's

	drills map[int]drill.Total // by notch; none for no drill
}

// Try tries all notches around the thresholds in force, and chooses by the budget.
func Try(h *History, inForce analyzer.Thresholds, b analyzer.Budget) *Trial {
	t := &Trial{History: h, Budget: b, Notches: h.Notches(inForce), drills: make(map[int]drill.Total)}
	t.Hold, t.Delay, t.Fits = Choose(t.Notches, b)
	return t
}

// ChooseNotch chooses the notch of a factor instead. It returns false when there is none.
func (t *Trial) ChooseNotch(factor float64) bool {
	for i := range t.Notches {
		if math.Abs(t.Notches[i].Factor-factor) < 1e-9 {
			t.Hold, t.Delay, t.Fits = i, i, true
			return true
		}
	}
	return false
}

// Thresholds are those of the choice.
func (t *Trial) Thresholds() analyzer.Thresholds { return Merge(t.Notches, t.Hold, t.Delay) }

// Drill plays recipes in accounts at every notch. progress is told how many thefts of all
// are played.
func (t *Trial) Drill(ctx context.Context, g *drill.Ground, opt drill.Options,
	accounts []*drill.Account, recipes []drill.Recipe, progress func(int)) error {
	each := len(accounts) * len(recipes)
	for i := range t.Notches {
		opt.Config = g.Config
		opt.Config.Thresholds = t.Notches[i].Thresholds
		report, err := g.Play(ctx, opt, accounts, recipes, func(n int) { progress(i*each + n) })
		if err != nil {
			return err
		}
		if len(report.Results) > 0 {
			t.drills[i] = drill.Sum(report.Results)
		}
	}
	return nil
}
