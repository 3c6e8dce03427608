package memorytest

import (
	"context"
	"reflect"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// empty: of nobody and nothing there is nothing, which is not an error.
func (s *suite) empty() {
	s.knows(Alice)
	if p := s.past(s.Memory, Alice, time.Time{}, 10); p.Profile.Mails() != 0 || len(p.Recent) > 0 ||
		p.Last != 0 {
		s.Errorf("the past of nobody: %+v", p)
	}
	list, err := s.Lessons(s.ctx, 0, 10)
	s.must(err)
	seen, err := s.Sightings(s.ctx, []baseline.Key{1, 2}, 10)
	s.must(err)
	if len(list) > 0 || len(seen) != 2 || len(seen[0])+len(seen[1]) > 0 {
		s.Errorf("lessons %v, sightings %v", list, seen)
	}
	s.open(Alice, false, time.Time{})
	_, ok, err := s.Override(s.ctx, Alice, analyzer.Account, Now)
	s.must(err)
	urls, err := s.URLRules(s.ctx)
	s.must(err)
	habits, err := s.Memory.Habits(s.ctx)
	s.must(err)
	logins, err := s.Memory.Logins(s.ctx, Alice, Now.Add(-time.Hour), Now)
	s.must(err)
	if ok || len(urls)+len(habits)+len(logins) > 0 {
		s.Errorf("override %v, links %v, habits %v, logins %v", ok, urls, habits, logins)
	}
	s.must(s.SaveProfiles(s.ctx))
}

// order: ids rise in the order of Begin, whoever is waited for first, and records stay as
// they are.
func (s *suite) order() {
	var waits []analyzer.Pending
	for i := range 5 {
		r := mail([]string{Alice, Bob}[i%2], i, analyzer.Pass)
		before := *r
		waits = append(waits, s.Begin(s.ctx, r))
		defer func() {
			if !reflect.DeepEqual(*r, before) {
				s.Errorf("record %d was changed", i)
			}
		}()
	}
	var ids, lessons []int64
	for _, wait := range slices.Backward(waits) {
		kept, err := wait()
		s.must(err)
		ids, lessons = append(ids, kept.ID), append(lessons, kept.Lesson)
	}
	slices.Reverse(ids)
	slices.Reverse(lessons)
	for i := 1; i < len(ids); i++ {
		if ids[i] <= ids[i-1] || lessons[i] <= lessons[i-1] || lessons[0] == 0 {
			s.Fatalf("ids %v, lessons %v: they do not rise", ids, lessons)
		}
	}
}

// canceled: of a mail whose time is over nothing is kept.
func (s *suite) canceled() {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	if _, err := s.Begin(ctx, mail(Alice, 0, analyzer.Hold))(); err == nil {
		s.Error("no error")
	}
	s.open(Alice, false, time.Time{})
	if p := s.past(s.Memory, Alice, time.Time{}, 10); len(p.Recent) > 0 {
		s.Errorf("kept: %+v", p.Recent)
	}
}

// lessons: each pass is one, in order, with its observation; nothing else is.
func (s *suite) lessons() {
	var want []*analyzer.Record
	for i := range 6 {
		r := mail(Alice, i, []analyzer.Action{analyzer.Pass, analyzer.Delay}[i%2])
		if kept := s.keep(r); r.Learn != (kept.Lesson > 0) {
			s.Errorf("mail %d, to be learned %v: lesson %d", i, r.Learn, kept.Lesson)
		} else if r.Learn {
			r.ID = kept.ID
			want = append(want, r)
		}
	}
	all, err := s.Memory.Lessons(s.ctx, 0, 10)
	s.must(err)
	if len(all) != len(want) {
		s.Fatalf("%d lessons, want %d", len(all), len(want))
	}
	for i, l := range all {
		if l.Sender != Alice || l.Sign != 1 || l.Record != want[i].ID ||
			!l.Obs.At.Equal(want[i].Observation.At) ||
			!slices.Equal(l.Obs.Keys[baseline.Recipient], want[i].Observation.Keys[baseline.Recipient]) {
			s.Errorf("lesson %d is %+v", i, l)
		}
	}
	later, err := s.Memory.Lessons(s.ctx, all[0].ID, 1)
	s.must(err)
	none, err := s.Memory.Lessons(s.ctx, all[2].ID, 10)
	s.must(err)
	if len(later) != 1 || later[0].ID != all[1].ID || len(none) != 0 {
		s.Errorf("after the first, one: %v; after the last: %v", later, none)
	}
	_, last, err := s.Profile(s.ctx, "")
	s.must(err)
	if last != all[2].ID {
		s.Errorf("the last lesson is said to be %d, want %d", last, all[2].ID)
	}
}

// profiles: a profile is the fold of its lessons, byte for byte, and a copy.
func (s *suite) profiles() {
	first, second := mail(Alice, 0, analyzer.Pass), mail(Alice, 1, analyzer.Pass)
	s.keep(first)
	s.knows(Alice, first)
	s.keep(mail(Alice, 2, analyzer.Delay))
	s.keep(second)
	s.knows(Alice, first, second)
	for _, who := range []string{Alice, ""} {
		p, _, err := s.Profile(s.ctx, who)
		s.must(err)
		p.Learn(&mail(Alice, 3, analyzer.Pass).Observation)
	}
	s.past(s.Memory, Alice, Now, 1).Profile.Learn(&mail(Alice, 4, analyzer.Pass).Observation)
	s.knows(Alice, first, second)
	if p := s.past(s.Memory, Bob, Now, 1); p.Profile.Mails() != 0 {
		s.Errorf("somebody else knows %d mails", p.Profile.Mails())
	}
}

// saveProfiles: saving loses no lesson, whatever is saved when.
func (s *suite) saveProfiles() {
	first, second := mail(Alice, 0, analyzer.Pass), mail(Alice, 1, analyzer.Pass)
	s.keep(first)
	old := s.past(s.Memory, Alice, Now, 1)
	early := analyzer.NewSaved(Alice, old.Profile, old.Last)
	s.keep(second)
	s.must(s.SaveProfiles(s.ctx, early)) // of before the second lesson
	s.knows(Alice, first, second)
	now := s.past(s.Memory, Alice, Now, 1)
	s.must(s.SaveProfiles(s.ctx, analyzer.NewSaved(Alice, now.Profile, now.Last)))
	s.knows(Alice, first, second)
	s.must(s.SaveProfiles(s.ctx, early)) // too late: a later one is kept
	s.knows(Alice, first, second)
	third := mail(Alice, 2, analyzer.Pass)
	s.keep(third)
	s.knows(Alice, first, second, third)
}

// recent: a sender's newest mails since a time, oldest first.
func (s *suite) recent() {
	var all []*analyzer.Record
	for i := range 6 {
		r := mail(Alice, i, []analyzer.Action{analyzer.Pass, analyzer.Delay, analyzer.Hold}[i%3])
		r.Observation.Marks = []baseline.Key{baseline.Key(i + 1)}
		r.ID = s.keep(r).ID
		s.keep(mail(Bob, i, analyzer.Pass))
		all = append(all, r)
	}
	for name, c := range map[string]struct {
		since time.Time
		most  int
		want  []*analyzer.Record
	}{
		"all":          {Now, 10, all},
		"two":          {Now, 2, all[4:]},
		"inclusive":    {all[3].Envelope.Time, 10, all[3:]},
		"later":        {all[3].Envelope.Time.Add(time.Second), 10, all[4:]},
		"both bounds":  {all[1].Envelope.Time, 3, all[3:]},
		"nothing more": {Now.Add(time.Hour), 10, nil},
	} {
		got := s.past(s.Memory, Alice, c.since, c.most).Recent
		if len(got) != len(c.want) {
			s.Errorf("%s: %d mails, want %d", name, len(got), len(c.want))
			continue
		}
		for i, r := range c.want {
			g := &got[i]
			if g.ID != r.ID || g.Action != r.Verdict.Action || g.Would != r.Verdict.Would ||
				g.Points != r.Verdict.Points || g.Sum != r.Verdict.Sum ||
				!g.Observation.At.Equal(r.Envelope.Time) ||
				!slices.Equal(g.Observation.Marks, r.Observation.Marks) {
				s.Errorf("%s: mail %d is %+v, want %+v", name, i, *g, *r)
			}
		}
	}
}

// sightings: the last mails with a mark, of whomever.
func (s *suite) sightings() {
	const link, text, nobodys = 7, 8, 9
	for i := range 5 {
		r := mail([]string{Alice, Bob}[i%2], i, analyzer.Pass)
		r.Observation.Marks = []baseline.Key{link}
		if i == 1 {
			r.Observation.Marks = []baseline.Key{link, text}
		}
		s.keep(r)
	}
	seen, err := s.Memory.Sightings(s.ctx, []baseline.Key{text, nobodys, link}, 3)
	s.must(err)
	want := [][]int{{1}, nil, {2, 3, 4}} // minutes
	for i := range want {
		if len(seen[i]) != len(want[i]) {
			s.Fatalf("sightings %v, want those of minutes %v", seen, want)
		}
		for k, minute := range want[i] {
			if got := seen[i][k]; !got.At.Equal(Now.Add(time.Duration(minute)*time.Minute)) ||
				got.Sender != []string{Alice, Bob}[minute%2] {
				s.Errorf("sighting %d of mark %d: %v, want minute %d", k, i, got, minute)
			}
		}
	}
}
