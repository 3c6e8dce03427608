package store

import (
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// observedHold is a mail that mode enforce had held.
func observedHold(sender string) *analyzer.Record {
	r := mailOf(sender, analyzer.Pass, lureText, 7)
	r.Verdict.Would, r.ObservedHold = analyzer.Hold, true
	return r
}

// In mode observe an incident opens and shows all it knows, and nothing is done to mail.
func TestModeObserveOpensIncidents(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	keep(t, db, mailOf("c@example.jp", analyzer.Pass, otherText, 7)) // 1: the same link
	keep(t, db, observedHold("b@example.jp"))                        // 2
	keep(t, db, observedHold("b@example.jp"))                        // 3
	if got := states(t, db); !slices.Equal(got, []string{"2:passed", "3:passed"}) {
		t.Fatalf("holds are %q", got)
	}
	if n, err := db.Recall(ctx, *now); err != nil || n != 0 {
		t.Errorf("%d mails asked back, %v", n, err)
	}
	if due, err := dueHolds(ctx, db, *now); err != nil || len(due) != 0 {
		t.Errorf("%d mails for the agent, %v", len(due), err)
	}
	b, err := db.Brief(ctx, 1)
	if err != nil || b.Holds != 2 || b.Passed != 2 || b.Waiting != 0 || b.Recipients != 2 {
		t.Errorf("in short %+v, %v", b, err)
	}
	s, err := db.Scope(ctx, 1)
	if err != nil || len(s.Holds) != 2 || len(s.Suspects) != 1 || s.Suspects[0].Record.ID != 1 {
		t.Errorf("scope %+v, %v", s, err)
	}
	done, ok, err := db.EndIncident(ctx, 1, ledger.Ending{To: ledger.IncidentConfirmed, By: "alice", Reason: "r"})
	if err != nil || !ok || done.Unlearned != 2 || done.Discarding != 0 {
		t.Errorf("confirmed %+v, %t, %v; want both unlearned and none discarded", done, ok, err)
	}
	if got := states(t, db); !slices.Equal(got, []string{"2:passed", "3:passed"}) {
		t.Errorf("after the confirmation holds are %q", got)
	}
}

func TestIncidentsOfModeObserveEnd(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	keep(t, db, observedHold("b@example.jp"))
	keep(t, db, observedHold("c@example.jp"))
	keep(t, db, record("c@example.jp", analyzer.Hold)) // the mode was changed
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{ledger.ObservedSpan, 0}, {ledger.ObservedSpan + time.Second, 1}, {ledger.ObservedSpan + time.Second, 0}} {
		*now = noon.Add(step.after)
		if n, err := db.EndPassed(ctx, *now); err != nil || n != step.want {
			t.Errorf("after %s %d ended, %v; want %d", step.after, n, err, step.want)
		}
	}
	open, err := db.Incidents(ctx, "", ledger.IncidentOpen)
	if err != nil || len(open) != 1 || open[0].Sender != "c@example.jp" {
		t.Errorf("open are %+v, %v; want that of c, whose mail is kept", open, err)
	}
}

// Who is not told of watching hears of the incident when its first mail is kept, once.
func TestWatchingTurnsSerious(t *testing.T) {
	db, _ := clocked(t)
	setHooks(t, db, "lock")
	keep(t, db, observedHold("b@example.jp"))
	keep(t, db, observedHold("b@example.jp"))
	if got := heard(t, db, "lock"); !slices.Equal(got, []ledger.EventKind{ledger.EventOpened}) {
		t.Fatalf("while watching %v", got)
	}
	for range 2 {
		keep(t, db, record("b@example.jp", analyzer.Hold)) // the mode was changed
	}
	keep(t, db, observedHold("b@example.jp"))
	keep(t, db, record("b@example.jp", analyzer.Hold))
	if got := heard(t, db, "lock"); !slices.Equal(got, []ledger.EventKind{ledger.EventOpened}) {
		t.Errorf("with mail kept %v, want opened once more", got)
	}
	b, err := db.Brief(t.Context(), 1)
	if err != nil || b.Holds != 6 || b.Passed != 3 {
		t.Errorf("in short %+v, %v", b, err)
	}
}
