package analyzer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hisseki/analyzer"
	"hisseki/replay"
)

// linked is a mail with so many links to ever new sites, and others that each mail has.
func linked(n int, own string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "https://www.%s%d.test/\r\n", own, i)
		fmt.Fprintf(&b, "https://www.shared%d.test/\r\n", i)
	}
	return b.String()
}

// Thousands of unknown links cost others' mail a bounded time: few become marks. A campaign is
// known all the same, and the links that the journal names can be blocked.
func TestFewMarksOfManyLinks(t *testing.T) {
	salt := []byte("test")
	a := analyzer.New(analyzer.Config{Salt: salt}, replay.NewMemory())
	var records []*analyzer.Record
	for i, who := range []string{"a@example.jp", "b@example.jp"} {
		m := letter(who, attackDay, "192.0.2.10", fmt.Sprintf("p%d@partner.example.org", i),
			linked(700, who[:1]))
		r, err := a.Judge(t.Context(), m, analyzer.Conditions{})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
		marks := r.Observation.Marks
		if len(marks) < 100 || len(marks) > 200 || !slices.IsSorted(marks) {
			t.Errorf("%d marks of 1,400 sites", len(marks))
		}
		if got := analyzer.LureSites(salt, r); len(got) != len(r.URLs) {
			t.Errorf("%d of %d links can be blocked", len(got), len(r.URLs))
		}
	}
	shared := 0
	for _, k := range records[1].Observation.Marks {
		if slices.Contains(records[0].Observation.Marks, k) {
			shared++
		}
	}
	if shared < 20 {
		t.Errorf("two mails with 700 links in common share %d marks", shared)
	}
}
