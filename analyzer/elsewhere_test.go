package analyzer_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// quiet is a mail of a burst that has no lure: only how many there are tells.
func quiet(i int) *analyzer.Mail {
	return letter("b@example.jp", attackDay.Add(time.Duration(i)*20*time.Second), "203.0.113.9",
		fmt.Sprintf("x%d@partner%d.example.net", i, i), honest, "X-Mailer: Leaf PHPMailer 2.7")
}

// A burst that is balanced over three nodes, mail by mail, is judged as on one, when each hears of
// the others' mail; without that it is three small ones.
func TestBurstOverNodes(t *testing.T) {
	for name, mail := range map[string]func(int) *analyzer.Mail{"lure": attack, "quiet": quiet} {
		const mails = 30
		play := func(nodes int, hear bool) (points []float64, verdicts []analyzer.Action) {
			memory := replay.NewMemory()
			list := []*analyzer.Analyzer{office(t, memory)}
			for len(list) < nodes {
				a := analyzer.New(analyzer.Config{Salt: []byte("test"),
					Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}}, memory)
				if err := a.Load(t.Context()); err != nil {
					t.Fatal(err)
				}
				list = append(list, a)
			}
			for _, a := range list { // the sender is in memory everywhere
				m := letter("b@example.jp", attackDay.Add(-time.Hour), "192.0.2.11", "p1@partner1.example.org", honest)
				if _, err := a.Judge(t.Context(), m, analyzer.Conditions{}); err != nil {
					t.Fatal(err)
				}
			}
			for i := range mails {
				r, err := list[i%nodes].Judge(t.Context(), mail(i), analyzer.Conditions{})
				if err != nil {
					t.Fatal(err)
				}
				points, verdicts = append(points, r.Verdict.Points), append(verdicts, r.Verdict.Would)
				for k, a := range list {
					if hear && k != i%nodes {
						h := []analyzer.Elsewhere{{Sender: r.Envelope.Sender, Recent: analyzer.Recent{ID: r.ID,
							Action: r.Verdict.Action, Would: r.Verdict.Would, Points: r.Verdict.Points,
							Sum: r.Verdict.Sum, Observation: r.Observation}}}
						a.Heard(h)
						a.Heard(h) // twice is once
					}
				}
			}
			return points, verdicts
		}
		want, wantActions := play(1, true)
		got, actions := play(3, true)
		deaf, _ := play(3, false)
		held, differ, lost := 0, 0, 0.0
		for i := range want {
			if math.Abs(got[i]-want[i]) > 0.5 {
				differ++
			}
			if actions[i] != wantActions[i] {
				t.Errorf("%s: mail %d is %s (%.1f points) on three nodes, %s (%.1f) on one", name, i, actions[i],
					got[i], wantActions[i], want[i])
			}
			if actions[i] == analyzer.Hold {
				held++
			}
			lost += want[i] - deaf[i]
		}
		t.Logf("%s: %d of %d held, %d with other points; without hearing %.1f points fewer", name, held, mails,
			differ, lost/mails)
		if differ > 2 {
			t.Errorf("%s: points %.1f on three nodes, %.1f on one", name, got, want)
		}
		if name == "quiet" && lost <= 0 {
			t.Errorf("%s: nodes that hear nothing judge alike: the test shows nothing", name)
		}
	}
}
