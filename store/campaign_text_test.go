package store

import (
	"testing"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// A dismissed incident's texts are gone from the store but may still be in the committer's
// memory: they must not hide an older incident with the same text, which is open.
func TestDismissedTextHidesNoOther(t *testing.T) {
	db, _ := clocked(t)
	keep(t, db, mailOf("a@example.jp", analyzer.Hold, lureText))
	keep(t, db, mailOf("b@example.jp", analyzer.Hold, lureText))
	keep(t, db, mailOf("d@example.jp", analyzer.Hold, otherText)) // both texts are in memory now
	if ok, err := closeIncident(t.Context(), db, 2, ledger.IncidentDismissed, "alice", "mine"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	keep(t, db, mailOf("c@example.jp", analyzer.Hold, lureText))
	list, err := db.Incidents(t.Context(), "c@example.jp")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Case != 1 {
		t.Errorf("incident %+v, want it in case 1", list)
	}
}
