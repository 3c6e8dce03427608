package analyzer_test

import (
	"testing"

	"hisseki/analyzer"
	"hisseki/replay"
)

// What calibration is told of a judged mail is what the analyzer decided, at the
// thresholds in force, and more or less at others.
func TestWouldIsTheVerdict(t *testing.T) {
	memory := replay.NewMemory()
	office(t, memory)
	fixed := analyzer.Thresholds{Delay: 4, Hold: 9, Sum: 6, Drift: 2}
	a := analyzer.New(analyzer.Config{Salt: []byte("test"), Thresholds: fixed}, memory)
	inForce, err := a.InForce(t.Context())
	if err != nil || inForce != fixed {
		t.Fatalf("in force %+v, %v; want %+v", inForce, err, fixed)
	}
	seen := map[analyzer.Action]int{}
	check := func(m *analyzer.Mail) {
		t.Helper()
		r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatal(err)
		}
		v := &r.Verdict
		if got := fixed.Would(v); got != v.Would {
			t.Errorf("%.2f points, sum %.2f, lure %.2f: calibration says %s, the verdict was %s (%s)",
				v.Points, v.Sum, v.Lure, got, v.Would, v.Cause)
		}
		if (v.Would == analyzer.Pass) != (v.Cause == "") {
			t.Errorf("%s because of %q", v.Would, v.Cause)
		}
		if (analyzer.Thresholds{Delay: 1e3, Hold: 1e3, Sum: 1e3}).Would(v) != analyzer.Pass ||
			!v.Repeat && (analyzer.Thresholds{}).Would(v) != analyzer.Hold {
			t.Error("the highest thresholds hold, or the lowest let pass")
		}
		seen[v.Would]++
	}
	for i := range 3 {
		check(letter("a@example.jp", attackDay, "192.0.2.10", "p1@partner1.example.org", honest))
		check(letter("c@example.jp", attackDay, "192.0.2.12", "p1@partner1.example.org",
			"see https://news.lure.test/\n"+honest))
		check(attack(i))
	}
	if seen[analyzer.Pass] == 0 || seen[analyzer.Hold] == 0 {
		t.Errorf("the mails show too little: %v", seen)
	}
}

func TestInForceFollowsHistory(t *testing.T) {
	memory := replay.NewMemory()
	office(t, memory)
	a := analyzer.New(analyzer.Config{Salt: []byte("test"),
		Thresholds: analyzer.Thresholds{Hold: 33}}, memory)
	got, err := a.InForce(t.Context())
	if err != nil || got.Hold != 33 || got.Delay <= 0 || got.Sum <= 0 || got.Drift <= 0 {
		t.Errorf("in force %+v, %v", got, err)
	}
}

// Shipped lines hold as long as there is no history, and then bound what it may do.
func TestShippedLines(t *testing.T) {
	want := analyzer.DefaultShipped
	want.Hold, want.Sum = 28, 20
	cfg := analyzer.Config{Salt: []byte("test"), Shipped: analyzer.Thresholds{Hold: 28, Sum: 20}}
	got, err := analyzer.New(cfg, replay.NewMemory()).InForce(t.Context())
	if err != nil || got != want {
		t.Errorf("without history %+v, %v; want %+v", got, err, want)
	}
	memory := replay.NewMemory()
	office(t, memory)
	got, err = analyzer.New(cfg, memory).InForce(t.Context())
	if err != nil || got.Hold < 21 || got.Sum < 15 || got.Hold > 35 || got.Sum > 25 {
		t.Errorf("with history %+v, %v; want what a quarter around the shipped lines allows",
			got, err)
	}
}
