package analyzer

import (
	"fmt"
	"time"
)

// campaign: the same unknown site or file went to other people in the last days, in mail of
// this sender or, worth twice, in held mail of others.
func campaign(v *view) reading {
	r := reading{ok: true, often: 1}
	for _, k := range v.marks {
		own, others := v.state.sentElsewhere(k, v.o), v.carried[k].odd
		if v.begunByMany(k) {
			own = 0
		}
		if v.isNewSignature(k) {
			others = 0
		}
		level := 0
		if n := own + 2*others; n > 0 {
			level = 1 + bucket(n)
		}
		if level > r.level {
			r.level = level
			r.most = once
			if own+others > 1 {
				r.most = 0
			}
			r.observed = fmt.Sprintf("%d earlier mails to others, %d of other accounts", own+others, others)
			r.text = "the same unknown link or file went to other people in the last days"
		}
	}
	return r
}

// once is the most that a campaign counts when its mark was in one earlier mail: a link sent
// twice is a reminder.
const once = 1.5

// sameText: nearly the same text sent to others within a day.
func sameText(v *view) reading {
	if v.o.SimHash == 0 {
		return reading{}
	}
	r, n := v.toOthersLately(func(t *trace) bool { return similar(t.simHash, v.o.SimHash) })
	r.observed = fmt.Sprintf("%d alike in 24 h", n)
	r.text = fmt.Sprintf("nearly the same text as %s to other people on the last day",
		count(n, "mail", "mails"))
	return r
}

// luresRepeated: unusual links, files or addresses to answer in one mail after the other to
// other people, each mail with its own.
func luresRepeated(v *view) reading {
	if !v.o.Lured {
		return reading{ok: true}
	}
	r, n := v.toOthersLately(func(t *trace) bool { return t.lured })
	r.observed = count(n, "mail before", "mails before")
	r.text = fmt.Sprintf("%s of the last day brought other people something unusual to open too",
		count(n, "mail", "mails"))
	return r
}

// toOthersLately counts the mails of the last day to other people that are alike, and makes
// a reading of how many there are.
func (v *view) toOthersLately(alike func(*trace) bool) (r reading, n int) {
	for i := len(v.state.recent) - 1; i >= 0; i-- {
		t := &v.state.recent[i]
		if v.now.Sub(t.at) > 24*time.Hour {
			break
		}
		if alike(t) && t.toOthers(v.o) {
			n++
		}
	}
	r.ok = true
	if n > 0 {
		r.level = 1 + bucket(n)
	}
	if n == 1 {
		r.most = once
	}
	r.often = r.level
	return r, n
}

// isLured says whether the mail asks its reader to act on something unusual. It is kept with
// the observation: levels are not, for the late mails of an episode.
func (v *view) isLured() bool { return len(v.links) > 0 || v.asksBesideLinks() }

// asksBesideLinks says whether it asks for something unusual but to open a link.
func (v *view) asksBesideLinks() bool {
	return len(newContacts(v)) > 0 ||
		newFile(v).level+newMailLink(v).level+newReplyTo(v).level+unreadContent(v).level > 0
}
