package baseline

import (
	"cmp"
	"math/bits"
	"slices"
)

// Ages are counted apart: to accounts with little history everything is new, so what they
// do says little about the others, and the other way round.
const (
	ages = 2
	rows = ages * Signals
)

func rowOf(signal int, young bool) int {
	if young {
		return Signals + signal
	}
	return signal
}

// levelDay counts the signals' levels of one day. It lets a judgement leave out what
// today's mail taught: as with keys, usual means usual for a day.
type levelDay struct {
	day    Slot
	counts []levelCount // rising by row and level
}

type levelCount struct {
	row, level uint8 // row is the signal's, see rowOf
	count      uint32
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
		row, level := rowOf(signal, o.Young), o.Levels[signal]
		p.levels[row][level] = add(p.levels[row][level], sign)
		if ok {
			p.lately[i].apply(uint8(row), level, sign)
		}
	}
	if ok && len(p.lately[i].counts) == 0 {
		p.lately = slices.Delete(p.lately, i, i+1)
	}
}

func (d *levelDay) apply(row, level uint8, sign int) {
	i, ok := slices.BinarySearchFunc(d.counts, levelCount{row: row, level: level},
		func(a, b levelCount) int {
			return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.level, b.level))
		})
	switch {
	case ok:
		d.counts[i].count = add(d.counts[i].count, sign)
		if d.counts[i].count == 0 {
			d.counts = slices.Delete(d.counts, i, i+1)
		}
	case sign > 0:
		d.counts = slices.Insert(d.counts, i, levelCount{row, level, 1})
	}
}

// Reached returns in how many of the profile's mails of at least a day ago a signal reached
// a level, and in how many it could be judged.
func (p *Profile) Reached(signal int, level uint8, now Slot) (reached, judged int) {
	for _, young := range []bool{false, true} {
		r, j := p.reachedAt(signal, young, level, now)
		reached, judged = reached+r, judged+j
	}
	return reached, judged
}

// reachedAt is Reached for mail of one age only.
func (p *Profile) reachedAt(signal int, young bool, level uint8, now Slot) (reached, judged int) {
	row := rowOf(signal, young)
	for l, c := range p.levels[row] {
		judged += int(c)
		if l >= int(level) {
			reached += int(c)
		}
	}
	for i := len(p.lately) - 1; i >= 0 && p.lately[i].day >= now-daySlots; i-- {
		for _, c := range p.lately[i].counts {
			if int(c.row) == row {
				judged -= int(c.count)
				if c.level >= level {
					reached -= int(c.count)
				}
			}
		}
	}
	return reached, judged
}
