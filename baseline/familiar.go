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
// for a day", or the first mail of an attack would teach the second. What an attacker could
// make known by a mail to himself must be earned: by mails on two days, or to two circles of
// people.
func (p *Profile) Known(f Family, k Key, now Slot) bool {
	h := p.tables[f][k]
	if h == nil || h.first() >= now-daySlots {
		return false
	}
	return !isEarned(f) || h.earned(now-daySlots)
}

// Accepts says whether a key is known, or stood in held mail that a person let go as the
// owner's: that counts at once, or the same link would be held again four seconds later. It is
// asked of a sender's profile: a person's word is about one account.
func (p *Profile) Accepts(f Family, k Key, now Slot) bool {
	return p.Known(f, k, now) || isEarned(f) && p.tables[f][k].isVouched()
}

func (h *habit) isVouched() bool {
	if h == nil {
		return false
	}
	n := h.old.to[vouched]
	for i := range h.days {
		n += h.days[i].to[vouched]
	}
	return n > 0
}

// isEarned says whether keys of a family must be earned: what tells who writes, and what he
// wants his reader to act on. Whom he writes to is no secret of his, and hours are few.
func isEarned(f Family) bool {
	switch f {
	case Site, Network, Provider, Mailer, IDShape, HeaderShape, Encoding, Zone, From, ReplyTo, File,
		Contact:
		return true
	}
	return false
}

// tellsWriter says whether keys of a family tell who writes: from where, with what, and to whom.
func tellsWriter(f Family) bool {
	return isEarned(f) && !mustBeProven(f) || f == Recipient || f == RecipientDomain
}

// mustBeProven says whether keys of a family are learned from proven mail only: what the
// reader is to act on, and how many people are written to. Who writes is learned from
// unproven mail too, or nobody could ever prove a new computer; see Observation.Doubted.
func mustBeProven(f Family) bool {
	switch f {
	case Site, ReplyTo, File, Reach, Contact:
		return true
	}
	return false
}

// earned says whether the mails before a slot were on two days, or to two circles.
func (h *habit) earned(before Slot) bool {
	first, last, to := h.first(), h.old.last, h.old.to
	if h.old.days == 0 {
		last = first
	}
	for i := range h.days {
		d := &h.days[i]
		if d.day >= before {
			break
		}
		last = max(last, d.day)
		to.add(&d.to)
	}
	if last-first >= daySlots {
		return true
	}
	n := 0
	for _, c := range to[:Circles] {
		if c > 0 {
			n++
		}
	}
	return n > 1
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

// First returns the first day of a key; ok is false when it was never seen.
func (p *Profile) First(f Family, k Key) (day Slot, ok bool) {
	h := p.tables[f][k]
	if h == nil {
		return 0, false
	}
	return h.first(), true
}

// CountFrom returns in how many mails a key was seen from a day on, of days that are not settled.
func (p *Profile) CountFrom(f Family, k Key, from Slot) (mails int) {
	h := p.tables[f][k]
	if h == nil {
		return 0
	}
	for i := len(h.days) - 1; i >= 0 && h.days[i].day >= from; i-- {
		mails += int(h.days[i].count)
	}
	return mails
}

// Most returns the key of a family that most mails show, the lower one of two; ok is false when
// there is none. It looks at all of them.
func (p *Profile) Most(f Family) (k Key, mails int, ok bool) {
	for key, h := range p.tables[f] {
		if _, n := h.total(); n > mails || n == mails && key < k {
			k, mails, ok = key, n, true
		}
	}
	return k, mails, ok
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
// the frequency among the organisation's mails of the same age as prior, with that of all
// its mails as prior, and prior as theirs.
func Tail(sender, org *Profile, signal int, level uint8, prior float64, young bool, now Slot) float64 {
	blend := func(reached, judged int, weight, prior float64) float64 {
		return (float64(reached) + weight*prior) / (float64(judged) + weight)
	}
	ko, no := org.Reached(signal, level, now)
	p := blend(ko, no, OrgWeight, prior)
	ka, na := org.reachedAt(signal, young, level, now)
	p = blend(ka, na, OrgWeight, p)
	ks, ns := sender.Reached(signal, level, now)
	if young && ns > SenderWeight { // after a pause little of it holds
		ks, ns = ks*SenderWeight/ns, SenderWeight
	}
	return blend(ks, ns, SenderWeight, p)
}

// Surprise is the negative decimal logarithm of Tail: one point per factor of ten.
func Surprise(sender, org *Profile, signal int, level uint8, prior float64, young bool, now Slot) float64 {
	if level == 0 {
		return 0
	}
	return -math.Log10(min(1, Tail(sender, org, signal, level, prior, young, now)))
}
