package drill

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/words"
)

// Result is what became of one theft. A mail escaped when it was neither held nor made a
// hold while it waited; a theft is contained when at least one of its mails was held.
type Result struct {
	Sender     string
	Recipe     string
	Mails      int
	Recipients int                  // different ones of all mails
	FirstKept  int                  // number of the first mail delayed or held, 0 for none
	FirstHold  int                  // number of the mail that brought the first hold, 0 for none
	Held       int                  // in the end
	Delayed    int                  // had to wait, whatever came of it
	Escaped    int                  // mails, without those that only prepare the theft
	Reached    int                  // different recipients of those
	Most       float64              // points of the most unusual mail
	Evidence   []analyzer.Evidence  // of the first hold, or of the most unusual mail
	History    int                  // mails in the account's profile
	Partners   int                  // own partners written to; 0: unknown addresses only
	NotReady   []analyzer.Readiness // what the account has too little history for
	Allowed    time.Time            // until when a rule lets all of it pass
	Why        string               // why it was not contained, in English, "" when it was
}

// Contained says whether at least one mail was held.
func (r *Result) Contained() bool { return r.FirstHold > 0 }

func (p *play) result(recipe string) *Result {
	r := &Result{Recipe: recipe, Mails: len(p.order)}
	escaped := map[string]bool{} // of each recipient, whether a mail reached him
	for _, f := range p.order {
		r.judged(f)
		if f.prepares {
			continue
		}
		if !f.held {
			r.Escaped++
		}
		for _, addr := range f.record.Envelope.Recipients {
			escaped[addr] = escaped[addr] || !f.held
		}
	}
	for _, reached := range escaped {
		if reached {
			r.Reached++
		}
	}
	r.Recipients = len(escaped)
	return r
}

// judged counts a mail by its verdict. The evidence is that of the first hold, and without
// one that of the mail with the most points.
func (r *Result) judged(f *fate) {
	v := &f.record.Verdict
	if v.Action != analyzer.Pass && r.FirstKept == 0 {
		r.FirstKept = f.number
	}
	switch {
	case r.FirstHold > 0:
	case v.Action == analyzer.Hold:
		r.FirstHold, r.Evidence = f.number, v.Evidence
	case v.Points >= r.Most:
		r.Evidence = v.Evidence
	}
	r.Most = max(r.Most, v.Points)
	if f.waited {
		r.Delayed++
	}
	if f.held {
		r.Held++
	}
}

// explain says why a theft was not contained.
func (r *Result) explain(rule analyzer.Override) {
	if r.Contained() {
		return
	}
	if rule.Action == analyzer.Pass {
		r.Allowed = rule.Until
	}
	r.Why = r.why(words.For(words.English, nil))
}

// why is why a theft was not contained, in the reader's words.
func (r *Result) why(t words.Reader) string {
	if !r.Allowed.IsZero() {
		return t.W("theft-allowed", r.Allowed.UTC().Format("2006-01-02 15:04 MST"))
	}
	var why []string
	for _, n := range r.NotReady {
		// Countries are extra; several signals may wait for the same.
		if n.Signals != "country" && !slices.Contains(why, n.Needs) {
			why = append(why, n.Needs)
		}
	}
	if t.Japanese() {
		for i, needs := range why {
			why[i] = t.Phrase(needs)
		}
	}
	why = append(why, t.W("theft-points", fmt.Sprintf("%.1f", r.Most)))
	return strings.Join(why, "; ")
}

// Total sums results up.
type Total struct {
	Thefts, Contained int
	Mails, Escaped    int
	Recipients        int
	Reached           int
	Spread            []int                   // escaped mails of each theft, rising
	Signals           map[analyzer.Signal]int // in how many first holds a signal was among the heaviest
}

// heaviest is how many signals of a hold are said to have given the thief away: the rest
// would not have been enough.
const heaviest = 3

// Sum returns the total of results.
func Sum(results []*Result) Total {
	t := Total{Thefts: len(results), Signals: map[analyzer.Signal]int{}}
	for _, r := range results {
		t.Mails, t.Escaped = t.Mails+r.Mails, t.Escaped+r.Escaped
		t.Recipients, t.Reached = t.Recipients+r.Recipients, t.Reached+r.Reached
		t.Spread = append(t.Spread, r.Escaped)
		if !r.Contained() {
			continue
		}
		t.Contained++
		for _, e := range r.Evidence[:min(heaviest, len(r.Evidence))] {
			t.Signals[e.Signal]++
		}
	}
	slices.Sort(t.Spread)
	return t
}

// Quantile returns how many mails escaped of a theft that is worse than a share q of all.
func (t *Total) Quantile(q float64) int {
	if len(t.Spread) == 0 {
		return 0
	}
	return t.Spread[min(int(q*float64(len(t.Spread))), len(t.Spread)-1)]
}
