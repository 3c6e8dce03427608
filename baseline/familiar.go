package baseline

import "math"

// Mails returns how many mails the profile holds.
func (p *Profile) Mails() int { return int(p.mails) }

// Days returns in how many slots the profile's mails were sent.
func (p *Profile) Slots() int { d, _ := p.days.total(); return d }

// Since returns the first day of the profile; ok is false when it is empty.
func (p *Profile) Since() (first, last Slot, ok bool) {
	if p.mails == 0 || p.Slots() == 0 {
		return 0, 0, false
	}
	return p.days.first(), p.days.last(), true
}

// Count returns how many keys of a family the profile holds.
func (p *Profile) Count(f Family) int { return len(p.tables[f]) }

// Known says whether a key was first seen at least a day before now: "known means known
// for a day", or the first mail of an attack would teach the second.
func (p *Profile) Known(f Family, k Key, now Slot) bool {
	h := p.tables[f][k]
	return h != nil && h.first() < now-daySlots
}

// Usual returns on how many days and in how many mails a key was seen, and its last day.
func (p *Profile) Usual(f Family, k Key) (days, mails int, last Slot) {
	h := p.tables[f][k]
	if h == nil {
		return 0, 0, 0
	}
	days, mails = h.total()
	return days, mails, h.last()
}

// Weights of the back-off. A sender's own history outweighs the organisation's after
// SenderWeight mails; the organisation's outweighs the shipped priors after OrgWeight.
// Ten and two hundred are about a week of one person and a day of a small company.
const (
	SenderWeight = 10
	OrgWeight    = 200
)

// Tail returns how likely it is that a signal reaches a level in an ordinary mail of this
// sender: a beta-binomial estimate from the sender's own mails of at least a day ago, with
// the organisation's frequency as prior and prior as the organisation's.
func Tail(sender, org *Profile, signal int, level uint8, prior float64, now Slot) float64 {
	ko, no := org.Reached(signal, level, now)
	p := (float64(ko) + OrgWeight*prior) / (float64(no) + OrgWeight)
	ks, ns := sender.Reached(signal, level, now)
	return (float64(ks) + SenderWeight*p) / (float64(ns) + SenderWeight)
}

// Surprise is the negative decimal logarithm of Tail: one point per factor of ten.
func Surprise(sender, org *Profile, signal int, level uint8, prior float64, now Slot) float64 {
	if level == 0 {
		return 0
	}
	return -math.Log10(min(1, Tail(sender, org, signal, level, prior, now)))
}
