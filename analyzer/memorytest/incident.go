package memorytest

import (
	"bytes"
	"slices"
	"time"

	"hisseki/analyzer"
)

// incidentOpens: with a sender's first held mail, or one that only mode observe let pass.
func (s *suite) incidentOpens() {
	s.keep(mail(Alice, 0, analyzer.Pass))
	s.keep(mail(Alice, 1, analyzer.Delay))
	s.open(Alice, false, time.Time{})
	first := mail(Alice, 20, analyzer.Hold) // the delayed one has left by then
	s.keep(first)
	s.open(Alice, true, first.Envelope.Time)
	s.keep(mail(Alice, 21, analyzer.Hold))
	s.open(Alice, true, first.Envelope.Time)
	s.open(Bob, false, time.Time{})
	observedHold := mail(Bob, 22, analyzer.Pass)
	observedHold.Verdict.Would, observedHold.ObservedHold, observedHold.Learn = analyzer.Hold, true, false
	s.keep(observedHold)
	s.open(Bob, true, observedHold.Envelope.Time)
}

// promotion: a held mail takes along what its sender has still waiting, once.
func (s *suite) promotion() {
	over := s.keep(mail(Alice, 0, analyzer.Delay)).ID // due at 10
	early := s.keep(mail(Alice, 5, analyzer.Delay)).ID
	s.keep(mail(Bob, 6, analyzer.Delay))
	late := s.keep(mail(Alice, 8, analyzer.Delay)).ID
	s.keep(mail(Alice, 9, analyzer.Pass))
	kept := s.keep(mail(Alice, 10, analyzer.Hold))
	if want := []int64{early, late}; !slices.Equal(kept.Promoted, want) {
		s.Errorf("promoted %v, want %v and not %d, which is due", kept.Promoted, want, over)
	}
	if again := s.keep(mail(Alice, 11, analyzer.Hold)); len(again.Promoted) > 0 {
		s.Errorf("promoted again: %v", again.Promoted)
	}
	if s.EndDelay == nil {
		return
	}
	s.must(s.EndDelay(early)) // it is a hold now
	if list, err := s.Memory.Lessons(s.ctx, 0, 10); err != nil || len(list) != 1 {
		s.Errorf("a promoted mail was taught when its delay ended: %v, %v", list, err)
	}
}

// delaysEnd: what leaves after its delay is learned, once, and held by nothing later.
func (s *suite) delaysEnd() {
	s.needs(s.EndDelay != nil)
	r := mail(Alice, 0, analyzer.Delay)
	id := s.keep(r).ID
	s.knows(Alice)
	for range 2 {
		s.must(s.EndDelay(id))
		s.knows(Alice, r)
	}
	if kept := s.keep(mail(Alice, 15, analyzer.Hold)); len(kept.Promoted) > 0 {
		s.Errorf("promoted %v, which has left", kept.Promoted)
	}
}

// dismiss: the sender has no incident any more, and the next held mail opens another.
func (s *suite) dismiss() {
	s.needs(s.Dismiss != nil)
	held := mail(Alice, 0, analyzer.Hold)
	id := s.keep(held).ID
	for range 2 {
		s.must(s.Dismiss(Alice, Now.Add(time.Minute)))
		s.open(Alice, false, time.Time{})
	}
	for range 2 {
		s.must(s.Release(id))
		s.knows(Alice, held)
	}
	again := mail(Alice, 5, analyzer.Hold)
	s.keep(again)
	s.open(Alice, true, again.Envelope.Time)
	s.must(s.Dismiss(Bob, Now)) // who has none
}

// confirm: what the sender taught since the first mail that was kept for it is taken back,
// exactly.
func (s *suite) confirm() {
	s.needs(s.Confirm != nil)
	before, stays := mail(Alice, 0, analyzer.Pass), mail(Alice, 1, analyzer.Pass)
	s.keep(before)
	s.keep(stays)
	s.keep(mail(Alice, 2, analyzer.Delay)) // becomes a hold with the next but one
	s.keep(mail(Alice, 3, analyzer.Pass))
	s.keep(mail(Alice, 4, analyzer.Hold))
	s.keep(mail(Alice, 5, analyzer.Pass))
	for range 2 {
		s.must(s.Confirm(Alice, Now.Add(6*time.Minute)))
		s.open(Alice, false, time.Time{})
		s.knows(Alice, before, stays)
	}
}

// sumAfterEnd: a person's decision ends what the sender's mails had added up to.
func (s *suite) sumAfterEnd() {
	s.needs(s.Dismiss != nil)
	held := mail(Alice, 5, analyzer.Hold)
	held.Verdict.Sum = 21.5
	s.keep(held)
	if r := s.past(s.Memory, Alice, Now, 10).Recent; len(r) != 1 || r[0].Sum != 21.5 {
		s.Errorf("while the incident is open: %+v", r)
	}
	s.must(s.Dismiss(Alice, held.Envelope.Time.Add(time.Minute)))
	if r := s.past(s.Memory, Alice, Now, 10).Recent; len(r) != 1 || r[0].Sum != 0 {
		s.Errorf("after its end: %+v", r)
	}
	later := mail(Alice, 10, analyzer.Pass)
	later.Verdict.Sum = 3.5
	s.keep(later)
	if r := s.past(s.Memory, Alice, Now, 10).Recent; len(r) != 2 || r[1].Sum != 3.5 {
		s.Errorf("of mail after its end: %+v", r)
	}
}

// sumAfterRestart: an analyzer that begins anew judges as the one that went on.
func (s *suite) sumAfterRestart() {
	s.needs(s.Dismiss != nil && s.Restart != nil)
	cfg := analyzer.Config{Salt: []byte("salt"),
		Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}}
	judge := func(a *analyzer.Analyzer, minute int, host string) *analyzer.Record {
		s.Helper()
		r, err := a.Judge(s.ctx, letter(Alice, minute, host), analyzer.Conditions{CanDelay: true})
		s.must(err)
		return r
	}
	memory := &dropping{Memory: s.Memory}
	stays := analyzer.New(cfg, memory)
	minute := 0
	for ; ; minute++ {
		if minute == 60 {
			s.Fatal("60 mails with an unknown link each opened no incident")
		}
		r := judge(stays, minute, "lure"+string(rune('a'+minute%26))+string(rune('a'+minute/26))+".test")
		if r.Verdict.Action == analyzer.Hold {
			break
		}
	}
	s.must(s.Dismiss(Alice, Now.Add(time.Duration(minute)*time.Minute)))
	s.must(stays.Apply(s.ctx)) // it hears of what the decision taught
	memory.drop = true         // or the first one's mail would be the second one's past
	went := judge(stays, minute+1, "other.test")
	fresh := judge(analyzer.New(cfg, s.Restart()), minute+1, "other.test")
	if fresh.Verdict.Sum != went.Verdict.Sum || fresh.Verdict.Action != went.Verdict.Action {
		s.Errorf("after a restart %s with a sum of %.2f, without %s with %.2f", fresh.Verdict.Action,
			fresh.Verdict.Sum, went.Verdict.Action, went.Verdict.Sum)
	}
}

// vouched: what a person let go as the owner's is known at once, also to the next process.
func (s *suite) vouched() {
	s.needs(s.Dismiss != nil && s.Release != nil && s.Restart != nil)
	cfg := analyzer.Config{Salt: []byte("salt"),
		Mode:       map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce},
		Thresholds: analyzer.Thresholds{Delay: 1.5, Hold: 1.5}}
	judge := func(a *analyzer.Analyzer, minute int) *analyzer.Record {
		s.Helper()
		r, err := a.Judge(s.ctx, letter(Alice, minute, "lure.test"), analyzer.Conditions{CanDelay: true})
		s.must(err)
		return r
	}
	isLure := func(r *analyzer.Record) bool { return r.Verdict.Shows(analyzer.URLUnknown) }
	memory := &dropping{Memory: s.Memory}
	stays := analyzer.New(cfg, memory)
	held := judge(stays, 0)
	if held.Verdict.Action != analyzer.Hold || !isLure(held) {
		s.Fatalf("a mail with an unknown link: %+v", held.Verdict)
	}
	s.must(s.Dismiss(Alice, Now.Add(time.Minute)))
	s.must(s.Release(held.ID))
	s.must(stays.Apply(s.ctx))
	memory.drop = true
	if r := judge(stays, 2); isLure(r) {
		s.Errorf("what a person let go is unknown still: %+v", r.Verdict)
	}
	if r := judge(analyzer.New(cfg, s.Restart()), 2); isLure(r) {
		s.Errorf("after a restart what a person let go is unknown again: %+v", r.Verdict)
	}
}

// restart: the next process finds everything as it was.
func (s *suite) restart() {
	s.needs(s.Restart != nil)
	s.keep(mail(Alice, 0, analyzer.Pass))
	old := s.past(s.Memory, Alice, Now, 10)
	s.must(s.SaveProfiles(s.ctx, analyzer.NewSaved(Alice, old.Profile, old.Last)))
	s.keep(mail(Alice, 1, analyzer.Pass))
	waits := s.keep(mail(Alice, 2, analyzer.Delay)).ID
	held := mail(Bob, 3, analyzer.Hold)
	held.Observation.Marks = append(held.Observation.Marks, 7)
	s.keep(held)
	alice, org := s.encoded(s.Memory, Alice), s.encoded(s.Memory, "")
	past := s.past(s.Memory, Alice, Now, 10)

	s.Memory = s.Restart()
	if !bytes.Equal(s.encoded(s.Memory, Alice), alice) || !bytes.Equal(s.encoded(s.Memory, ""), org) {
		s.Error("other profiles")
	}
	s.open(Bob, true, held.Envelope.Time)
	now := s.past(s.Memory, Alice, Now, 10)
	if len(now.Recent) != len(past.Recent) || now.Last != past.Last ||
		now.Recent[2].ID != past.Recent[2].ID {
		s.Errorf("the past is %+v, was %+v", now, past)
	}
	if kept := s.keep(mail(Alice, 4, analyzer.Hold)); !slices.Equal(kept.Promoted, []int64{waits}) {
		s.Errorf("promoted %v, want %d", kept.Promoted, waits)
	}
}
