// Package coverage brings what drills and calibrations found into the form in which reviewers see it.
package coverage

import (
	"cmp"
	"slices"
	"time"

	"hisseki/calibration"
	"hisseki/drill"
	"hisseki/review"
)

// Drilled is the outcome of a drill, accounts by recipe, the worst first: in whose account most thefts
// are not noticed, then in whose most mails escape.
func Drilled(r *drill.Report, at time.Time) *review.Drilled {
	out := &review.Drilled{At: at}
	place := map[string]int{} // of a recipe
	for _, t := range r.Totals() {
		place[t.Recipe] = len(out.Recipes)
		out.Recipes = append(out.Recipes, review.RecipeSum{Name: t.Recipe, Thefts: t.Accounts, Contained: t.Contained,
			Escaped: t.Escaped, Mails: t.Mails, MedianEscaped: t.Median, NineOfTen: t.P90, AtTheMost: t.Most})
	}
	row := map[string]int{} // of an account
	for _, res := range r.Results {
		i, ok := row[res.Sender]
		if !ok {
			i = len(out.Accounts)
			row[res.Sender] = i
			out.Accounts = append(out.Accounts, review.DrilledAccount{Sender: res.Sender,
				Thefts: make([]*review.Theft, len(out.Recipes))})
		}
		if at, ok := place[res.Recipe]; ok {
			out.Accounts[i].Thefts[at] = &review.Theft{HeldAt: res.FirstHold, Mails: res.Mails, Escaped: res.Escaped, Why: res.Why}
		}
	}
	slices.SortStableFunc(out.Accounts, func(a, b review.DrilledAccount) int {
		blindA, escapedA := sum(a)
		blindB, escapedB := sum(b)
		return cmp.Or(cmp.Compare(blindB, blindA), cmp.Compare(escapedB, escapedA))
	})
	out.More = max(0, len(out.Accounts)-review.MaxDrilled)
	out.Accounts = out.Accounts[:len(out.Accounts)-out.More]
	return out
}

// sum counts an account's thefts that nothing held, and the mails that escaped.
func sum(a review.DrilledAccount) (blind, escaped int) {
	for _, t := range a.Thefts {
		if t == nil {
			continue
		}
		if t.HeldAt == 0 {
			blind++
		}
		escaped += t.Escaped
	}
	return blind, escaped
}

// Dial is the outcome of a calibration. To use its choice is what calibrate --apply does: its delay may
// be that of another notch.
func Dial(t *calibration.Trial, at time.Time) *review.Dial {
	h := t.History
	out := &review.Dial{At: at, Weeks: h.Weeks(), Mails: len(h.Mails), Senders: h.Senders, Budget: t.Budget.Holds}
	week := h.PerWeek(len(h.Mails))
	for i, l := range t.Lines() {
		n := review.Notch{Factor: l.Factor, Thresholds: t.Notches[i].Thresholds, Held: l.HoldsWeek, AtMost: l.HoldBound * week,
			Delayed: l.DelaysWeek, Chosen: l.ChosenHold && t.Fits}
		if n.Chosen {
			n.Thresholds = t.Thresholds()
		}
		if d := l.Drill; d != nil {
			n.Drilled, n.Thefts, n.Contained, n.Mails, n.Escaped = true, d.Thefts, d.Contained, d.Mails, d.Escaped
		}
		out.Notches = append(out.Notches, n)
	}
	return out
}
