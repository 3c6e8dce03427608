package analyzer_test

import (
	"fmt"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// An odd mail that goes to the same person once more repeats the first and adds nothing to the sum,
// whichever way its points were rounded in the record.
func TestOddMailIsRepeated(t *testing.T) {
	a := office(t, replay.NewMemory())
	odd := 0
	for i := range 12 {
		for again := range 2 {
			m := letter("b@example.jp", attackDay.AddDate(0, 0, 4*i).Add(time.Duration(again)*time.Minute), "192.0.2.11",
				"p1@partner1.example.org", honest+fmt.Sprintf("\nSee https://new%d.example/%d\n", i, i))
			r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict.Points < 3 { // learned by now: others' points are not asked
				break
			}
			if odd++; again == 1 && !r.Verdict.Repeat {
				t.Errorf("day %d: the same mail again, of %.4f points, is no repeat", i, r.Verdict.Points)
			}
		}
	}
	if odd < 10 {
		t.Errorf("%d odd mails: the test shows nothing", odd)
	}
}
