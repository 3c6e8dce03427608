// Package baseline keeps what is usual: profiles of senders and of the organisation,
// and the statistics that compare one mail with them. It does no I/O and reads no clock.
//
// A profile is a function of the set of mails it holds: learning in any order gives the
// same profile, and unlearning a mail gives the profile that never saw it, byte for
// byte in the canonical encoding. This is why everything in it is a whole number that
// is added or subtracted, and why age is kept as days, not as decay.
package baseline

import "slices"

// TeachKeys is how many keys of one family a single mail may teach: a mail to a
// thousand unknown people must not make them all usual. The lowest keys are taken, so the
// choice does not depend on order.
const TeachKeys = 64

// PointBins and PointStep shape the histogram of points: bins of 0.25 up to 32.
const (
	PointBins = 128
	PointStep = 0.25
)

// Profile is what is usual for one sender, or for the organisation. The zero value is
// an empty profile. It is not safe for concurrent use.
type Profile struct {
	mails  uint32
	days   habit
	tables [Families]map[Key]*habit
	levels [rows][Levels]uint32
	lately []levelDay // of the same counts, those of recent days; rising
	points [PointBins]uint32
	sums   [PointBins]uint32
	style  Style
}

// habit is one key's past: counts per day, and what was folded when it grew old.
type habit struct {
	old  past
	days []dayCount // rising
}

type past struct {
	first, last Slot
	days, count uint32
	to          circles
}

type dayCount struct {
	day   Slot
	count uint32
	to    circles
}

// Learn adds one mail. What it shows is known a day later; links, files, answer addresses
// and other contacts only when the mail may prove them (see Observation.Unproven) and
// enough do, see Known. A mail whose writer is in doubt (Observation.Doubted) does not
// teach where he sits, what he writes with and to whom.
func (p *Profile) Learn(o *Observation) { p.apply(o, 1) }

// Unlearn takes back a mail that was learned.
func (p *Profile) Unlearn(o *Observation) { p.apply(o, -1) }

func (p *Profile) apply(o *Observation, sign int) {
	day := SlotOf(o.At)
	p.mails = add(p.mails, sign)
	p.days.apply(day, 0, sign)
	for f := range o.Keys {
		keys := o.Keys[f]
		if len(keys) > TeachKeys {
			keys = keys[:TeachKeys]
		}
		if Family(f) == Quoted || o.Unproven && mustBeProven(Family(f)) || o.Doubted && tellsWriter(Family(f)) {
			continue
		}
		for _, k := range keys {
			p.applyKey(Family(f), k, day, o.circles(), sign)
		}
	}
	p.applyLevels(o, day, sign)
	if o.Settled {
		bin := pointBin(o.Points)
		p.points[bin] = add(p.points[bin], sign)
		bin = pointBin(o.Sum)
		p.sums[bin] = add(p.sums[bin], sign)
	}
	p.style.apply(o.Style, day, sign)
}

func (p *Profile) applyKey(f Family, k Key, day Slot, to uint8, sign int) {
	t := p.tables[f]
	if t == nil {
		t = make(map[Key]*habit)
		p.tables[f] = t
	}
	h := t[k]
	if h == nil {
		if sign < 0 {
			return // settled and dropped: nothing left to take back
		}
		h = &habit{}
		t[k] = h
	}
	if !isEarned(f) {
		to = 0
	}
	h.apply(day, to, sign)
	if len(h.days) == 0 && h.old.days == 0 {
		delete(t, k)
	}
}

func (h *habit) apply(day Slot, to uint8, sign int) {
	i, ok := slices.BinarySearchFunc(h.days, day, func(d dayCount, day Slot) int {
		return int(d.day) - int(day)
	})
	switch {
	case ok:
		h.days[i].count = add(h.days[i].count, sign)
		h.days[i].to.apply(to, sign)
		if h.days[i].count == 0 {
			h.days = slices.Delete(h.days, i, i+1)
		}
	case sign > 0:
		h.days = slices.Insert(h.days, i, dayCount{day: day, count: 1})
		h.days[i].to.apply(to, 1)
	}
}

// first and last return the first and last day of a habit that has any.
func (h *habit) first() Slot {
	if h.old.days > 0 {
		return h.old.first
	}
	return h.days[0].day
}

func (h *habit) last() Slot {
	if n := len(h.days); n > 0 {
		return h.days[n-1].day
	}
	return h.old.last
}

func (h *habit) total() (days, count int) {
	days, count = int(h.old.days)+len(h.days), int(h.old.count)
	for _, d := range h.days {
		count += int(d.count)
	}
	return days, count
}

// KeepOld and KeepOldShared are how many settled keys of one family a sender's profile and the
// organisation's keep; the ones seen longest ago go first. Beside them a profile holds what
// the journal's mail shows, all of which may have to be taken back. A settled key takes about
// 15 bytes, so KeepOld bounds what is older at some 100 KiB.
const (
	KeepOld       = 1024
	KeepOldShared = 1 << 18
)

// Settle folds days before a day into sums, and says whether there were any. Mails of folded
// days can no longer be unlearned exactly, so the day must not lie behind the oldest mail
// that may have to be; of other mails unlearning stays exact.
func (p *Profile) Settle(before Slot, keep int) (settled bool) {
	return p.SettleInSteps(before, keep, func(meanwhile func()) { meanwhile() })
}

// settleStep is how many keys are gone through at once: a tenth of a millisecond.
const settleStep = 512

// SettleInSteps is Settle for a profile that others use: pause is called again and again, and
// while it runs they may read the profile and have it learn. It must call meanwhile, which does
// not touch the profile.
func (p *Profile) SettleInSteps(before Slot, keep int, pause func(meanwhile func())) (settled bool) {
	if !p.days.reach(before) {
		return false // and so does nothing else
	}
	nothing := func() {}
	for f := range p.tables {
		n := 0
		for _, h := range p.tables[f] { // a map may change while it is gone through
			h.settle(before)
			if n++; n%settleStep == 0 {
				pause(nothing)
			}
		}
		p.forget(Family(f), keep, pause)
	}
	p.days.settle(before)
	p.style.settle(before)
	n := 0
	for n < len(p.lately) && p.lately[n].day < before {
		n++
	}
	p.lately = slices.Delete(p.lately, 0, n)
	return true
}

// reach says whether days before a day are not settled.
func (h *habit) reach(before Slot) bool { return len(h.days) > 0 && h.days[0].day < before }

func (h *habit) settle(before Slot) {
	n := 0
	for n < len(h.days) && h.days[n].day < before {
		d := h.days[n]
		if h.old.days == 0 {
			h.old.first = d.day
		}
		h.old.first = min(h.old.first, d.day)
		h.old.last = max(h.old.last, d.day)
		h.old.days++
		h.old.count += d.count
		h.old.to.add(&d.to)
		n++
	}
	h.days = slices.Delete(h.days, 0, n)
}

// forget drops the settled part of the keys that were seen longest ago. Recent days
// have no say in it: mail that is unlearned later must leave no trace in the choice.
func (p *Profile) forget(f Family, keep int, pause func(meanwhile func())) {
	type seen struct {
		key  Key
		last Slot
	}
	nothing := func() {}
	var olds []seen
	n := 0
	for k, h := range p.tables[f] {
		if h.old.days > 0 {
			olds = append(olds, seen{k, h.old.last})
		}
		if n++; n%settleStep == 0 {
			pause(nothing)
		}
	}
	if len(olds) <= keep {
		return
	}
	pause(func() {
		slices.SortFunc(olds, func(a, b seen) int {
			if d := int(b.last) - int(a.last); d != 0 {
				return d
			}
			return int(int64(a.key) - int64(b.key))
		})
	})
	for i, o := range olds[keep:] {
		h := p.tables[f][o.key]
		h.old = past{}
		if len(h.days) == 0 {
			delete(p.tables[f], o.key)
		}
		if (i+1)%settleStep == 0 {
			pause(nothing)
		}
	}
}

func add(n uint32, sign int) uint32 {
	if sign > 0 {
		return n + 1
	}
	if n == 0 {
		return 0
	}
	return n - 1
}

func pointBin(points float64) int {
	return min(max(int(points/PointStep), 0), PointBins-1)
}
