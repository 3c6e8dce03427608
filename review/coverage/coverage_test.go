package coverage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/calibration"
	"hisseki/drill"
	"hisseki/review"
	"hisseki/review/coverage"
)

var noon = time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)

// trial is one of three notches, of which the last keeps the budget of holds and the second that of delays.
func trial(fits bool) *calibration.Trial {
	t := &calibration.Trial{History: &calibration.History{Mails: make([]calibration.Mail, 10), Senders: 2},
		Budget: analyzer.Budget{Holds: 0.1}, Hold: 2, Delay: 1, Fits: fits}
	for _, factor := range []float64{0.8, 1, 1.2} {
		t.Notches = append(t.Notches, calibration.Notch{Factor: factor, HoldBound: 0.5,
			Thresholds: analyzer.Thresholds{Hold: 10 * factor, Sum: 5 * factor, Delay: 4 * factor}})
	}
	return t
}

// TestDial: the choice has the thresholds that calibrate --apply sets, any other notch its own; where none
// keeps the budget none is chosen.
func TestDial(t *testing.T) {
	for fits, delay := range map[bool]float64{true: 4, false: 4.8} {
		d := coverage.Dial(trial(fits), noon)
		if len(d.Notches) != 3 || d.Mails != 10 || d.Senders != 2 || !d.At.Equal(noon) {
			t.Fatalf("%+v", d)
		}
		last := d.Notches[2]
		if last.Chosen != fits || last.Thresholds != (analyzer.Thresholds{Hold: 12, Sum: 6, Delay: delay}) {
			t.Errorf("fits %t: %+v", fits, last)
		}
		if first := d.Notches[0]; first.Chosen || first.Thresholds.Delay != 3.2 || first.Drilled {
			t.Errorf("the first: %+v", first)
		}
	}
}

// TestDrilled: accounts in which most thefts are not noticed come first, then those from which most mails
// escape; what is left out is counted.
func TestDrilled(t *testing.T) {
	recipes, err := drill.FindAll([]string{"incident", "slow"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := (&drill.Ground{}).Play(t.Context(), drill.Options{}, nil, recipes, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	r.Results = []*drill.Result{{Sender: "good@example.jp", Recipe: "slow", Mails: 12, FirstHold: 1},
		{Sender: "leaks@example.jp", Recipe: "slow", Mails: 12, FirstHold: 3, Escaped: 2},
		{Sender: "blind@example.jp", Recipe: "incident", Mails: 40, FirstHold: 2, Escaped: 1},
		{Sender: "blind@example.jp", Recipe: "slow", Mails: 12, Escaped: 12, Why: "a young account"}}
	d := coverage.Drilled(r, noon)
	if len(d.Recipes) != 2 || d.Recipes[1] != (review.RecipeSum{Name: "slow", Thefts: 3, Contained: 2, Escaped: 14, Mails: 36,
		MedianEscaped: 2, NineOfTen: 12, AtTheMost: 12}) {
		t.Errorf("the sums are %+v", d.Recipes)
	}
	var order []string
	for _, a := range d.Accounts {
		order = append(order, a.Sender)
	}
	if want := []string{"blind@example.jp", "leaks@example.jp", "good@example.jp"}; !slices.Equal(order, want) {
		t.Errorf("the order is %v", order)
	}
	if both := d.Accounts[0].Thefts; len(both) != 2 || both[0].HeldAt != 2 || both[1].HeldAt != 0 || both[1].Why != "a young account" {
		t.Errorf("the worst account has %+v", d.Accounts[0])
	}
	if good := d.Accounts[2].Thefts; good[0] != nil || good[1] == nil {
		t.Errorf("a theft that was not played is there: %+v", good)
	}
	for i := range review.MaxDrilled {
		r.Results = append(r.Results, &drill.Result{Sender: fmt.Sprintf("worse%d@example.jp", i), Recipe: "slow", Escaped: 99})
	}
	if d = coverage.Drilled(r, noon); len(d.Accounts) != review.MaxDrilled || d.More != 3 {
		t.Errorf("%d accounts, and %d more", len(d.Accounts), d.More)
	}
}
