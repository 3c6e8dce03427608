package analyzer

import (
	"math"
	"slices"
	"sort"
	"time"

	"hisseki/baseline"
)

// memorySpan is how long a sender's recent mails count: long enough for a slow attack
// of one mail every forty minutes, and for a campaign over a night.
const memorySpan = 72 * time.Hour

// maxRecent bounds the recent mails of one sender that are remembered, and so what each of
// his mails is compared with. Every signal is at its highest level long before.
const maxRecent = 1024

// state is what a sender did lately. It is a fold of his recent records, whoever recorded
// them, and so needs no saving.
type state struct {
	recent []trace // oldest first
	all    volumes // of these mails and all before them, as far as they were in memory
	held   volumes // of those with would Hold
	sum    float64 // CUSUM after the last mail
	last   time.Time
	firsts firsts
	open   bool    // has an open incident
	logins []Login // before the mail being judged, when its network is new
}

// trace is one recent mail.
type trace struct {
	at       time.Time
	simHash  uint64
	points   float64
	fit      float64 // of the style, 0 when not judged
	would    Action
	all      volumes // of all mails before this one
	held     volumes // of those with would Hold
	marks    []baseline.Key
	networks []baseline.Key
	sites    []baseline.Key
	readers  []baseline.Key // recipients, at most maxReaders
}

// volumes count mails, their recipients, and of these the ones that were new to the sender
// and not seen lately. The difference of two sums is right also when one has wrapped around.
type volumes struct{ mails, recipients, fresh int32 }

func (v volumes) plus(w volumes) volumes {
	return volumes{v.mails + w.mails, v.recipients + w.recipients, v.fresh + w.fresh}
}

func (v volumes) minus(w volumes) volumes {
	return volumes{v.mails - w.mails, v.recipients - w.recipients, v.fresh - w.fresh}
}

// Bounds of what is kept of one recent mail. A few recipients tell a thread's circle; of
// hundreds of links the first say as much as all, and are the same in each such mail.
const (
	maxReaders = 16
	maxTraced  = 64      // sites, and marks
	maxCounted = 1 << 20 // recipients of one mail
)

// add folds one record in. p is the sender's profile, of before the mail or after it: what
// a mail teaches is not known for a day.
func (s *state) add(r *Recent, p *baseline.Profile) {
	o := &r.Observation
	t := trace{
		at: o.At, simHash: o.SimHash, points: r.Points, fit: o.Fit, would: r.Would,
		marks: first(o.Marks, maxTraced), networks: o.Keys[baseline.Network],
		sites:   first(o.Keys[baseline.Site], maxTraced),
		readers: first(o.Keys[baseline.Recipient], maxReaders),
	}
	t.all, t.held = s.all, s.held
	own := volumes{1, int32(min(o.Recipients, maxCounted)), int32(s.fresh(o, p))}
	s.all = s.all.plus(own)
	if r.Would == Hold {
		s.held = s.held.plus(own)
	}
	s.recent = append(s.recent, t)
	if n := len(s.recent) - maxRecent; n > 0 {
		s.recent = s.recent[n:] // append copies the rest now and then
	}
	s.sum, s.last = r.Sum, o.At
	for _, k := range o.Keys[baseline.Recipient] {
		s.firsts.add(k, o.At)
	}
}

// first returns at most n keys, in an array that holds no more than these.
func first(keys []baseline.Key, n int) []baseline.Key {
	if len(keys) <= n {
		return keys
	}
	return slices.Clone(keys[:n])
}

// fresh counts a mail's recipients whom the sender neither knows nor wrote to lately.
func (s *state) fresh(o *baseline.Observation, p *baseline.Profile) int {
	n, today := 0, baseline.SlotOf(o.At)
	for _, k := range o.Keys[baseline.Recipient] {
		if !s.firsts.has(k, o.At) && !p.Known(baseline.Recipient, k, today) {
			n++
		}
	}
	return n
}

// size is how much is remembered, in mails.
func (s *state) size() int { return len(s.recent) + len(s.firsts.order)/4 }

// elsewhere says whether a site stood in a mail of the last day to quite other recipients.
func (s *state) elsewhere(site baseline.Key, o *baseline.Observation) bool {
	for i := len(s.recent) - 1; i >= 0 && o.At.Sub(s.recent[i].at) <= 24*time.Hour; i-- {
		t := &s.recent[i]
		if slices.Contains(t.sites, site) &&
			!share1(t.readers, first(o.Keys[baseline.Recipient], maxReaders)) {
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
	s.recent = s.recent[i:]
}

// fromAttacker says whether a mail is the attacker's: held in an open incident. It must not
// make the owner's volume or style look strange; the attacker's next mail is known by its
// likeness.
func (s *state) fromAttacker(t *trace) bool { return s.open && t.would == Hold }

// window counts mails and recipients of the last d, without the one being judged and the
// attacker's. It looks at a few traces, however many there are.
func (s *state) window(now time.Time, d time.Duration) (mails, recipients, fresh int) {
	from := sort.Search(len(s.recent), func(i int) bool { return now.Sub(s.recent[i].at) <= d })
	if from == len(s.recent) {
		return 0, 0, 0
	}
	v := s.all.minus(s.recent[from].all)
	if s.open {
		v = v.minus(s.held.minus(s.recent[from].held))
	}
	return int(v.mails), int(v.recipients), int(v.fresh)
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
