package analyzer

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"hisseki/baseline"
)

// littleHistory is the number of mails below which the evidence says so.
const littleHistory = 30

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
var DefaultShipped = Thresholds{Delay: 5, Hold: 14, Sum: 10, Drift: 3}

const lineWeight = 500

// driftShare of ordinary mails have points beyond the drift and so add to the CUSUM.
const driftShare = 0.03

// lines are the thresholds in force.
type lines struct {
	delay, hold, sum, drift float64
}

// lines reads the thresholds off the organisation's history of points, so that each
// budget is kept by what this population's ordinary mail looks like: half of the false
// holds for the single mail, half for the sum; four fifths of the delays, for some are
// spent before the lines have settled.
func (a *Analyzer) lines(org *baseline.Profile) lines {
	b, t, shipped := a.cfg.Budget, a.cfg.Thresholds, a.cfg.Shipped
	l := lines{
		drift: org.Line(false, driftShare, shipped.Drift, lineWeight),
		delay: org.Line(false, b.Delays*0.5, shipped.Delay, lineWeight),
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

// reach is how far history may move a line from the shipped one: a population that is
// already compromised must not teach that attacks are usual.
const reach = 0.25

func within(line, shipped float64) float64 {
	return min(max(line, shipped*(1-reach)), shipped*(1+reach))
}

// decision is what decide found.
type decision struct {
	action       Action // carried out
	would        Action // in enforce mode
	sum          float64
	incident     bool
	observed     bool   // not carried out because of the mode, so it is taught
	observedHold bool   // a hold of an account, not carried out in mode observe: somebody is to be told
	cause        string // "mail", "sum", "incident", "rule", "habit"
}

// decide goes by an admin's rules first, then by habits, then by points.
func (a *Analyzer) decide(v *view, found *measured, points float64, rule Override,
	cond Conditions) decision {
	t, lure := a.shared.lines, found.lure
	d := decision{would: Pass, incident: v.state.open}
	d.sum = v.state.decayed(v.now) +
		gate(lure)*max(0, points-t.drift)*recipientFactor(v.o.Recipients, min(found.many, lure-1))
	switch {
	case v.blocked.Signal != "": // goes before the sender's own rule
		d.would, d.cause = Hold, "rule"
	case rule.Action == Pass:
		d.cause, d.sum = "rule", 0
	case rule.Action == Hold:
		d.would, d.cause = Hold, "rule"
	case v.declared.hold:
		d.would, d.cause = Hold, "habit"
	default:
		d.would, d.cause = t.action(points, d.sum, lure, v.state.open)
		if d.would != Hold && v.state.open && points >= t.drift && gate(lure) > 0 && a.alike(v) {
			d.would, d.cause = Hold, "incident"
		}
	}
	a.carryOut(&d, v.mail.Class, rule, cond)
	return d
}

// carryOut says what becomes of a verdict: in mode enforce what it says, as far as that can be
// done now.
func (a *Analyzer) carryOut(d *decision, class Class, rule Override, cond Conditions) {
	mode := a.cfg.Mode[class]
	if rule.Mode != "" {
		mode = rule.Mode
	}
	d.action = d.would
	if d.action == Delay && !cond.CanDelay {
		d.action = Pass
	}
	if mode != Enforce {
		d.action, d.observed = Pass, true
		// Who has a rule that only watches a sender expects what he sends.
		d.observedHold = a.cfg.Alarm && d.would == Hold && rule.Mode == "" && class == Account
	}
	d.incident = d.incident || d.action == Hold || d.observedHold
}

// action is what a mail gets by its points, its sender's sum and how much of it is a lure:
// the verdict but for rules, habits, modes and the likeness to an open incident's mail.
func (l lines) action(points, sum, lure float64, open bool) (would Action, cause string) {
	least := l.drift
	if open { // the sum is the attacker's by now, and the owner still writes
		least = l.delay
	}
	switch {
	case points >= l.hold:
		return Hold, "mail"
	case sum >= l.sum && points >= least && gate(lure) > 0:
		return Hold, "sum"
	case points >= l.delay && gate(lure) > 0:
		return Delay, "mail"
	}
	return Pass, ""
}

// gate is how much of a mail's points the CUSUM takes: all from a lure of one point (it
// is one mail in ten at most), nothing below half a point, for a new computer sends
// many odd but honest mails.
func gate(lure float64) float64 { return min(1, max(0, 2*lure-1)) }

// recipientFactor makes one mail to many count like several mails: nothing follows a blast that
// could convict it later. Eight recipients are an ordinary circle; each doubling beyond
// counts as one more mail, as far as so many are unusual for this sender and the lure
// is more than one mail in ten has.
func recipientFactor(recipients int, unusual float64) float64 {
	return 1 + min(1, max(0, unusual))*max(0, math.Log2(float64(recipients)/8))
}

// alike says whether a mail resembles the suspicious ones of the sender's open
// incident: the same unknown link or file, the same text, or the same new network.
func (a *Analyzer) alike(v *view) bool {
	for i := range v.state.recent {
		t := &v.state.recent[i]
		if t.would == Pass {
			continue
		}
		if similar(t.simHash, v.o.SimHash) || share1(t.marks, v.o.Marks) {
			return true
		}
		if v.sharesNew(baseline.Site, t.sites) || v.sharesNew(baseline.Network, t.networks) {
			return true
		}
	}
	return false
}

// sharesNew says whether a habit that is new to the sender is among those of another mail.
func (v *view) sharesNew(f baseline.Family, of []baseline.Key) bool {
	for _, k := range v.o.Keys[f] {
		if slices.Contains(of, k) && !v.sender.Known(f, k, v.today) {
			return true
		}
	}
	return false
}

func share1(a, b []baseline.Key) bool {
	for _, k := range a {
		if slices.Contains(b, k) {
			return true
		}
	}
	return false
}

// passIf says what would have let the mail pass.
func passIf(d decision, evidence []Evidence, t lines) string {
	if d.would == Pass || d.cause == "rule" || len(evidence) == 0 {
		return ""
	}
	points := 0.0
	for _, e := range evidence {
		points += e.Points
	}
	line := t.delay
	switch d.cause {
	case "habit":
		return "would pass if it were sent as the declared habit says"
	case "sum":
		return fmt.Sprintf("would pass if the account had sent no other unusual mail "+
			"in the hours before (sum %.1f, line %.1f)", d.sum, t.sum)
	case "incident":
		line = t.drift
	}
	var without []string
	for _, e := range evidence {
		points -= e.Points
		without = append(without, string(e.Signal))
		if points < line {
			break
		}
	}
	return fmt.Sprintf("would pass if %v were usual for this account", without)
}

func round(x float64) float64 { return math.Round(x*100) / 100 }
