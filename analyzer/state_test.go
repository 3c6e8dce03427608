package analyzer

import (
	"testing"
	"time"

	"hisseki/baseline"
)

// A newsletter to a quarter of a million recipients leaves a bounded state, and its next
// mail costs what the first did.
func TestStateIsBounded(t *testing.T) {
	var s state
	p := &baseline.Profile{}
	at := autumn
	key := baseline.Key(1)
	for range 5000 {
		o := baseline.Observation{At: at, Recipients: 50, SimHash: 1}
		for range 50 {
			o.Keys[baseline.Recipient] = append(o.Keys[baseline.Recipient], key)
			o.Keys[baseline.Site] = append(o.Keys[baseline.Site], key, key+1<<30)
			key++
		}
		s.add(&Recent{Observation: o}, p)
		at = at.Add(time.Second)
	}
	if len(s.recent) != maxRecent || len(s.firsts.at) != maxFirsts || len(s.firsts.order) != maxFirsts {
		t.Errorf("%d recent mails, %d and %d first recipients", len(s.recent), len(s.firsts.at),
			len(s.firsts.order))
	}
	last := &s.recent[maxRecent-1]
	if cap(last.readers) > maxReaders || cap(last.sites) > maxTraced {
		t.Errorf("one mail keeps %d recipients and %d sites", cap(last.readers), cap(last.sites))
	}
	all := headcount{people: maxFirsts, new: maxFirsts}
	if hour, day := s.firsts.count(at); hour != all || day != all {
		t.Errorf("%+v people in an hour, %+v in a day", hour, day)
	}
}

// Whom one wrote to is new again after a day, also where nobody else is written to.
func TestFirstsLastADay(t *testing.T) {
	var f firsts
	f.add(1, autumn, true, false)
	f.add(2, autumn.Add(time.Hour), true, false)
	f.add(1, autumn.Add(23*time.Hour), true, false) // known: the first time stays
	for k, want := range map[baseline.Key]bool{1: false, 2: true, 3: false} {
		if f.has(k, autumn.Add(24*time.Hour+time.Second)) != want {
			t.Errorf("a day later, %d is of lately: %t", k, !want)
		}
	}
	f.add(1, autumn.Add(25*time.Hour), true, false)
	f.add(3, autumn.Add(26*time.Hour), true, false)
	if !f.has(1, autumn.Add(48*time.Hour)) || len(f.order) != 2 || len(f.at) != 2 {
		t.Errorf("noted anew: %v", f)
	}
	f.add(4, autumn.AddDate(-1, 0, 0), true, false) // the clock was set back, and forth
	f.add(5, autumn.AddDate(1, 0, 0), true, false)
	if len(f.order) != 1 || len(f.at) != 1 {
		t.Errorf("a year later: %v", f)
	}
}
