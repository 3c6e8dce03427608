package analyzer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/replay"
)

// ruled is a memory with rules.
type ruled struct {
	*replay.Memory
	urls   []analyzer.URLRule
	sender analyzer.Override
}

func (m *ruled) URLRules(context.Context) ([]analyzer.URLRule, error) { return m.urls, nil }

func (m *ruled) Override(context.Context, string, analyzer.Class, time.Time) (
	analyzer.Override, bool, error) {
	return m.sender, true, nil
}

func (m *ruled) set(t *testing.T, action analyzer.Action, text string, until time.Time) {
	t.Helper()
	p, err := content.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	m.urls = append(m.urls, analyzer.URLRule{Pattern: p, Created: monday, Override: analyzer.Override{
		Action: action, Until: until, By: "alice", Reason: "incident I1"}})
}

// judged has an ordinary mail of a colleague judged that ends with some text.
func judged(t *testing.T, a *analyzer.Analyzer, end string, head ...string) *analyzer.Record {
	t.Helper()
	m := letter("a@example.jp", attackDay.Add(2*time.Hour), "192.0.2.10", "p1@partner1.example.org",
		honest+end, head...)
	r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBlockedLinkHoldsAnybody(t *testing.T) {
	memory := &ruled{Memory: replay.NewMemory()}
	a := office(t, memory)
	const quoted = "\n> see http://files.lure.test/a\n"
	answer := "In-Reply-To: <1@partner1.example.org>"
	if r := judged(t, a, quoted, answer); r.Verdict.Action != analyzer.Pass {
		t.Fatalf("before the rule: %+v", r.Verdict)
	}
	memory.set(t, analyzer.Hold, "lure.test", time.Time{})
	memory.sender = analyzer.Override{Action: analyzer.Pass, Until: attackDay.AddDate(1, 0, 0)}
	if err := a.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := judged(t, a, quoted, answer)
	want := "the link to files.lure.test is blocked since 2026-09-07 00:00 UTC, by alice," +
		" because: incident I1"
	if r.Verdict.Action != analyzer.Hold || r.Verdict.PassIf != "" || r.Learn ||
		r.Verdict.Evidence[0].Text != want {
		t.Errorf("an allowed sender's mail: learn %v, %+v", r.Learn, r.Verdict)
	}
	r = judged(t, a, "\nhttps://eur01.safelinks.protection.outlook.com/?url=http%3A%2F%2Flure.test%2F")
	if r.Verdict.Action != analyzer.Hold {
		t.Errorf("a wrapped link: %+v", r.Verdict)
	}
	if r := judged(t, a, "\nhttp://notlure.test/"); r.Verdict.Action != analyzer.Pass {
		t.Errorf("another link: %+v", r.Verdict)
	}
}

func TestBlockedLinkFollowsTheMode(t *testing.T) {
	memory := &ruled{Memory: replay.NewMemory()}
	memory.set(t, analyzer.Hold, "lure.test", time.Time{})
	a := office(t, memory)
	m := letter("app:192.0.2.0/24|cron@example.jp", attackDay, "192.0.2.99", "p1@partner1.example.org",
		"see http://lure.test/\n")
	m.Class = analyzer.Application
	r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
	if err != nil || r.Verdict.Action != analyzer.Pass || r.Verdict.Would != analyzer.Hold || r.Learn {
		t.Errorf("an application that is observed: learn %v, %+v, %v", r.Learn, r.Verdict, err)
	}
}

func TestNarrowestRuleCounts(t *testing.T) {
	memory := &ruled{Memory: replay.NewMemory()}
	memory.set(t, analyzer.Hold, "shared.test", time.Time{})
	memory.set(t, analyzer.Pass, "https://shared.test/ours/", time.Time{})
	memory.set(t, analyzer.Hold, "over.test", attackDay)
	a := office(t, memory)
	for url, want := range map[string]bool{"http://shared.test/ours/1": false,
		"http://shared.test/theirs": true, "http://over.test/": false} {
		r := judged(t, a, "\n"+url+"\n")
		e := r.Verdict.Evidence
		if got := len(e) > 0 && e[0].Signal == "url-blocked"; got != want {
			t.Errorf("%s is blocked: %v, want %v: %+v", url, got, want, r.Verdict)
		}
	}
}

func TestAllowedLinkIsKnown(t *testing.T) {
	memory := &ruled{Memory: replay.NewMemory()}
	a := office(t, memory)
	shows := func(r *analyzer.Record) bool {
		for _, e := range r.Verdict.Evidence {
			if e.Signal.NamesLink() {
				return true
			}
		}
		return len(r.URLs)+len(r.Observation.Marks) > 0
	}
	const end = "\nhttps://new-partner.test/docs\n"
	if !shows(judged(t, a, end)) {
		t.Fatal("an unknown link is no evidence: the test shows nothing")
	}
	memory.set(t, analyzer.Pass, "new-partner.test", time.Time{})
	if err := a.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := letter("c@example.jp", attackDay.Add(3*time.Hour), "192.0.2.12", "p1@partner1.example.org",
		honest+end)
	r, err := a.Judge(t.Context(), m, analyzer.Conditions{})
	if err != nil || shows(r) {
		t.Errorf("an allowed link is evidence: %+v %v", r, err)
	}
}

func TestHeldSenderSaysWhy(t *testing.T) {
	memory := &ruled{Memory: replay.NewMemory()}
	a := office(t, memory)
	memory.sender = analyzer.Override{Action: analyzer.Hold, Until: attackDay.AddDate(0, 0, 1),
		By: "alice", Reason: "he phoned"}
	r := judged(t, a, "")
	if r.Verdict.Action != analyzer.Hold ||
		r.Verdict.Evidence[0].Text != "all mail of this sender is held, by alice, because: he phoned" {
		t.Errorf("verdict %+v", r.Verdict)
	}
}

// TestBlockedLinkBehindAll holds that a rule sees every link, however many known and unknown
// ones stand before it.
func TestBlockedLinkBehindAll(t *testing.T) {
	memory := &ruled{Memory: replay.NewMemory()}
	memory.set(t, analyzer.Hold, "lure.test/login", time.Time{})
	a := office(t, memory)
	for name, format := range map[string]string{
		"one site": "https://partner1.example.org/%d\n", "many sites": "https://s%d.example.org/\n",
	} {
		var before strings.Builder
		for i := range 4000 {
			fmt.Fprintf(&before, format, i)
		}
		if r := judged(t, a, "\n"+before.String()+"http://lure.test/other"); r.Verdict.Evidence != nil &&
			r.Verdict.Evidence[0].Signal == analyzer.URLBlocked {
			t.Errorf("%s: another page is blocked: %+v", name, r.Verdict)
		}
		r := judged(t, a, "\n"+before.String()+"http://lure.test/x/../login")
		if r.Verdict.Action != analyzer.Hold || r.Verdict.Evidence[0].Signal != analyzer.URLBlocked {
			t.Errorf("%s: %+v", name, r.Verdict)
		}
	}
}

// TestBlockRulesAreUndecidedOnUnreadMail: of what was not read nobody knows whether it has a blocked
// link. It waits a while, and is held while the account has an incident.
func TestBlockRulesAreUndecidedOnUnreadMail(t *testing.T) {
	memory := &ruled{Memory: replay.NewMemory()}
	a := office(t, memory)
	hour := time.Duration(0)
	cut := func(cond analyzer.Conditions) *analyzer.Record {
		t.Helper()
		hour += 24 * time.Hour
		m := letter("a@example.jp", attackDay.Add(2*time.Hour+hour), "192.0.2.10", "p1@partner1.example.org", honest)
		m.BodySize = int64(len(m.Body)) + 1 // the rest did not fit
		r, err := a.Judge(t.Context(), m, cond)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	undecided := func(r *analyzer.Record) bool { return r.Verdict.Evidence[0].Signal == analyzer.URLUndecided }
	if r := cut(analyzer.Conditions{CanDelay: true}); r.Verdict.Action != analyzer.Pass || undecided(r) {
		t.Fatalf("without a rule: %+v", r.Verdict)
	}
	memory.set(t, analyzer.Pass, "fine.test", time.Time{})
	if err := a.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := cut(analyzer.Conditions{CanDelay: true}); undecided(r) {
		t.Errorf("with a rule that allows: %+v", r.Verdict)
	}
	memory.set(t, analyzer.Hold, "lure.test", time.Time{})
	if err := a.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := cut(analyzer.Conditions{CanDelay: true})
	if r.Verdict.Action != analyzer.Delay || r.Verdict.Cause != "rule" || !undecided(r) || r.Learn {
		t.Errorf("with a rule that blocks: %+v", r.Verdict)
	}
	if r := judged(t, a, "\nordinary"); r.Verdict.Action != analyzer.Pass {
		t.Errorf("a mail that was read: %+v", r.Verdict)
	}
	memory.sender = analyzer.Override{Action: analyzer.Pass, Until: attackDay.AddDate(1, 0, 0)}
	if err := a.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := cut(analyzer.Conditions{CanDelay: true}); r.Verdict.Action != analyzer.Pass || !undecided(r) {
		t.Errorf("of an allowed sender: %+v", r.Verdict)
	}
}
