package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// outcomeOf describes a replay's result: lines "MINUTE FILE ACTION" in time order, ACTION
// being pass, delay or hold, or held for a delayed mail that became a hold.
func outcomeOf(t *testing.T, lines ...string) *outcome {
	t.Helper()
	o := newOutcome()
	for _, line := range lines {
		var minute int
		e := &replay.Event{Kind: "verdict"}
		if _, err := fmt.Sscan(line, &minute, &e.File, (*string)(&e.Action)); err != nil {
			t.Fatal(err)
		}
		e.Time = start.Add(time.Duration(minute) * time.Minute)
		if e.Action == "held" {
			e.Kind, e.Action = "held", ""
		}
		if err := o.add(e); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// theScenario has three thefts: two with a lure of three and two mails, one without.
func theScenario() *scenario {
	return &scenario{name: "test",
		kinds: map[string]string{"a": "spray", "b": "slow", "c": "bec"},
		labels: []label{
			{"w1", "benign", "warmup", "", 1}, {"g1", "benign", "eval", "", 1},
			{"g2", "benign", "eval", "", 1}, {"g3", "benign", "eval", "", 2},
			{"g4", "benign", "eval", "", 1}, {"g5", "benign", "eval", "", 1},
			{"a1", "attack", "eval", "a", 10}, {"a2", "attack", "eval", "a", 20},
			{"a3", "attack", "eval", "a", 30}, {"b1", "attack", "warmup", "b", 4},
			{"b2", "attack", "eval", "b", 36}, {"c1", "attack", "eval", "c", 500},
		}}
}

// The figures are counted by hand: a1 waited and left, a2 waited and was held, a3 was
// held; b1 became a hold too late and b2 passed, so b escaped; 10 + 4 + 36 of 100 were
// reached. Of the five mails that count, g2 was held, g3 too after a delay, g4 waited.
func TestScore(t *testing.T) {
	o := outcomeOf(t, "0 w1 hold", "1 g1 pass", "2 g2 hold", "3 g3 delay", "4 g4 delay",
		"5 g5 pass", "6 g3 held", "10 a1 delay", "19 a2 delay", "30 a3 hold", "34 a2 held",
		"40 b1 delay", "50 b2 pass", "56 b1 held", "60 c1 hold")
	got, err := theScenario().score(o)
	want := score{Benign: 5, FalseHolds: 2, Delays: 2, Escaped: []int{1, 2}, Contained: 1,
		Recipients: 100, Reached: 50, BEC: 1, BECContained: 1}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	delete(o.final, "g5")
	if _, err := theScenario().score(o); err == nil || !strings.Contains(err.Error(), "g5") {
		t.Errorf("a mail without a verdict: %v", err)
	}
}

func TestTwoVerdicts(t *testing.T) {
	o := outcomeOf(t, "0 g1 hold")
	if o.add(&replay.Event{Kind: "verdict", File: "g1", Action: analyzer.Pass}) == nil {
		t.Error("a second verdict replaced the first")
	}
}

func TestPool(t *testing.T) {
	a := score{Benign: 1000, FalseHolds: 1, Delays: 4, Escaped: []int{0, 0, 0, 0, 0, 0, 9},
		Contained: 7, Recipients: 60, Reached: 3, BEC: 2}
	b := score{Benign: 3000, Delays: 6, Escaped: []int{0, 1, 2}, Contained: 2,
		Recipients: 40, Reached: 1, BEC: 1, BECContained: 1}
	got := pool(a, b)
	want := score{Benign: 4000, FalseHolds: 1, Delays: 10,
		Escaped: []int{0, 0, 0, 0, 0, 0, 0, 1, 2, 9}, Contained: 9, Recipients: 100, Reached: 4,
		BEC: 3, BECContained: 1}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	// The ninth of ten is the first that nine tenths do not exceed.
	row := fmt.Sprintf("%q", figures(got))
	// 1 of 4000 is at most 11.86 in 10,000: the 95 % quantile of Poisson is 4.744.
	if row != `["9 of 10" "0 / 9 / 9" "4.00 %" "1 of 4000" "2.50 (11.9)" "25.0" "1 of 3"]` {
		t.Errorf("row %s", row)
	}
	if a.allEscaped() != 9 || (&score{}).escaped(0.5) != 0 || (&score{}).holdShare() != 0 {
		t.Error("sum of escaped mails, or figures of nothing")
	}
}
