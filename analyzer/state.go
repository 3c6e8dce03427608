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

// maxRecent bounds the recent mails of one sender that are remembered, and so what each of
// his mails is compared with. Every signal is at its highest level long before.
const maxRecent = 1024

// state is what a sender did lately. It is a fold of his recent records, whoever recorded
// them, and so needs no saving.
type state struct {
	recent []trace // oldest first
	sum    float64 // CUSUM after the last mail
	last   time.Time
	firsts firsts    // whom he reached
	odd    firsts    // whom he reached by unusual mail
	days   reachDays // on which he reached many
	open   bool      // has an open incident
	logins []Login   // before the mail being judged, when its network is new
}

// trace is one recent mail.
type trace struct {
	at       time.Time
	simHash  uint64
	points   float64
	fit      float64 // of the style, 0 when not judged
	would    Action
	lured    bool      // it asked for something unusual
	reached  headcount // whom no mail of the day before had reached
	marks    []baseline.Key
	networks []baseline.Key
	programs []baseline.Key // what tells the mail program
	sites    []baseline.Key // also those in quotes
	readers  []baseline.Key // recipients, at most maxReaders
}

// Bounds of what is kept of one recent mail. A few recipients tell a thread's circle; of
// hundreds of links the first say as much as all, and are the same in each such mail.
const (
	maxReaders = 16
	maxTraced  = 64 // sites, and marks
)

// add folds one record in. p is the sender's profile, of before the mail or after it: what
// a mail teaches is not known for a day.
func (s *state) add(r *Recent, p *baseline.Profile) {
	o := &r.Observation
	s.recent = append(s.recent, trace{
		at: o.At, points: r.Points,
		marks: first(o.Marks, maxTraced), networks: o.Keys[baseline.Network],
		programs: slices.Concat(o.Keys[baseline.Mailer], o.Keys[baseline.IDShape]),
		sites:    first(slices.Concat(o.Keys[baseline.Site], o.Keys[baseline.Quoted]), maxTraced),
		readers:  first(o.Keys[baseline.Recipient], maxReaders),
		simHash:  o.SimHash, fit: o.Fit, would: r.Would, lured: o.Lured,
	})
	if n := len(s.recent) - maxRecent; n > 0 {
		s.recent = s.recent[n:] // append copies the rest now and then
	}
	s.sum, s.last = r.Sum, o.At
	if r.Action != Hold { // what is held reaches nobody
		s.recent[len(s.recent)-1].reached = s.reach(o, p, r.Points >= oddPoints)
	}
}

// first returns at most n keys, in an array that holds no more than these.
func first(keys []baseline.Key, n int) []baseline.Key {
	if len(keys) <= n {
		return keys
	}
	return slices.Clone(keys[:n])
}

// size is how much is remembered, in mails.
func (s *state) size() int { return len(s.recent) + (len(s.firsts.order)+len(s.odd.order))/4 }

// toOthers says whether an earlier mail went to quite other people than this one.
func (t *trace) toOthers(o *baseline.Observation) bool {
	return !share1(t.readers, first(o.Keys[baseline.Recipient], maxReaders))
}

// elsewhere returns those of a mail's sites that stood in mails of the last day to quite other
// recipients. Each such mail is looked at once, however many sites there are.
func (s *state) elsewhere(sites map[baseline.Key]bool, o *baseline.Observation) map[baseline.Key]bool {
	found := make(map[baseline.Key]bool)
	for i := len(s.recent) - 1; i >= 0 && o.At.Sub(s.recent[i].at) <= 24*time.Hour; i-- {
		if t := &s.recent[i]; len(sites) > 0 && t.toOthers(o) {
			for _, site := range t.sites {
				if sites[site] {
					found[site] = true
				}
			}
		}
	}
	return found
}

// sentElsewhere counts the remembered mails to quite other recipients that had a mark.
func (s *state) sentElsewhere(mark baseline.Key, o *baseline.Observation) (n int) {
	for i := range s.recent {
		if t := &s.recent[i]; slices.Contains(t.marks, mark) && t.toOthers(o) {
			n++
		}
	}
	return n
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
