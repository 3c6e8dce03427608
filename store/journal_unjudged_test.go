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

// TestLateVerdictTakesTheRecordsPlace: the record of a mail that was not judged has its verdict later,
// its recipients as before, and a hold that asks it back; there is no second one.
func TestLateVerdictTakesTheRecordsPlace(t *testing.T) {
	db, _ := clocked(t)
	ctx := t.Context()
	r := mailOf(who, analyzer.Pass, 0)
	r.Verdict = analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Unjudged, Cause: "no verdict within 5s"}
	r.Learn, r.Late.Content = false, analyzer.Waits
	first := keep(t, db, r)
	s, err := db.Status(ctx, noon.Add(-time.Hour))
	if err != nil || s.Later != 1 || s.Would[analyzer.Unjudged] != 1 {
		t.Errorf("status %+v, %v", s, err)
	}
	late := mailOf(who, analyzer.Pass, lureText, 7)
	late.Verdict.Would, late.Learn = analyzer.Hold, false
	late.Late = analyzer.Late{Failure: "no verdict within 5s", Judged: noon.Add(time.Minute), Recall: true}
	if waits, err := db.Unjudged(ctx, ledger.Unjudged{Envelope: &late.Envelope}, ""); err != nil || !waits {
		t.Errorf("it waits: %v, %v", waits, err)
	}
	if id := keep(t, db, late); id != first {
		t.Errorf("record %d, want %d", id, first)
	}
	if waits, err := db.Unjudged(ctx, ledger.Unjudged{Envelope: &late.Envelope}, ""); err != nil || waits {
		t.Errorf("it still waits: %v, %v", waits, err)
	}
	if _, err := db.Begin(ctx, late)(); err == nil {
		t.Error("it is judged twice")
	}
	list := holds(t, db, ledger.HoldFilter{})
	if len(list) != 1 || list[0].State != ledger.Recalling || list[0].Incident == 0 || list[0].Recalled.IsZero() ||
		list[0].Record.Late.Failure != late.Late.Failure || !list[0].Record.Late.Judged.Equal(late.Late.Judged) || len(list[0].Recipients) != 2 || list[0].Record.Verdict.Action != analyzer.Pass {
		t.Fatalf("holds %+v", list)
	}
	if s, err = db.Status(ctx, noon.Add(-time.Hour)); err != nil || s.Later != 0 || s.Would[analyzer.Hold] != 1 || s.Incidents != 1 {
		t.Errorf("status %+v, %v", s, err)
	}
	// Another account's ordinary mail is taught, and one that is given up says why.
	fine := mailOf("c@example.jp", analyzer.Pass, 0)
	fine.Verdict.Would, fine.Learn = analyzer.Unjudged, false
	keep(t, db, fine)
	again := mailOf("c@example.jp", analyzer.Pass, 0)
	again.Late = analyzer.Late{Failure: "x", Judged: noon}
	if kept, err := db.Begin(ctx, again)(); err != nil || kept.Lesson == 0 {
		t.Errorf("%+v, %v", kept, err)
	}
	lost := mailOf("d@example.jp", analyzer.Pass, 0)
	lost.Verdict.Would, lost.Learn, lost.Late.Content = analyzer.Unjudged, false, analyzer.Waits
	keep(t, db, lost)
	if waits, err := db.Unjudged(ctx, ledger.Unjudged{Envelope: &lost.Envelope}, "it waited for too long"); err != nil || !waits {
		t.Errorf("%v, %v", waits, err)
	}
	if s, err = db.Status(ctx, noon.Add(-time.Hour)); err != nil || s.Later != 0 || s.Would[analyzer.Unjudged] != 1 {
		t.Errorf("status %+v, %v", s, err)
	}
}
