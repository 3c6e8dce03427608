package analyzer

import (
	"fmt"
	"math"
	"sort"
	"time"

	"hisseki/analyzer/content"
	"hisseki/baseline"
)

// view is everything the signals may look at for one mail.
type view struct {
	mail   *Mail
	c      *content.Content
	o      *baseline.Observation
	sender *baseline.Profile
	org    *baseline.Profile
	state  *state
	crowd  *campaigns
	hands  *colleagues
	place  Place
	hasher hasher
	index  int // of the cue that is being assessed
	today  baseline.Slot
	now    time.Time
	many   float64  // points of the number of recipients
	fresh  int      // recipients new to the sender and not seen lately
	urls   []string // not usual for the sender
	hosts  []string
	notes  []Evidence // what could not be judged, without points

	rules   urlRules
	blocked Evidence // of a blocked link, zero for none

	declared declared // by the admin's habits
}

// group bundles cues that tend to fire together: one cause must not count twice.
type group uint8

const (
	groupRecipients group = iota
	groupVolume
	groupURL
	groupAccess
	groupClient
	groupContent
	groupCampaign
	groupStyle
	groups
)

// groupCap is the most that one group of cues can add, in points (factors of ten).
// No group reaches a hold on its own; style can neither hold alone nor excuse.
var groupCap = [groups]float64{
	groupRecipients: 4,
	groupVolume:     3,
	groupURL:        4,
	groupAccess:     3,
	groupClient:     4,
	groupContent:    3,
	groupCampaign:   4,
	groupStyle:      2,
}

// cue is one signal: a level between 0 and baseline.Levels-1, whose frequency among
// ordinary mail is learned per sender and organisation. prior is how often the level is
// reached where nothing is known yet.
type cue struct {
	name   string
	group  group
	prior  [baseline.Levels]float64
	assess func(v *view) reading
}

// reading is what a cue saw. ok is false when the cue could not be judged.
type reading struct {
	ok       bool
	level    int
	most     float64 // points it may have, 0 for no limit of its own
	observed string
	usual    string
	text     string
	note     string // why it could not be judged, where a reviewer should know
}

// readyMails and readySlots are the history below which an absent habit says nothing:
// to a newcomer everything is new.
const (
	readyMails = 5
	readySlots = 3
)

// ready says whether the sender has habits to compare with.
func (v *view) ready() bool {
	return v.sender.Mails() >= readyMails && v.sender.Slots() >= readySlots
}

// tail is a geometric prior: p for level 1, each further level q times rarer.
func tail(p, q float64) (prior [baseline.Levels]float64) {
	for l := 1; l < baseline.Levels; l++ {
		prior[l] = p * math.Pow(q, float64(l-1))
	}
	prior[0] = 1
	return prior
}

// measure runs all cues, fills in the observation's levels and returns the evidence,
// heaviest first, with its points after the caps, their sum, and how much is a lure.
func (a *Analyzer) measure(v *view) ([]Evidence, float64, float64) {
	var found [groups][]Evidence
	for i := range cues {
		c := &cues[i]
		v.index = i
		r := c.assess(v)
		if !r.ok {
			if r.note != "" {
				v.notes = append(v.notes, Evidence{Signal: c.name, Text: r.note})
			}
			continue
		}
		level := uint8(min(max(r.level, 0), baseline.Levels-1))
		v.o.Seen |= 1 << i
		v.o.Cues[i] = level
		if level == 0 || a.cfg.Off[c.name] {
			continue
		}
		points := baseline.Surprise(v.sender, v.org, i, level, c.prior[level], v.today)
		if r.most > 0 {
			points = min(points, r.most)
		}
		if points < 0.3 { // every second mail: no evidence
			continue
		}
		found[c.group] = append(found[c.group], Evidence{
			Signal: c.name, Points: points, Observed: r.observed, Usual: r.usual, Text: r.text,
		})
	}
	var all []Evidence
	var sums [groups]float64
	for g := range found {
		found[g] = capGroup(found[g], groupCap[g])
		for _, e := range found[g] {
			sums[g] += e.Points
		}
	}
	for _, e := range found[groupRecipients] {
		if e.Signal == "recipients-many" {
			v.many = e.Points
		}
	}
	total, lure := weigh(found[:], sums)
	for g := range found {
		all = append(all, found[g]...)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Points > all[j].Points })
	return all, total, lure
}

// weigh adds the groups up and returns the total and how much of it is a lure (a new
// link, file or reply address). A lure and another hand (network, mail program, style)
// count in full. What honest announcements show too (many mails, new recipients, a
// repeated text or link) only amplifies a lure from another hand; and a new hand without a
// lure is a new computer far more often than a thief. The scaled evidence stays in found.
func weigh(found [][]Evidence, sums [groups]float64) (total, lure float64) {
	lure = sums[groupURL] + sums[groupContent] + sums[groupCampaign]/2
	hand := sums[groupAccess] + sums[groupClient] + sums[groupStyle]
	rest := sums[groupRecipients] + sums[groupVolume] + sums[groupCampaign]
	handScale, restScale := 1.0, 1.0
	if most := lure*2 + bareHand; hand > most {
		handScale = most / hand
	}
	if most := min(lure, hand)*2 + bareRest; rest > most {
		restScale = most / rest
	}
	for g := range found {
		scale := 1.0
		switch group(g) {
		case groupAccess, groupClient, groupStyle:
			scale = handScale
		case groupRecipients, groupVolume, groupCampaign:
			scale = restScale
		}
		for i := range found[g] {
			e := &found[g][i]
			e.Points = math.Round(e.Points*scale*100) / 100
			total += e.Points
		}
	}
	return total, lure
}

// bareHand and bareRest are what another hand, and a burst, may count without any lure:
// together not enough for a hold.
const (
	bareHand = 4
	bareRest = 1
)

// related is how much a second cue of one group still counts.
const related = 0.4

// capGroup scales a group's evidence so that its sum is the heaviest cue plus a part
// of the others, at most the cap.
func capGroup(list []Evidence, most float64) []Evidence {
	sum, top := 0.0, 0.0
	for _, e := range list {
		sum += e.Points
		top = max(top, e.Points)
	}
	if sum == 0 {
		return nil
	}
	scale := min(most, top+related*(sum-top)) / sum
	for i := range list {
		list[i].Points = math.Round(list[i].Points*scale*100) / 100
	}
	return list
}

// often says how often the cue being assessed reached a level in the sender's past.
func often(v *view, level int) string {
	k, n := v.sender.Reached(v.index, uint8(min(level, baseline.Levels-1)), v.today)
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
