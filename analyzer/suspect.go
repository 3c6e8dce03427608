package analyzer

import (
	"slices"

	"hisseki/baseline"
)

// Trait is what a mail shares with the mails of an attack.
type Trait string

// Traits.
const (
	SharedLink    Trait = "link"    // the same link, file or address that was unknown then
	SharedText    Trait = "text"    // nearly the same text
	SharedNetwork Trait = "network" // the network that was new to the account

	// NotJudged is the account's own mail that got the failure action: only its envelope is
	// known, and it may be anything.
	NotJudged Trait = "unjudged"
)

// Trail is what is known of an attack once some of its mails were held. With it earlier
// mail, which passed for want of that knowledge, is looked at again.
type Trail struct {
	marks    []baseline.Key
	networks []baseline.Key
	texts    []uint64
}

// NewTrail takes the trail from the mails of an attack, as recorded.
func NewTrail(attack []*Record) *Trail {
	t := &Trail{}
	for _, r := range attack {
		o := &r.Observation
		t.marks = append(t.marks, o.Marks...)
		t.texts = append(t.texts, o.SimHash)
		if r.Verdict.Shows(NetworkNew) {
			t.networks = append(t.networks, o.Keys[baseline.Network]...)
		}
	}
	return t
}

// Traits says what a mail shares with the attack, nil for nothing.
func (t *Trail) Traits(o *baseline.Observation) []Trait {
	var out []Trait
	if share1(t.marks, o.Marks) {
		out = append(out, SharedLink)
	}
	if slices.ContainsFunc(t.texts, func(h uint64) bool { return similar(h, o.SimHash) }) {
		out = append(out, SharedText)
	}
	if share1(t.networks, o.Keys[baseline.Network]) {
		out = append(out, SharedNetwork)
	}
	return out
}

// Rescore returns the points of a mail with what is known today: as judged, and where it
// shares a trait, that trait's group at the most it can add, for the attack is not a guess
// any more.
func Rescore(r *Record, traits []Trait) float64 {
	var most [groups]float64
	for _, t := range traits {
		g := groupCampaign
		if t == SharedNetwork {
			g = groupAccess
		}
		most[g] = groupCap[g]
	}
	points := r.Verdict.Points
	for g := range most {
		if most[g] > 0 {
			points += max(0, most[g]-groupPoints(r.Verdict.Evidence, group(g)))
		}
	}
	return round(points)
}

// groupPoints returns what a group of signals added to a verdict.
func groupPoints(evidence []Evidence, g group) (sum float64) {
	for _, e := range evidence {
		if d := byName[e.Signal]; d != nil && d.group == g {
			sum += e.Points
		}
	}
	return sum
}
