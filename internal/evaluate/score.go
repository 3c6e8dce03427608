package main

import (
	"fmt"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/calibration"
	"hisseki/replay"
)

// maxDelay is how late a delayed mail may become a hold and still count as held.
const maxDelay = 15 * time.Minute

// outcome is what a replay decided, by file.
type outcome struct {
	first, final map[string]analyzer.Action
	at           map[string]time.Time // of the verdict
}

func newOutcome() *outcome {
	return &outcome{make(map[string]analyzer.Action), make(map[string]analyzer.Action),
		make(map[string]time.Time)}
}

// add takes one line of a replay's result.
func (o *outcome) add(e *replay.Event) error {
	switch e.Kind {
	case "verdict":
		if o.first[e.File] != "" {
			return fmt.Errorf("two verdicts for %s", e.File)
		}
		o.first[e.File], o.final[e.File], o.at[e.File] = e.Action, e.Action, e.Time
	case "held":
		if o.first[e.File] == analyzer.Delay && e.Time.Sub(o.at[e.File]) <= maxDelay {
			o.final[e.File] = analyzer.Hold
		}
	}
	return nil
}

// score is how a replay did. Scores of several scenarios add up.
type score struct {
	Benign     int // mails after the warm-up
	FalseHolds int
	Delays     int // of benign mail, held later or not

	Escaped    []int // mails that got out, of each theft with a lure
	Contained  int   // of these thefts: at least one mail was held
	Recipients int   // of their mails
	Reached    int   // by those that got out

	BEC          int // business mail compromises: one to three mails without a lure
	BECContained int
}

// score compares an outcome with the truth, by the rules of the scenarios' score.py.
func (s *scenario) score(o *outcome) (score, error) {
	var r score
	type theft struct{ mails, escaped int }
	thefts := make(map[string]theft)
	for i := range s.labels {
		l := &s.labels[i]
		final, judged := o.final[l.File]
		if !judged {
			return r, fmt.Errorf("%s: no verdict for %s, which has a label", s.name, l.File)
		}
		if l.Label == "benign" && l.Phase == "eval" {
			r.addBenign(o.first[l.File], final)
		}
		if l.Incident == "" {
			continue
		}
		t := thefts[l.Incident]
		t.mails++
		lure := s.kinds[l.Incident] != "bec"
		if final != analyzer.Hold {
			t.escaped++
		}
		if lure {
			r.Recipients += l.Recipients
		}
		if lure && final != analyzer.Hold {
			r.Reached += l.Recipients
		}
		thefts[l.Incident] = t
	}
	for name, t := range thefts {
		r.addTheft(s.kinds[name], t.escaped, t.escaped < t.mails)
	}
	slices.Sort(r.Escaped)
	return r, nil
}

func (s *score) addBenign(first, final analyzer.Action) {
	s.Benign++
	if first == analyzer.Delay {
		s.Delays++
	}
	if final == analyzer.Hold {
		s.FalseHolds++
	}
}

func (s *score) addTheft(kind string, escaped int, contained bool) {
	one := 0
	if contained {
		one = 1
	}
	if kind == "bec" {
		s.BEC++
		s.BECContained += one
		return
	}
	s.Escaped = append(s.Escaped, escaped)
	s.Contained += one
}

// pool adds scores up.
func pool(list ...score) score {
	var r score
	for _, s := range list {
		r.Benign += s.Benign
		r.FalseHolds += s.FalseHolds
		r.Delays += s.Delays
		r.Escaped = append(r.Escaped, s.Escaped...)
		r.Contained += s.Contained
		r.Recipients += s.Recipients
		r.Reached += s.Reached
		r.BEC += s.BEC
		r.BECContained += s.BECContained
	}
	slices.Sort(r.Escaped)
	return r
}

// escaped returns the number of mails that a share q of the thefts does not exceed.
func (s *score) escaped(q float64) int {
	n := len(s.Escaped)
	if n == 0 {
		return 0
	}
	return s.Escaped[min(n-1, int(q*float64(n)))]
}

// allEscaped returns the mails that got out of all thefts with a lure.
func (s *score) allEscaped() int {
	sum := 0
	for _, n := range s.Escaped {
		sum += n
	}
	return sum
}

// part returns k of n, 0 when there is none.
func part(k, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(k) / float64(n)
}

func (s *score) holdShare() float64    { return part(s.FalseHolds, s.Benign) }
func (s *score) delayShare() float64   { return part(s.Delays, s.Benign) }
func (s *score) reachedShare() float64 { return part(s.Reached, s.Recipients) }

// holdBound is the share of false holds at worst, with calibration.Confidence.
func (s *score) holdBound() float64 { return calibration.Upper(s.FalseHolds, s.Benign) }
