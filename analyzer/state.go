package analyzer

import (
	"math"
	"slices"
	"time"

	"hisseki/baseline"
)

// memorySpan is how long a sender's recent mails count: long enough for a slow attack
// of one mail every forty minutes, and for a campaign over a night.
const memorySpan = 72 * time.Hour

// maxRecent bounds the recent mails of one sender; a burst is known long before.
const maxRecent = 4096

// state is what a sender did lately. It is a fold of his recent records and so needs
// no saving.
type state struct {
	recent []trace // oldest first
	sum    float64 // CUSUM after the last mail
	last   time.Time
	firsts map[baseline.Key]time.Time // recipients first seen lately, held mail included
	open   bool                       // has an open incident
	opened time.Time
	logins []Login // before the mail being judged, when its network is new
}

// trace is one recent mail.
type trace struct {
	id         int64
	at         time.Time
	points     float64
	recipients int
	fresh      int // recipients that were new to the sender and not seen lately
	marks      []baseline.Key
	networks   []baseline.Key
	sites      []baseline.Key
	readers    []baseline.Key // recipients, at most maxReaders
	simHash    uint64
	fit        float64 // of the style, 0 when not judged
	would      Action
	action     Action
	due        time.Time // of a delayed mail
	promoted   bool
}

// add folds one record in.
func (s *state) add(r *Record, fresh int, sum float64) {
	s.recent = append(s.recent, trace{
		id: r.ID, at: r.Observation.At, points: r.Verdict.Points,
		recipients: r.Observation.Recipients, fresh: fresh,
		marks: r.Observation.Marks, networks: r.Observation.Keys[baseline.Network],
		sites:   r.Observation.Keys[baseline.Site],
		readers: readers(&r.Observation),
		simHash: r.Observation.SimHash, fit: r.Observation.Fit,
		would: r.Verdict.Would, action: r.Verdict.Action, due: r.Due,
	})
	s.sum, s.last = sum, r.Observation.At
	if n := len(s.recent) - maxRecent; n > 0 {
		s.recent = slices.Delete(s.recent, 0, n)
	}
	for _, id := range r.Promote {
		for i := range s.recent {
			if s.recent[i].id == id {
				s.recent[i].promoted = true
			}
		}
	}
}

// maxReaders bounds the recipients kept of one recent mail: a few tell a thread's circle.
const maxReaders = 16

func readers(o *baseline.Observation) []baseline.Key {
	keys := o.Keys[baseline.Recipient]
	return keys[:min(len(keys), maxReaders)]
}

// elsewhere says whether a site stood in a mail of the last day to quite other recipients.
func (s *state) elsewhere(site baseline.Key, o *baseline.Observation) bool {
	for i := len(s.recent) - 1; i >= 0 && o.At.Sub(s.recent[i].at) <= 24*time.Hour; i-- {
		t := &s.recent[i]
		if slices.Contains(t.sites, site) && !share1(t.readers, readers(o)) {
			return true
		}
	}
	return false
}

// prune forgets what is older than the span.
func (s *state) prune(now time.Time) {
	i := 0
	for i < len(s.recent) && now.Sub(s.recent[i].at) > memorySpan {
		i++
	}
	s.recent = slices.Delete(s.recent, 0, i)
	for k, at := range s.firsts {
		if now.Sub(at) > 24*time.Hour {
			delete(s.firsts, k)
		}
	}
}

// thiefs says whether a mail is the thief's: held in an open incident. It must not make
// the owner's volume or hand look strange; the thief's next mail is known by its likeness.
func (s *state) thiefs(t *trace) bool { return s.open && t.would == Hold }

// window counts mails and recipients of the last d, without the one being judged.
func (s *state) window(now time.Time, d time.Duration) (mails, recipients, fresh int) {
	for i := len(s.recent) - 1; i >= 0 && now.Sub(s.recent[i].at) <= d; i-- {
		if s.thiefs(&s.recent[i]) {
			continue
		}
		mails++
		recipients += s.recent[i].recipients
		fresh += s.recent[i].fresh
	}
	return mails, recipients, fresh
}

// halfLife of the CUSUM. A slow attack sends one mail in 10 to 40 minutes; two hours
// let four such mails add up while last week's oddity is long forgotten.
const halfLife = 2 * time.Hour

// decayed returns the CUSUM as it stands now.
func (s *state) decayed(now time.Time) float64 {
	if s.sum == 0 || !now.After(s.last) {
		return s.sum
	}
	return s.sum * math.Exp2(-float64(now.Sub(s.last))/float64(halfLife))
}

// waiting returns the delayed mails that have not left yet.
func (s *state) waiting(now time.Time) []*trace {
	var out []*trace
	for i := range s.recent {
		t := &s.recent[i]
		if t.action == Delay && !t.promoted && t.due.After(now) {
			out = append(out, t)
		}
	}
	return out
}

// episode is how many unusual mails of one sender and day count for the lines: an
// attack that was missed must not raise the bar for the next one.
const episode = 2

// unusual counts the mails of the last day with at least so many points.
func (s *state) unusual(now time.Time, points float64) int {
	n := 0
	for i := len(s.recent) - 1; i >= 0 && now.Sub(s.recent[i].at) <= 24*time.Hour; i-- {
		if s.recent[i].points >= points {
			n++
		}
	}
	return n
}
