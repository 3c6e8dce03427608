package analyzer_test

import (
	"fmt"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// An admin's ceiling counts each person once, whatever is usual, and says so in the evidence.
func TestCeiling(t *testing.T) {
	for name, c := range map[string]struct {
		ceilings []analyzer.Ceiling
		// what becomes of the tenth mail, each to somebody new, a minute apart
		tenth analyzer.Action
		cause string
	}{
		"none":           {nil, analyzer.Pass, ""},
		"an hour":        {[]analyzer.Ceiling{{Hour: 9}}, analyzer.Hold, "limit"},
		"not beyond":     {[]analyzer.Ceiling{{Hour: 10, Day: 10, NewHour: 10, NewDay: 10}}, analyzer.Pass, ""},
		"new in a day":   {[]analyzer.Ceiling{{NewDay: 9}}, analyzer.Hold, "limit"},
		"waits":          {[]analyzer.Ceiling{{Day: 9, Delay: true}}, analyzer.Delay, "limit"},
		"of others":      {[]analyzer.Ceiling{{Senders: []string{"a@example.jp"}, Day: 1}}, analyzer.Pass, ""},
		"first wins":     {[]analyzer.Ceiling{{Senders: []string{"example.jp"}, Day: 50}, {Day: 1}}, analyzer.Pass, ""},
		"of application": {[]analyzer.Ceiling{{Class: analyzer.Application, Day: 1}}, analyzer.Pass, ""},
	} {
		t.Run(name, func(t *testing.T) {
			memory := replay.NewMemory()
			office(t, memory)
			a := analyzer.New(analyzer.Config{Salt: []byte("test"), Ceilings: c.ceilings,
				Mode:       map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce},
				Thresholds: analyzer.Thresholds{Delay: 99, Hold: 99, Sum: 99}}, memory)
			var r *analyzer.Record
			for i := range 10 {
				var err error
				m := letter("b@example.jp", attackDay.Add(9*time.Hour+time.Duration(i)*time.Minute), "192.0.2.11",
					fmt.Sprintf("new%d@partner%d.example.org", i, i), honest)
				if r, err = a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true}); err != nil {
					t.Fatal(err)
				}
				if i < 9 && r.Verdict.Action != analyzer.Pass {
					t.Fatalf("mail %d: %+v", i+1, r.Verdict)
				}
			}
			v := &r.Verdict
			e := fired(*v, "reach-limit")
			if v.Action != c.tenth || v.Cause != c.cause || (e != nil) != (c.cause == "limit") {
				t.Errorf("%s because of %q, %+v", v.Action, v.Cause, v.Evidence)
			}
			if e != nil && (e.Observed != "10 people" || e.Usual != "allowed: 9" || v.PassIf == "") {
				t.Errorf("%+v, %q", e, v.PassIf)
			}
		})
	}
}
