package store

import (
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// TestUnjudgedMailIsInTheReport: of a stolen account's mail, that which nobody looked at may
// be the thief's; whoever asks who got what must see it. Other accounts' is not of it.
func TestUnjudgedMailIsInTheReport(t *testing.T) {
	db, _ := clocked(t)
	var id int64
	for _, sender := range []string{"c@example.jp", who} {
		r := from(mailOf(sender, analyzer.Pass, 0), noon.Add(-time.Hour), home, false)
		r.Verdict.Would, r.Verdict.Points, r.Learn = analyzer.Unjudged, 0, false
		id = keep(t, db, r)
	}
	keep(t, db, from(mailOf(who, analyzer.Hold, lureText, 7), noon, thief, true))
	s, err := db.Scope(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Suspects) != 1 || s.Suspects[0].Record.ID != id ||
		s.Suspects[0].Traits[0] != analyzer.NotJudged || len(s.Fates[id]) != 2 {
		t.Errorf("suspects %+v, want mail %d with its recipients", s.Suspects, id)
	}
	judged := 0
	if err := db.EachJudged(t.Context(), time.Time{}, func(*ledger.Judged) error {
		judged++
		return nil
	}); err != nil || judged != 1 {
		t.Errorf("%d judged mails for calibrate, %v", judged, err)
	}
}
