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
	reachKeys  *reachKeys
	today      baseline.Slot
	now        time.Time

	rules   urlRules
	blocked Evidence // of a blocked link, zero for none
	// undecided is that there may be one in what was not read, zero for no.
	undecided Evidence
	declared  declared // by the admin's habits
	beyond    Action   // what is to be done with mail beyond an admin's ceiling, "" for other mail

	links    []linkFound    // that the sender does not use
	contacts []contactFound // other points that the sender never gave
	reach    reachCount     // with this mail
	people   int            // whom it reaches that no other mail of the day did
	fit      float64        // of the style to the sender's, 0 when it cannot be compared
	marks    []baseline.Key // what a campaign with this mail is recognised by

	carried map[baseline.Key]carried // in how many earlier mails each mark was
	move    move                     // to another network or program, as other accounts move
}

// reading is what a signal found in a mail. The zero value says that it could not be
// judged.
type reading struct {
	ok       bool // it could be judged
	level    int
	most     float64 // points it may have, 0 for no limit of its own
	points   float64 // it has, where they are not the level's; 0 for the level's
	observed string
	usual    string
	often    int // in place of usual: the level whose past frequency says what is usual
	text     string
	note     string         // why it could not be judged, where a reviewer should know
	urls     []*content.URL // unusual ones, for the journal
}

// measured is what all signals together found in a mail.
type measured struct {
	evidence []Evidence // heaviest first, after the caps
	notes    []Evidence // what could not be judged, without points
	urls     []*content.URL
	// points say how improbable it is that the owner wrote this mail: the sum of writer, lure and
	// campaign. How many people it reaches is weighed apart.
	points   float64
	writer   float64 // another network, mail program or style
	computer float64 // of it, network and mail program
	style    float64 // of it
	// ownProgram says that the mail program, and the network where it is known, are those that the
	// account mostly uses; own that the network is known too.
	ownProgram, own bool
	lure            float64           // what the reader is to click, open or answer
	campaign        float64           // the same to others
	reach           [measures]float64 // how improbable it is to reach so many
}

// tail is a geometric prior: p for level 1, each further level q times rarer.
func tail(p, q float64) (prior [baseline.Levels]float64) {
	for l := 1; l < baseline.Levels; l++ {
		prior[l] = p * math.Pow(q, float64(l-1))
	}
	prior[0] = 1
	return prior
}

// takeMarks is the first half of measuring: what several signals look at, and what a campaign
// with this mail is recognised by. Before the second half, v.carried is to be filled in.
func (v *view) takeMarks() {
	v.o.Young = isYoung(v.sender, v.today)
	v.observeReach()
	v.fit = v.styleFit()
	v.o.Fit = v.fit
	v.links, v.contacts = v.unusualLinks(), v.unusualContacts()
	v.o.Lured = v.isLured()
	for i := range signals {
		if makes := signals[i].marks; makes != nil {
			v.marks = append(v.marks, few(makes(v))...)
		}
	}
	slices.Sort(v.marks)
	v.marks = slices.Compact(v.marks)
	v.o.Marks = v.marks
}

// maxMarks bounds the marks of each kind. A page of 2,500 links to ever new sites would be
// looked for, written and compared 2,500 times, most of it where other accounts' mail waits.
const maxMarks = 128

// few returns of many marks the first, which the journal names (noted), and the lowest. Marks are
// keyed hashes: nobody outside knows which of his links will be among the lowest, and mails that
// share links share most of these (Broder, On the resemblance and containment of documents, 1997).
func few(marks []baseline.Key) []baseline.Key {
	if len(marks) <= maxMarks {
		return marks
	}
	rest := slices.Clone(marks[maxNoted:])
	slices.Sort(rest)
	return slices.Concat(marks[:maxNoted], first(slices.Compact(rest), maxMarks-maxNoted))
}

// measure runs all signals and fills in the observation's levels. What comes out does not
// depend on the order of the signals.
func (a *Analyzer) measure(v *view) measured {
	m := a.judgeReadings(v, v.read())
	if v.move = v.findMove(&m); v.move.isCommon() { // then less is news
		v.o.Lured = v.o.Lured && !v.onlySignature()
		m = a.judgeReadings(v, v.read())
	}
	return m
}

// read asks every signal what it finds.
func (v *view) read() *[baseline.Signals]reading {
	var found [baseline.Signals]reading
	for i := range signals {
		if d := &signals[i]; d.needs.met(v) {
			found[d.id] = d.assess(v)
		} else {
			found[d.id].note = d.needs.note(d.name, v)
		}
	}
	return &found
}

// judgeReadings turns levels into points: the rarer a level is in the past of sender and
// organisation, the more.
func (a *Analyzer) judgeReadings(v *view, readings *[baseline.Signals]reading) (m measured) {
	var found [groups][]Evidence
	m.ownProgram = v.ownComputer()
	m.own = m.ownProgram && len(v.o.Keys[baseline.Network]) > 0
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
		v.move.explain(d, r)
		points := r.points
		if points == 0 {
			points = baseline.Surprise(v.sender, v.org, id, level, d.prior[level], v.o.Young, v.today)
		}
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
	many := 0.0 // of the people reached by several mails
	for g := range found {
		if group(g) == groupReach { // the most improbable of them speaks for all
			for i := range found[g] {
				e := &found[g][i]
				e.Points = round(e.Points)
				of := reachSignals[e.Signal]
				if m.reach[of] = e.Points; of != mailPeople {
					many = max(many, e.Points)
				}
			}
			continue
		}
		found[g] = capGroup(found[g], groupCap[g])
		for _, e := range found[g] {
			sums[g] += e.Points
		}
	}
	m.computer = sums[groupAccess] + sums[groupClient]
	m.style = sums[groupStyle]
	m.writer = m.computer + m.style + sums[groupSignin]
	m.lure = sums[groupURL] + sums[groupContent]
	if m.campaign = sums[groupCampaign]; m.campaign > 0 {
		m.campaign = min(m.campaign+related*many, groupCap[groupCampaign], amplified*(m.lure+m.writer))
	}
	m.points = m.writer + m.lure + m.campaign
	m.evidence = slices.Concat(found...)
	slices.SortStableFunc(m.evidence, func(a, b Evidence) int { return cmp.Compare(b.Points, a.Points) })
}

// addsToSum says whether anything but the wording, and what others send every day, stands against a
// mail. What its style and a campaign say of mail from the owner's own computer, that gives its readers
// nothing or little new to act on, can delay it and adds to no sum: a clerk's first run of fifty
// statements is not written as letters are, and who names four sites in a day that only colleagues named
// before does his work.
func (m *measured) addsToSum() bool {
	another := m.writer - m.style
	if isWeak := m.lure >= leastPoints && m.lure <= weakLure; isWeak {
		return another > familiarComputer
	}
	return m.lure+another >= leastPoints
}

// amplified is how much a campaign may count for each point of what it repeats: what is
// known, from a known writer, may be sent to as many as he likes.
const amplified = 3

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

// unknownKeys counts the keys of a family that the sender did not know before today.
func unknownKeys(v *view, f baseline.Family) (unknown, total int) {
	for _, k := range v.o.Keys[f] {
		if !v.sender.Accepts(f, k, v.today) {
			unknown++
		}
	}
	return unknown, len(v.o.Keys[f])
}
