package analyzer

import (
	"fmt"
	"math"
	"slices"

	"hisseki/baseline"
)

// littleHistory is the number of mails below which the evidence says so.
const littleHistory = 30

// Thresholds turn points into actions. All are in points, factors of ten.
type Thresholds struct {
	Delay    float64 // a mail of at least so many waits
	Hold     float64 // a mail of at least so many is held
	Sum      float64 // a CUSUM of at least so much holds
	Drift    float64 // what a mail may have without adding to the CUSUM
	Incident float64 // a mail with less is ordinary even during an incident
}

// DefaultThresholds were calibrated by replay on a mix of organisations, see
// docs/evaluation.md.
var DefaultThresholds = Thresholds{Delay: 6, Hold: 11, Sum: 12, Drift: 3.5, Incident: 5}

func (t Thresholds) withDefaults() Thresholds {
	set := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	set(&t.Delay, DefaultThresholds.Delay)
	set(&t.Hold, DefaultThresholds.Hold)
	set(&t.Sum, DefaultThresholds.Sum)
	set(&t.Drift, DefaultThresholds.Drift)
	set(&t.Incident, DefaultThresholds.Incident)
	return t
}

// decision is what decide found.
type decision struct {
	action   Action // carried out
	would    Action // in enforce mode
	sum      float64
	incident bool
	observed bool // not carried out because of the mode, so it is taught
	promote  []int64
	cause    string // "mail", "sum", "incident", "rule"
}

func (a *Analyzer) decide(v *view, points float64, rule Override, cond Conditions) decision {
	t := a.cfg.Thresholds
	d := decision{would: Pass, incident: v.state.open}
	d.sum = v.state.decayed(v.now) + max(0, points-t.Drift)
	switch {
	case rule.Action == Pass:
		d.cause, d.sum = "rule", 0
	case rule.Action == Hold:
		d.would, d.cause = Hold, "rule"
	case points >= t.Hold:
		d.would, d.cause = Hold, "mail"
	case d.sum >= t.Sum && points >= t.Drift:
		d.would, d.cause = Hold, "sum"
	case v.state.open && points >= t.Incident && a.alike(v):
		d.would, d.cause = Hold, "incident"
	case points >= t.Delay:
		d.would, d.cause = Delay, "mail"
	}
	mode := a.cfg.Mode[v.mail.Class]
	if rule.Mode != "" {
		mode = rule.Mode
	}
	d.action = d.would
	if d.action == Delay && !cond.CanDelay {
		d.action = Pass
	}
	if mode != Enforce {
		d.action, d.observed = Pass, true
	}
	if d.action == Hold {
		d.incident = true
		for _, w := range v.state.waiting(v.now) {
			d.promote = append(d.promote, w.id)
		}
	}
	return d
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
		net := v.o.Keys[baseline.Network]
		if len(net) > 0 && !v.sender.Known(baseline.Network, net[0], v.today) &&
			share1(t.networks, net) {
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
func passIf(d decision, evidence []Evidence, t Thresholds) string {
	if d.would == Pass || d.cause == "rule" || len(evidence) == 0 {
		return ""
	}
	points := 0.0
	for _, e := range evidence {
		points += e.Points
	}
	line := t.Delay
	switch d.cause {
	case "sum":
		return fmt.Sprintf("would pass if the account had sent no other unusual mail "+
			"in the hours before (sum %.1f, line %.1f)", d.sum, t.Sum)
	case "incident":
		line = t.Incident
	}
	var without []string
	for _, e := range evidence {
		points -= e.Points
		without = append(without, e.Signal)
		if points < line {
			break
		}
	}
	return fmt.Sprintf("would pass if %v were usual for this account", without)
}

func round(x float64) float64 { return math.Round(x*100) / 100 }
