package baseline

import (
	"cmp"
	"slices"
)

// cueDay counts the cues of one day. It lets a judgement leave out what today's mail
// taught: as with keys, usual means usual for a day.
type cueDay struct {
	day    Slot
	counts []cueCount // rising by cue and level
}

type cueCount struct {
	cue, level uint8
	count      uint32
}

func (p *Profile) applyCues(o *Observation, day Slot, sign int) {
	if o.Seen == 0 {
		return
	}
	i, ok := slices.BinarySearchFunc(p.lately, day, func(d cueDay, day Slot) int {
		return cmp.Compare(d.day, day)
	})
	if !ok && sign > 0 {
		p.lately, ok = slices.Insert(p.lately, i, cueDay{day: day}), true
	}
	for c, level := range o.Cues {
		if o.Seen&(1<<c) == 0 {
			continue
		}
		p.cues[c][level] = add(p.cues[c][level], sign)
		if ok {
			p.lately[i].apply(uint8(c), level, sign)
		}
	}
	if ok && len(p.lately[i].counts) == 0 {
		p.lately = slices.Delete(p.lately, i, i+1)
	}
}

func (d *cueDay) apply(cue, level uint8, sign int) {
	i, ok := slices.BinarySearchFunc(d.counts, cueCount{cue: cue, level: level},
		func(a, b cueCount) int {
			return cmp.Or(cmp.Compare(a.cue, b.cue), cmp.Compare(a.level, b.level))
		})
	switch {
	case ok:
		d.counts[i].count = add(d.counts[i].count, sign)
		if d.counts[i].count == 0 {
			d.counts = slices.Delete(d.counts, i, i+1)
		}
	case sign > 0:
		d.counts = slices.Insert(d.counts, i, cueCount{cue, level, 1})
	}
}

// Reached returns in how many of the profile's mails of at least a day ago a cue reached a
// level, and in how many it could be judged.
func (p *Profile) Reached(cue int, level uint8, now Slot) (reached, judged int) {
	for l, c := range p.cues[cue] {
		judged += int(c)
		if l >= int(level) {
			reached += int(c)
		}
	}
	for i := len(p.lately) - 1; i >= 0 && p.lately[i].day >= now-daySlots; i-- {
		for _, c := range p.lately[i].counts {
			if int(c.cue) == cue {
				judged -= int(c.count)
				if c.level >= level {
					reached -= int(c.count)
				}
			}
		}
	}
	return reached, judged
}
