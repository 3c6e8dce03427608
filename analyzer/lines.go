package analyzer

import (
	"cmp"
	"math"

	"hisseki/baseline"
)

// Thresholds turn points into actions. All are in points, factors of ten. Those left
// zero follow the organisation's own history, see lines.
type Thresholds struct {
	Delay float64 // a mail of at least so many waits
	Hold  float64 // a mail of at least so many is held
	Sum   float64 // a CUSUM of at least so much holds
	Drift float64 // a mail adds to the CUSUM what it has beyond
}

// or returns the thresholds with other's in place of those left zero.
func (t Thresholds) or(other Thresholds) Thresholds {
	return Thresholds{Delay: cmp.Or(t.Delay, other.Delay), Hold: cmp.Or(t.Hold, other.Hold),
		Sum: cmp.Or(t.Sum, other.Sum), Drift: cmp.Or(t.Drift, other.Drift)}
}

// Budget is what share of ordinary mail may be disturbed.
type Budget struct {
	Holds  float64 // held by mistake
	Delays float64 // made to wait
}

// DefaultBudget is one false hold in ten thousand mails and one delay in two hundred.
var DefaultBudget = Budget{Holds: 1e-4, Delays: 5e-3}

// DefaultShipped lines stand for the first days, until the organisation's own history
// weighs more than lineWeight mails. They were chosen so that false holds keep their budget on
// three replayed organisations, with client addresses and without: docs/evaluation.md.
var DefaultShipped = Thresholds{Delay: 4.6, Hold: 12, Sum: 4, Drift: 4.3}

const lineWeight = 500

// lines are the thresholds in force.
type lines struct {
	delay, hold, sum, drift float64
}

// lines reads the thresholds off the organisation's history of points, so that each
// budget is kept by what this population's ordinary mail looks like: half of the false
// holds for the single mail, half for the sum; half of the delays for the points, for reach,
// open incidents and the first weeks spend the others. The drift stays as shipped: points are
// frequencies of this organisation's mail already.
func (a *Analyzer) lines(org *baseline.Profile) lines {
	b, t, shipped := a.cfg.Budget, a.cfg.Thresholds, a.cfg.Shipped
	l := lines{
		drift: shipped.Drift,
		delay: org.Line(false, b.Delays/2, shipped.Delay, lineWeight),
		hold:  org.Line(false, b.Holds/2, shipped.Hold, lineWeight),
		sum:   org.Line(true, b.Holds/2, shipped.Sum, lineWeight),
	}
	l.delay = within(l.delay, shipped.Delay)
	l.hold = within(l.hold, shipped.Hold)
	l.sum = within(l.sum, shipped.Sum)
	for _, set := range []struct {
		line  *float64
		fixed float64
	}{
		{&l.delay, t.Delay}, {&l.hold, t.Hold}, {&l.sum, t.Sum}, {&l.drift, t.Drift},
	} {
		if set.fixed > 0 {
			*set.line = set.fixed
		}
	}
	l.hold = max(l.hold, l.delay)
	return l
}

// lineMove is how far history may move a line from the shipped one, as a share of it: a
// population that is already compromised must not teach that attacks are usual.
const lineMove = 0.15

func within(line, shipped float64) float64 {
	return min(max(line, shipped*(1-lineMove)), shipped*(1+lineMove))
}

// oneMail is how much of the sum's line one mail can fill that reaches no unusual number of
// people: it takes two mails to be held, for one odd mail is the owner's far more often.
const oneMail = 0.9

// fewSum is how many times the sum's line it takes to hold mail that reaches few people from the
// owner's own computer. One mail fills at most 0.9 of a line, so it is three mails to three
// people with much against each, and half a dozen with little: an owner who forwards one
// partner's letter after another does not get there.
const fewSum = 2

// action is what a mail gets by its points and its sender's sum: the verdict but for rules,
// habits, modes, reach and the likeness to an open incident's mail. repeat and few are those
// of a Verdict.
func (l lines) action(points, sum float64, repeat, few bool) (would Action, cause string) {
	switch {
	case repeat:
		return Pass, ""
	case points >= l.hold:
		return Hold, "mail"
	case sum >= l.sum && points >= l.drift && few && sum < fewSum*l.sum:
		return Delay, "sum"
	case sum >= l.sum && points >= l.drift:
		return Hold, "sum"
	case points >= l.delay:
		return Delay, "mail"
	}
	return Pass, ""
}

// recipientFactor makes one mail to many that asks for something unusual, or comes from another
// computer elsewhere, count like several mails: nothing follows a blast that could convict it
// later. Against other mail without a lure stands its number alone (see reachAction), until a
// second one follows. Eight recipients are an ordinary circle; each doubling beyond counts as one
// more mail, as far as so many are unusual for this sender.
func recipientFactor(people int, unusual float64) float64 {
	return 1 + min(1, unusual)*max(0, math.Log2(float64(people)/8))
}
