package analyzer

import (
	"fmt"
	"time"

	"hisseki/baseline"
)

// campaigns remembers which unknown sites and files were sent lately, by whom.
type campaigns struct {
	marks map[baseline.Key][]sighting
}

type sighting struct {
	at     time.Time
	sender string
}

// maxSightings bounds what is kept of one mark; 128 mails are campaign enough.
const maxSightings = 128

func (c *campaigns) add(sender string, o *baseline.Observation) {
	for _, k := range o.Marks {
		list := c.marks[k]
		for len(list) > 0 && (o.At.Sub(list[0].at) > memorySpan || len(list) >= maxSightings) {
			list = list[1:]
		}
		c.marks[k] = append(list, sighting{o.At, sender})
	}
}

// prune drops marks not seen for the memory's span.
func (c *campaigns) prune(now time.Time) {
	for k, list := range c.marks {
		if now.Sub(list[len(list)-1].at) > memorySpan {
			delete(c.marks, k)
		}
	}
}

// campaign: the same unknown site or file in earlier mails of the last days, of this
// sender or, worth twice, of others.
func campaign(v *view) reading {
	r := reading{ok: true, often: 1}
	for _, k := range v.marks {
		own, others := 0, 0
		for _, s := range v.campaigns.marks[k] {
			switch {
			case v.now.Sub(s.at) > memorySpan:
			case s.sender == v.mail.Sender:
				own++
			default:
				others++
			}
		}
		level := 0
		if n := own + 2*others; n > 0 {
			level = 1 + bucket(n)
		}
		if level > r.level {
			r.level = level
			r.most = float64(level) + 0.5 // a link sent twice is a reminder, sixteen times a campaign
			r.observed = fmt.Sprintf("%d earlier mails, %d of other accounts", own+others, others)
			r.text = "the same unknown link or file was in other mails of the last days"
		}
	}
	return r
}

// sameText: nearly the same text sent to others within a day.
func sameText(v *view) reading {
	if v.o.SimHash == 0 {
		return reading{}
	}
	n := 0
	for i := len(v.state.recent) - 1; i >= 0; i-- {
		t := &v.state.recent[i]
		if v.now.Sub(t.at) > 24*time.Hour {
			break
		}
		if similar(t.simHash, v.o.SimHash) {
			n++
		}
	}
	level := 0
	if n > 0 {
		level = 1 + bucket(n)
	}
	return reading{
		ok: true, level: level,
		observed: fmt.Sprintf("%d alike in 24 h", n),
		often:    level,
		text:     fmt.Sprintf("nearly the same text as %s of the last day", count(n, "mail", "mails")),
	}
}
