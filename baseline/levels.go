package baseline

import (
	"cmp"
	"math/bits"
	"slices"
)

// levelDay counts the signals' levels of one day. It lets a judgement leave out what
// today's mail taught: as with keys, usual means usual for a day.
type levelDay struct {
	day    Slot
	counts []levelCount // rising by signal and level
}

type levelCount struct {
	signal, level uint8
	count         uint32
}

func (p *Profile) applyLevels(o *Observation, day Slot, sign int) {
	if o.Seen == 0 {
		return
	}
	i, ok := slices.BinarySearchFunc(p.lately, day, func(d levelDay, day Slot) int {
		return cmp.Compare(d.day, day)
	})
	if !ok && sign > 0 {
		p.lately, ok = slices.Insert(p.lately, i, levelDay{day: day}), true
	}
	for seen := o.Seen; seen != 0; seen &= seen - 1 { // bit by bit, the lowest first
		signal := bits.TrailingZeros64(seen)
		level := o.Levels[signal]
		p.levels[signal][level] = add(p.levels[signal][level], sign)
		if ok {
			p.lately[i].apply(uint8(signal), level, sign)
		}
	}
	if ok && len(p.lately[i].counts) == 0 {
		p.lately = slices.Delete(p.lately, i, i+1)
	}
}

func (d *levelDay) apply(signal, level uint8, sign int) {
	i, ok := slices.BinarySearchFunc(d.counts, levelCount{signal: signal, level: level},
		func(a, b levelCount) int {
			return cmp.Or(cmp.Compare(a.signal, b.signal), cmp.Compare(a.level, b.level))
		})
	switch {
	case ok:
		d.counts[i].count = add(d.counts[i].count, sign)
		if d.counts[i].count == 0 {
			d.counts = slices.Delete(d.counts, i, i+1)
		}
	case sign > 0:
		d.counts = slices.Insert(d.counts, i, levelCount{signal, level, 1})
	}
}

// Reached returns in how many of the profile's mails of at least a day ago a signal reached
// a level, and in how many it could be judged.
func (p *Profile) Reached(signal int, level uint8, now Slot) (reached, judged int) {
	for l, c := range p.levels[signal] {
		judged += int(c)
		if l >= int(level) {
			reached += int(c)
		}
	}
	for i := len(p.lately) - 1; i >= 0 && p.lately[i].day >= now-daySlots; i-- {
		for _, c := range p.lately[i].counts {
			if int(c.signal) == signal {
				judged -= int(c.count)
				if c.level >= level {
					reached -= int(c.count)
				}
			}
		}
	}
	return reached, judged
}
