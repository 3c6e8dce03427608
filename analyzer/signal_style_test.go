package analyzer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

const otherHand = "hi all!!\n\ncan u pls check the numbers again? i think smth is off w/ the 2nd " +
	"line... thx a lot & c u tmrw :)\n\ncheers\nandy\n"

// writers replays forty days of two accounts with hands of their own.
func writers(t *testing.T, days int) *analyzer.Analyzer {
	t.Helper()
	a := analyzer.New(analyzer.Config{Salt: []byte("test"),
		Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}}, replay.NewMemory())
	hands := map[string]string{"a@example.jp": otherHand, "b@example.jp": honest}
	for day := range days {
		for n := range 3 {
			for _, who := range []string{"a@example.jp", "b@example.jp"} {
				m := letter(who, monday.AddDate(0, 0, day).Add(time.Duration(n)*3*time.Hour), "192.0.2.1",
					"p1@partner1.example.org", fmt.Sprintf("%s%d items\n", hands[who], n))
				if _, err := a.Judge(t.Context(), m, analyzer.Conditions{}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return a
}

// One mail in another's hand says a little, the third of a burst more; the owner's own
// burst says nothing.
func TestStyleOfABurst(t *testing.T) {
	for body, strange := range map[string]bool{otherHand: true, honest: false} {
		a := writers(t, 40)
		var last *analyzer.Record
		for i := range 4 {
			m := letter("b@example.jp", monday.AddDate(0, 0, 41).Add(time.Duration(i)*time.Minute),
				"192.0.2.1", "p1@partner1.example.org", body)
			r, err := a.Judge(t.Context(), m, analyzer.Conditions{})
			if err != nil {
				t.Fatal(err)
			}
			if i < 2 && points(r, "style-burst") > 0 {
				t.Errorf("mail %d is no burst yet: %+v", i, r.Verdict.Evidence)
			}
			last = r
		}
		if got := points(last, "style-burst") > 0; got != strange {
			t.Errorf("style-burst fires %v, want %v: %+v", got, strange, last.Verdict.Evidence)
		}
		if last.Verdict.Would == analyzer.Hold {
			t.Errorf("style alone held a mail: %+v", last.Verdict)
		}
	}
}

// A verdict says when the writing could not be compared.
func TestTooLittleToCompare(t *testing.T) {
	for days, want := range map[int]string{40: "too little text", 4: "too little history"} {
		a := writers(t, days)
		m := letter("b@example.jp", monday.AddDate(0, 0, days+1), "203.0.113.9", "x@stranger.test",
			"see https://kakunin.lure.test/7\n", "X-Mailer: Leaf PHPMailer 2.7")
		r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
		if err != nil || r.Verdict.Would == analyzer.Pass {
			t.Fatalf("after %d days: %+v %v", days, r, err)
		}
		note := ""
		for _, e := range r.Verdict.Evidence {
			if e.Signal == "style" {
				note = e.Text
			}
		}
		if !strings.Contains(note, want) {
			t.Errorf("after %d days the verdict says %q of the style, want %q", days, note, want)
		}
	}
}
