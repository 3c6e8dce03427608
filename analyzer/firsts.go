package analyzer

import (
	"time"

	"hisseki/baseline"
)

// firsts are the recipients that a sender reached within a day. They are forgotten in the
// order in which they came, a few with each mail.
type firsts struct {
	at    map[baseline.Key]int64 // unix seconds of the first mail to it
	order []firstTo              // oldest first
	late  int                    // order[late:] are of the last hour before the newest mail
	day   headcount              // of order
	hour  headcount              // of order[late:]
}

type firstTo struct {
	key    baseline.Key
	at     int64
	new    bool // to the sender, before this day
	series bool // reached by one more mail of a series
}

// headcount is how many people there are, and how many of them were new to the sender. Those
// whom a series reached beside its circle are counted apart.
type headcount struct{ people, new, series, seriesNew int }

func (c *headcount) add(f *firstTo, n int) {
	people, fresh := &c.people, &c.new
	if f.series {
		people, fresh = &c.series, &c.seriesNew
	}
	if *people += n; f.new {
		*fresh += n
	}
}

// firstSpan is how long a recipient is one of lately. Known recipients are in the profile
// by then. hourSpan is how long one is of the last hour.
const (
	firstSpan = 24 * 60 * 60 // seconds
	hourSpan  = 60 * 60
)

// maxFirsts bounds the recipients of one sender. Whom a newsletter wrote to before the last
// four thousand counts as new again: its number is at the highest level anyway.
const maxFirsts = 4096

// has says whether the sender wrote to a recipient within the day before a time.
func (f *firsts) has(k baseline.Key, now time.Time) bool {
	at, ok := f.at[k]
	return ok && now.Unix()-at <= firstSpan
}

// add notes a mail to a recipient, unless one is noted already, and forgets what is over.
func (f *firsts) add(k baseline.Key, now time.Time, isNew, series bool) {
	if f.has(k, now) {
		return
	}
	if f.at == nil {
		f.at = make(map[baseline.Key]int64)
	}
	at := now.Unix()
	f.at[k] = at
	f.order = append(f.order, firstTo{k, at, isNew, series})
	f.day.add(&f.order[len(f.order)-1], 1)
	f.hour.add(&f.order[len(f.order)-1], 1)
	for len(f.order) > maxFirsts {
		f.drop()
	}
	f.forget(now)
}

// forget drops who was reached more than a day before a time, and from the last hour who was
// reached before it.
func (f *firsts) forget(now time.Time) {
	at := now.Unix()
	for len(f.order) > 0 && at-f.order[0].at > firstSpan {
		f.drop()
	}
	for f.late < len(f.order) && at-f.order[f.late].at > hourSpan {
		f.hour.add(&f.order[f.late], -1)
		f.late++
	}
}

// drop forgets the oldest.
func (f *firsts) drop() {
	oldest := &f.order[0]
	if f.at[oldest.key] == oldest.at { // else it was noted anew since
		delete(f.at, oldest.key)
	}
	f.day.add(oldest, -1)
	if f.late > 0 {
		f.late--
	} else {
		f.hour.add(oldest, -1)
	}
	f.order = f.order[1:]
}

// count returns how many people were reached within the hour and the day before a time.
func (f *firsts) count(now time.Time) (hour, day headcount) {
	f.forget(now)
	return f.hour, f.day
}
