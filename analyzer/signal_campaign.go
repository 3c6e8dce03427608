package analyzer

import (
	"fmt"
	"time"
)

// campaign: the same unknown site or file in earlier mails of the last days, of this
// sender or, worth twice, of others.
func campaign(v *view) reading {
	r := reading{ok: true, often: 1}
	for _, k := range v.marks {
		earlier := v.carried[k]
		level := 0
		if n := earlier.own + 2*earlier.others; n > 0 {
			level = 1 + bucket(n)
		}
		if level > r.level {
			r.level = level
			r.most = float64(level) + 0.5 // a link sent twice is a reminder, sixteen times a campaign
			r.observed = fmt.Sprintf("%d earlier mails, %d of other accounts", earlier.own+earlier.others,
				earlier.others)
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
