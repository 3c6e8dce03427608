package calibration

import (
	"math"

	"hisseki/analyzer"
)

// Notch is one setting of all thresholds, and what it had done to ordinary mail.
type Notch struct {
	Factor     float64 // on the thresholds in force
	Thresholds analyzer.Thresholds
	Count
	HoldShare, HoldBound   float64 // of ordinary mail, and what it is at most
	DelayShare, DelayBound float64
}

// factors are the notches: steps of a tenth, as fine as a few weeks of mail can tell
// apart, from where nearly everything unusual is held to where hardly anything is.
var factors = []float64{0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2}

// Notches tries all notches around the thresholds in force. The drift stays: it says
// which mails add to a sum, and all of them are in the journal as it was.
func (h *History) Notches(inForce analyzer.Thresholds) []Notch {
	list := make([]Notch, len(factors))
	for i, f := range factors {
		t := analyzer.Thresholds{Delay: round(inForce.Delay * f), Hold: round(inForce.Hold * f),
			Sum: round(inForce.Sum * f), Drift: inForce.Drift}
		n := Notch{Factor: f, Thresholds: t, Count: h.At(t)}
		n.HoldShare, n.HoldBound = h.share(n.Holds)
		n.DelayShare, n.DelayBound = h.share(n.Delays)
		list[i] = n
	}
	return list
}

// round keeps two digits, as points are shown.
func round(x float64) float64 { return math.Round(x*100) / 100 }

// share returns which part of the ordinary mail k are, and the upper bound.
func (h *History) share(k int) (share, bound float64) {
	if len(h.Mails) == 0 {
		return 0, 1
	}
	return float64(k) / float64(len(h.Mails)), Upper(k, len(h.Mails))
}

// Choose returns the notches, by index, whose hold and sum keep the budget for false
// holds and whose delay keeps that for delays; ok is false when even the last does not.
//
// Where too many ordinary mails had been held, the line goes up to the first notch that
// had kept the budget. It goes below what is in force only as far as the history proves
// the budget: that nothing was held in a few hundred mails proves nothing.
func Choose(list []Notch, b analyzer.Budget) (hold, delay int, ok bool) {
	hold, okHold := choose(list, b.Holds, func(n *Notch) (float64, float64) {
		return n.HoldShare, n.HoldBound
	})
	delay, okDelay := choose(list, b.Delays, func(n *Notch) (float64, float64) {
		return n.DelayShare, n.DelayBound
	})
	// A delay line above the hold line would delay nothing.
	for delay > 0 && list[delay].Thresholds.Delay > list[hold].Thresholds.Hold {
		delay--
	}
	return hold, delay, okHold && okDelay
}

func choose(list []Notch, budget float64, of func(*Notch) (share, bound float64)) (int, bool) {
	at := 0
	for i := range list {
		if list[i].Factor == 1 {
			at = i
		}
	}
	for i := at; i < len(list); i++ {
		if share, _ := of(&list[i]); share > budget {
			continue
		}
		if i > at {
			return i, true
		}
		for i > 0 {
			if _, bound := of(&list[i-1]); bound > budget {
				break
			}
			i--
		}
		return i, true
	}
	return len(list) - 1, false
}

// Merge returns the thresholds of a choice.
func Merge(list []Notch, hold, delay int) analyzer.Thresholds {
	h := list[hold].Thresholds
	return analyzer.Thresholds{Hold: h.Hold, Sum: h.Sum, Delay: list[delay].Thresholds.Delay}
}
