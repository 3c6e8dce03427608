package analyzer

import (
	"time"

	"hisseki/baseline"
)

// firsts are the recipients that a sender wrote to within a day, held mail included. They
// are forgotten in the order in which they came, a few with each mail.
type firsts struct {
	at    map[baseline.Key]int64 // unix seconds of the first mail to it
	order []firstTo              // oldest first
}

type firstTo struct {
	key baseline.Key
	at  int64
}

// firstSpan is how long a recipient is one of lately. Known recipients are in the profile
// by then.
const firstSpan = 24 * 60 * 60 // seconds

// maxFirsts bounds the recipients of one sender. Whom a newsletter wrote to before the last
// four thousand counts as new again: its number is at the highest level anyway.
const maxFirsts = 4096

// has says whether the sender wrote to a recipient within the day before a time.
func (f *firsts) has(k baseline.Key, now time.Time) bool {
	at, ok := f.at[k]
	return ok && now.Unix()-at <= firstSpan
}

// add notes a mail to a recipient, unless one is noted already, and forgets what is over.
func (f *firsts) add(k baseline.Key, now time.Time) {
	if f.has(k, now) {
		return
	}
	if f.at == nil {
		f.at = make(map[baseline.Key]int64)
	}
	at := now.Unix()
	f.at[k] = at
	f.order = append(f.order, firstTo{k, at})
	for len(f.order) > maxFirsts || at-f.order[0].at > firstSpan {
		if f.at[f.order[0].key] == f.order[0].at { // else it was noted anew since
			delete(f.at, f.order[0].key)
		}
		f.order = f.order[1:]
	}
}
