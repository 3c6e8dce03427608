package ledger

import (
	"testing"
	"time"

	"hisseki/analyzer"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestDefinesCampaign(t *testing.T) {
	for _, c := range []struct {
		cause  string
		points float64
		signal analyzer.Signal
		want   bool
	}{
		{"mail", 0, "", true}, {"burst", 0, "", true}, {"", 0, "", true},
		{"rule", 3.9, "", false}, {"rule", 4, "", true}, {"rule", 0, analyzer.URLBlocked, true},
		{"habit", 1, "", false}, {"habit", 9, "", true},
	} {
		v := &analyzer.Verdict{Cause: c.cause, Points: c.points,
			Evidence: []analyzer.Evidence{{Signal: c.signal}}}
		if got := DefinesCampaign(v); got != c.want {
			t.Errorf("held by %q with %v points and %q: %v", c.cause, c.points, c.signal, got)
		}
	}
}

func TestOfAttack(t *testing.T) {
	shows := map[State]bool{Held: true, Discarding: true, Discarded: true, Vanished: true,
		Passed: true, Recalling: true, Gone: true}
	for _, s := range States {
		for _, defines := range []bool{true, false} {
			h := Hold{State: s, DefinesCampaign: defines}
			if got := h.OfAttack(); got != (defines && shows[s]) {
				t.Errorf("%s, defines %v: %v", s, defines, got)
			}
		}
	}
}

func TestSharesCase(t *testing.T) {
	for _, c := range []struct {
		state  IncidentState
		closed time.Duration // before the other was opened
		want   bool
	}{
		{IncidentOpen, 0, true}, {IncidentConfirmed, CaseSpan, true},
		{IncidentConfirmed, CaseSpan + time.Second, false}, {IncidentConfirmed, -time.Hour, true},
		{IncidentDismissed, 0, false}, {IncidentEnded, 0, false},
	} {
		i := Incident{State: c.state, Closed: noon.Add(-c.closed)}
		if got := i.SharesCase(noon); got != c.want {
			t.Errorf("%s, closed %s before: %v", c.state, c.closed, got)
		}
	}
}

func TestRecallable(t *testing.T) {
	for _, c := range []struct {
		state State
		by    string
		want  bool
	}{
		{"", "", true}, {Delayed, "", true}, {Released, ByTimer, true}, {Released, "alice", false},
		{Held, "", false}, {Releasing, ByTimer, false}, {Discarded, "alice", false}, {Gone, "", false},
		{Vanished, "mta", false}, {Recalling, "", false}, {Passed, "", false},
	} {
		if got := Recallable(c.state, c.by); got != c.want {
			t.Errorf("%q by %q: %v", c.state, c.by, got)
		}
	}
}

func TestRules(t *testing.T) {
	later := noon.Add(time.Hour)
	for name, c := range map[string]struct {
		rule   Rule
		verb   string
		ok     bool // may be set
		letsGo bool
	}{
		"allow": {Rule{Subject: "sender:b@example.jp",
			Override: analyzer.Override{Action: analyzer.Pass, Until: later}}, "allow", true, true},
		"hold": {Rule{Subject: "class:application",
			Override: analyzer.Override{Action: analyzer.Hold, Until: later}}, "hold", true, false},
		"observe": {Rule{Subject: "sender:b@example.jp",
			Override: analyzer.Override{Mode: analyzer.Observe, Until: later}}, "observe", true, true},
		"enforce": {Rule{Subject: "sender:b@example.jp",
			Override: analyzer.Override{Mode: analyzer.Enforce, Until: later}}, "enforce", true, false},
		"block": {Rule{Subject: "url:lure.test",
			Override: analyzer.Override{Action: analyzer.Hold}}, "block", true, false},
		"allowed link": {Rule{Subject: "url:lure.test",
			Override: analyzer.Override{Action: analyzer.Pass, Until: later}}, "allow", true, false},
		"over": {Rule{Subject: "sender:b@example.jp",
			Override: analyzer.Override{Action: analyzer.Pass, Until: noon}}, "allow", false, false},
		"for good": {Rule{Subject: "sender:b@example.jp",
			Override: analyzer.Override{Action: analyzer.Pass}}, "allow", false, false},
		"link with a mode": {Rule{Subject: "url:lure.test",
			Override: analyzer.Override{Mode: analyzer.Observe}}, "observe", false, false},
		"pattern written otherwise": {Rule{Subject: "url:LURE.test",
			Override: analyzer.Override{Action: analyzer.Hold}}, "block", false, false},
		"nobody": {Rule{Subject: "sender:",
			Override: analyzer.Override{Action: analyzer.Pass, Until: later}}, "allow", false, true},
	} {
		if err := c.rule.Check(noon); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if c.rule.Verb() != c.verb || c.rule.LetsGo(noon) != c.letsGo {
			t.Errorf("%s: verb %s, has mail pass %v", name, c.rule.Verb(), c.rule.LetsGo(noon))
		}
	}
}

// A sender's rule goes before that of his class, while it holds.
func TestInForce(t *testing.T) {
	rules := map[string]analyzer.Override{
		"sender:b@example.jp": {Action: analyzer.Pass, Until: noon},
		"sender:c@example.jp": {Action: analyzer.Hold, Until: noon.Add(time.Hour)},
		"class:account":       {Mode: analyzer.Observe, Until: noon.Add(time.Minute)},
	}
	of := func(subject string) (analyzer.Override, bool) { o, ok := rules[subject]; return o, ok }
	for _, c := range []struct {
		sender string
		class  analyzer.Class
		at     time.Duration
		want   string // subject
	}{
		{"b@example.jp", analyzer.Account, -time.Second, "sender:b@example.jp"},
		{"b@example.jp", analyzer.Account, 0, "class:account"},
		{"c@example.jp", analyzer.Account, 0, "sender:c@example.jp"},
		{"d@example.jp", analyzer.Account, time.Minute, ""},
		{"b@example.jp", analyzer.Application, 0, ""},
	} {
		got, ok := InForce(of, c.sender, c.class, noon.Add(c.at))
		if ok != (c.want != "") || got != rules[c.want] {
			t.Errorf("%s %s after noon: %+v, %v; want that of %q", c.sender, c.at, got, ok, c.want)
		}
	}
}

// An attack is noticed by mail that its own verdict kept, or would have kept in mode enforce.
func TestNotices(t *testing.T) {
	kept := analyzer.Verdict{Action: analyzer.Hold, Would: analyzer.Hold}
	passed := analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Hold}
	for what, c := range map[string]struct {
		verdict analyzer.Verdict
		hold    Hold
		want    bool
	}{
		"held":                   {kept, Hold{State: Held}, true},
		"discarded":              {kept, Hold{State: Discarded}, true},
		"released by the timer":  {kept, Hold{State: Released, By: ByTimer}, true},
		"released by a person":   {kept, Hold{State: Released, By: "alice"}, false},
		"passed in mode observe": {passed, Hold{State: Passed}, true},
		"recalled for another":   {passed, Hold{State: Held, Recalled: time.Unix(1, 0)}, false},
		"held, then recalled":    {kept, Hold{State: Held, Recalled: time.Unix(1, 0)}, false},
		"judged too late to act": {passed, Hold{State: Gone}, false},
	} {
		c.hold.Record = &analyzer.Record{Verdict: c.verdict}
		if got := c.hold.Notices(); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}
