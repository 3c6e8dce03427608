package store

import (
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Rounds look at what is new only; whatever makes a mail part of a campaign must be new to
// the next one.
func TestRecallHearsOfAllThatIsNew(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	round := func(what string, want int) {
		t.Helper()
		if n, err := db.Recall(ctx, *now); err != nil || n != want {
			t.Errorf("%s: %d recalled, %v; want %d", what, n, err, want)
		}
	}
	rule := analyzer.Override{Action: analyzer.Pass, Until: noon.Add(time.Hour), By: "a", Reason: "r"}
	if err := db.SetOverride(ctx, "sender:e@example.jp", rule); err != nil {
		t.Fatal(err)
	}
	round("an empty store", 0)
	keep(t, db, mailOf("c@example.jp", analyzer.Pass, 0, 7))         // 1
	keep(t, db, mailOf("b@example.jp", analyzer.Pass, lureAgain, 9)) // 2
	keep(t, db, mailOf("e@example.jp", analyzer.Pass, 0, 7))         // 3: a rule lets it go
	round("no incident", 0)
	keep(t, db, mailOf("b@example.jp", analyzer.Hold, 0, 7)) // 4
	round("a mark of an earlier mail", 1)
	keep(t, db, mailOf("d@example.jp", analyzer.Pass, 0, 8, 7)) // 5
	round("a mail with a known mark", 1)
	keep(t, db, mailOf("b@example.jp", analyzer.Hold, lureText)) // 6
	round("a text of an earlier mail", 1)
	keep(t, db, mailOf("b@example.jp", analyzer.Pass, lureAgain)) // 7
	keep(t, db, mailOf("c@example.jp", analyzer.Pass, lureAgain)) // 8: others' texts say nothing
	round("a mail with a known text", 1)
	*now = noon.Add(2 * time.Hour)
	round("the end of a rule", 1)
	observed := mailOf("f@example.jp", analyzer.Pass, 0, 11)
	observed.ObservedHold = true
	keep(t, db, observed)                                     // 9
	keep(t, db, mailOf("g@example.jp", analyzer.Pass, 0, 11)) // 10
	round("what mode observe let pass", 0)
	keep(t, db, mailOf("f@example.jp", analyzer.Hold, 0, 11)) // 11
	round("the same in mode enforce", 1)
	if _, ok, err := db.EndIncident(ctx, 1, ledger.Ending{To: ledger.IncidentEnded}); err != nil || !ok {
		t.Fatal(ok, err)
	}
	keep(t, db, mailOf("h@example.jp", analyzer.Pass, 0, 7)) // 12
	round("an incident that ended", 0)
	if _, ok, err := db.ReopenIncident(ctx, 1, "a", "r"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	round("an incident that was opened again", 1)
}

// What a person let go shows nothing any more: it recalls nothing and joins no case.
func TestReleasedMailLeavesTheCampaign(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	keep(t, db, mailOf("b@example.jp", analyzer.Hold, lureText, 7, 8)) // 1
	keep(t, db, mailOf("b@example.jp", analyzer.Hold, lureText, 8))    // 2
	if ok, err := db.Decide(ctx, 1, ledger.Releasing, "alice", "mine"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	keep(t, db, mailOf("c@example.jp", analyzer.Pass, 0, 7))      // 3: only the released one had it
	keep(t, db, mailOf("c@example.jp", analyzer.Pass, 0, 8))      // 4: the other one has it too
	keep(t, db, mailOf("b@example.jp", analyzer.Pass, lureAgain)) // 5
	if n, err := db.Recall(ctx, *now); err != nil || n != 2 {
		t.Errorf("%d recalled, %v; want 4 and 5", n, err)
	}
	if ok, err := db.Decide(ctx, 2, ledger.Releasing, "alice", "mine"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	keep(t, db, mailOf("c@example.jp", analyzer.Pass, 0, 8)) // 7
	keep(t, db, mailOf("b@example.jp", analyzer.Pass, lureAgain))
	if n, err := db.Recall(ctx, *now); err != nil || n != 0 {
		t.Errorf("%d recalled, %v; all of the campaign was let go", n, err)
	}
	keep(t, db, mailOf("d@example.jp", analyzer.Hold, lureText, 7, 8)) // a case of its own
	list, err := db.FindIncidents(ctx, ledger.IncidentFilter{})
	if err != nil || len(list) != 2 || list[0].Case == list[1].Case {
		t.Errorf("incidents %+v, %v; want two cases", list, err)
	}
	var left int
	if err := db.read.QueryRow(`SELECT (SELECT count(*) FROM incident_mark WHERE incident = 1)
		+ (SELECT count(*) FROM incident_text WHERE incident = 1)`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left of what was let go, %v", left, err)
	}
}
