package calibration

import (
	"fmt"
	"math"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// The bounds are those of published tables (Clopper-Pearson, one-sided 95 %).
func TestUpper(t *testing.T) {
	for _, c := range []struct {
		k, n int
		want float64
	}{
		{0, 10, 0.2589}, {1, 10, 0.3942}, {5, 10, 0.7776}, {0, 100, 0.02951}, {3, 100, 0.07571},
		{0, 30000, 9.985e-5}, {10, 10, 1}, {0, 0, 1},
	} {
		if got := Upper(c.k, c.n); math.Abs(got-c.want) > c.want*1e-3 {
			t.Errorf("%d of %d: at most %v, want %v", c.k, c.n, got, c.want)
		}
	}
	if got := Upper(0, 20950) * 20950; math.Abs(got-3) > 0.01 {
		t.Errorf("the rule of three gives %v", got)
	}
	// Many seen: no underflow, and near the normal approximation.
	if got := Upper(4000, 100000); math.Abs(got-0.0410) > 1e-4 {
		t.Errorf("4000 of 100000: at most %v", got)
	}
	if n := Needed(1e-4); n != 29956 || Upper(0, n) > 1e-4 || Upper(0, n-1) <= 1e-4 {
		t.Errorf("%d mails without a hold prove 1 in 10,000", n)
	}
}

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// history has n quiet mails in two weeks, and one mail of each of the given points.
func history(n int, points ...float64) *History {
	h := &History{}
	step := 14 * 24 * time.Hour / time.Duration(n)
	for i := range n {
		m := Mail{At: start.Add(time.Duration(i) * step), Sender: fmt.Sprintf("s%d@example.jp", i%7)}
		m.Points = 1
		if k := i - n/2; k >= 0 && k < len(points) {
			m.Points = points[k]
		}
		h.Add(m)
	}
	return h
}

var inForce = analyzer.Thresholds{Delay: 5, Hold: 10, Sum: 8, Drift: 3}

func TestNotchesCountWhatTheAnalyzerDecides(t *testing.T) {
	h := history(2000, 5.2, 9.5, 10, 12.4, 30)
	h.Mails[3].Points, h.Mails[3].Sum = 3.5, 8.5   // held by its sum
	h.Mails[4].Points, h.Mails[4].Sum = 2.5, 8.5   // too ordinary to be
	h.Mails[5].Points, h.Mails[5].Repeat = 6, true // to people whom unusual mail reached already
	var last Count
	for i, n := range h.Notches(inForce) {
		if n.Factor == 1 && (n.Holds != 4 || n.Delays != 2) {
			t.Errorf("in force: %+v", n)
		}
		if i > 0 && (n.Holds > last.Holds || n.Holds+n.Delays > last.Holds+last.Delays) {
			t.Errorf("notch %v holds more than the one below: %+v, %+v", n.Factor, n.Count, last)
		}
		if n.HoldShare > n.HoldBound || n.HoldShare*2000 != float64(n.Holds) {
			t.Errorf("notch %v: %+v", n.Factor, n)
		}
		last = n.Count
	}
}

func TestChoose(t *testing.T) {
	budget := analyzer.Budget{Holds: 1e-3, Delays: 1e-2}
	for name, c := range map[string]struct {
		h           *History
		hold, delay float64 // factors
		ok          bool
	}{
		"too many held: up until the budget is kept": {history(2000, 13, 13.5, 13.5, 14, 14),
			1.4, 0.6, true},
		"few mails prove nothing: stays":          {history(100), 1, 1, true},
		"many quiet mails: down as far as proved": {history(5000, 6.5, 6.5, 6.5, 7.5), 0.7, 0.6, true},
		"hopeless": {history(200, 99, 99, 99, 99), 2, 1, false},
	} {
		list := c.h.Notches(inForce)
		hold, delay, ok := Choose(list, budget)
		if list[hold].Factor != c.hold || list[delay].Factor != c.delay || ok != c.ok {
			t.Errorf("%s: hold %v, delay %v, %t", name, list[hold].Factor, list[delay].Factor, ok)
		}
		got := Merge(list, hold, delay)
		if got.Hold != 10*c.hold || got.Sum != 8*c.hold || got.Delay != 5*c.delay || got.Drift != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestDelayStaysBelowHold(t *testing.T) {
	list := history(5000).Notches(analyzer.Thresholds{Delay: 9.9, Hold: 10, Sum: 8, Drift: 3})
	hold, delay, _ := Choose(list, analyzer.Budget{Holds: 0.01, Delays: 1e-9})
	if got := Merge(list, hold, delay); got.Delay > got.Hold {
		t.Errorf("nothing could be delayed: %+v", got)
	}
}

func TestWhatCounts(t *testing.T) {
	h := &History{}
	for i, m := range []Mail{
		{Sender: "a", Held: true},
		{Sender: "a", Held: true}, // an hour later: the same episode
		{Sender: "b", Held: true}, // somebody else
		{Sender: "a", Fate: Attack, Held: true},
		{Sender: "a", Fate: Undecided, Held: true},
		{Sender: "a", Fate: Ruled, Held: true},
		{Sender: "c", Delayed: true},
		{Sender: "c", Delayed: true, Held: true},
	} {
		m.At = start.Add(time.Duration(i) * time.Hour)
		h.Add(m)
	}
	h.Add(Mail{Sender: "a", At: start.Add(24 * time.Hour), Held: true}) // a day after the first
	want := Count{Holds: 5, HoldEpisodes: 4, Delays: 2, DelayEpisodes: 1}
	if got := h.Actual(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	list := h.Episodes()
	if len(list) != 4 || list[0] != (Episode{Sender: "a", First: start, Mails: 2}) ||
		list[3] != (Episode{Sender: "a", First: start.Add(24 * time.Hour), Mails: 1}) {
		t.Errorf("episodes %+v", list)
	}
	if len(h.Mails) != 6 || h.Attacks != 1 || h.Undecided != 1 || h.Ruled != 1 || h.Senders != 3 {
		t.Errorf("%+v", h)
	}
	if got := h.PerWeek(2); got != 14 {
		t.Errorf("two in a day are %v a week", got)
	}
	if got := (&History{}).PerWeek(0); got != 0 {
		t.Errorf("nothing at all is %v a week", got)
	}
}

// Mail that mode observe let pass is undecided as held mail is, until its incident ends: by a
// person's word, or because nobody had anything to say.
func TestFate(t *testing.T) {
	for _, c := range []struct {
		judged ledger.Judged
		want   Fate
	}{
		{ledger.Judged{}, Ordinary},
		{ledger.Judged{State: ledger.Passed, Open: true}, Undecided},
		{ledger.Judged{State: ledger.Passed}, Ordinary},
		{ledger.Judged{State: ledger.Passed, Confirmed: true}, Attack},
		{ledger.Judged{State: ledger.Held, Open: true}, Undecided},
		{ledger.Judged{State: ledger.Released, Open: true}, Ordinary}, // a person said so
		{ledger.Judged{State: ledger.Discarding, Open: true}, Attack},
		{ledger.Judged{Verdict: analyzer.Verdict{Cause: "rule"}}, Ruled},
	} {
		if got := fateOf(&c.judged); got != c.want {
			t.Errorf("%+v: %d, want %d", c.judged, got, c.want)
		}
	}
}
