package analyzer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"hisseki/analyzer/content"
	"hisseki/baseline"
)

// view is everything the signals may look at for one mail. They read it and return what
// they found; what one signal takes from another stands here before it is measured.
type view struct {
	mail       *Mail
	c          *content.Content
	o          *baseline.Observation
	sender     *baseline.Profile
	org        *baseline.Profile
	state      *state
	background *background
	place      Place
	hasher     hasher
	today      baseline.Slot
	now        time.Time

	rules    urlRules
	blocked  Evidence // of a blocked link, zero for none
	declared declared // by the admin's habits

	fresh int            // recipients new to the sender and not seen lately
	fit   float64        // of the style to the sender's, 0 when it cannot be compared
	marks []baseline.Key // what a campaign with this mail is recognised by

	carried map[baseline.Key]carried // in how many earlier mails each mark was
}

// reading is what a signal found in a mail. The zero value says that it could not be
// judged.
type reading struct {
	ok       bool // it could be judged
	level    int
	most     float64 // points it may have, 0 for no limit of its own
	observed string
	usual    string
	often    int // in place of usual: the level whose past frequency says what is usual
	text     string
	note     string         // why it could not be judged, where a reviewer should know
	marks    []baseline.Key // to recognise a campaign by
	urls     []*content.URL // unusual ones, for the journal
}

// measured is what all signals together found in a mail.
type measured struct {
	evidence []Evidence // heaviest first, after the caps
	notes    []Evidence // what could not be judged, without points
	urls     []*content.URL
	points   float64 // of all evidence
	lure     float64 // how much of them asks the reader to click, open or answer
	many     float64 // points of the number of recipients
}

// tail is a geometric prior: p for level 1, each further level q times rarer.
func tail(p, q float64) (prior [baseline.Levels]float64) {
	for l := 1; l < baseline.Levels; l++ {
		prior[l] = p * math.Pow(q, float64(l-1))
	}
	prior[0] = 1
	return prior
}

// readings are what each signal found, by its number.
type readings [baseline.Signals]reading

// takeMarks runs the signals that make marks, the first half of measuring. Before the second
// half, v.carried is to be filled in.
func (v *view) takeMarks() *readings {
	v.fresh, v.fit = v.freshRecipients(), v.styleFit()
	v.o.Fit = v.fit
	found := &readings{}
	found.take(v, true)
	for id := range found {
		v.marks = append(v.marks, found[id].marks...)
	}
	slices.Sort(v.marks)
	v.marks = slices.Compact(v.marks)
	v.o.Marks = v.marks
	return found
}

// measure runs all other signals and fills in the observation's levels. What comes out does
// not depend on the order of the signals.
func (a *Analyzer) measure(v *view, found *readings) measured {
	found.take(v, false)
	return a.judgeReadings(v, found)
}

// take runs the signals that make marks, or those that do not.
func (found *readings) take(v *view, marks bool) {
	for i := range signals {
		if d := &signals[i]; d.marks == marks && d.needs.met(v) {
			found[d.id] = d.assess(v)
		} else if d.marks == marks {
			found[d.id].note = d.needs.note(d.name, v)
		}
	}
}

// judgeReadings turns levels into points: the rarer a level is in the past of sender and
// organisation, the more.
func (a *Analyzer) judgeReadings(v *view, readings *readings) (m measured) {
	var found [groups][]Evidence
	for id := range readings {
		d, r := byID[id], &readings[id]
		if d == nil {
			continue
		}
		if r.note != "" {
			m.notes = append(m.notes, Evidence{Signal: d.name, Text: r.note})
		}
		if !r.ok {
			continue
		}
		m.urls = append(m.urls, r.urls...)
		level := uint8(min(max(r.level, 0), baseline.Levels-1))
		v.o.Seen |= 1 << id
		v.o.Levels[id] = level
		if level == 0 || a.cfg.Off[d.name] {
			continue
		}
		points := baseline.Surprise(v.sender, v.org, id, level, d.prior[level], v.today)
		if r.most > 0 {
			points = min(points, r.most)
		}
		if points < leastPoints {
			continue
		}
		if r.often > 0 {
			r.usual = v.often(id, r.often)
		}
		found[d.group] = append(found[d.group], Evidence{
			Signal: d.name, Points: points, Observed: r.observed, Usual: r.usual, Text: r.text,
		})
	}
	m.total(found[:])
	return m
}

// leastPoints is below what every second mail shows: no evidence.
const leastPoints = 0.3

// total caps and weighs the groups and orders the evidence.
func (m *measured) total(found [][]Evidence) {
	var sums [groups]float64
	for g := range found {
		found[g] = capGroup(found[g], groupCap[g])
		for _, e := range found[g] {
			sums[g] += e.Points
			if e.Signal == RecipientsMany {
				m.many = e.Points
			}
		}
	}
	m.points, m.lure = weigh(found, sums)
	m.evidence = slices.Concat(found...)
	slices.SortStableFunc(m.evidence, func(a, b Evidence) int { return cmp.Compare(b.Points, a.Points) })
}

// often says how often a signal reached a level in the sender's past.
func (v *view) often(id, level int) string {
	k, n := v.sender.Reached(id, uint8(min(level, baseline.Levels-1)), v.today)
	return fmt.Sprintf("so in %d of this account's %d mails", k, n)
}

// bucket returns the number of doublings in n: 1 is 0, 2-3 is 1, 4-7 is 2 ...
func bucket(n int) int {
	b := 0
	for n > 1 {
		n >>= 1
		b++
	}
	return b
}
