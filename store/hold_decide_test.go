package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Decide decides one hold and says whether it was undecided.
func (db *DB) Decide(ctx context.Context, id int64, to ledger.State, by, reason string) (bool, error) {
	done, err := db.DecideHolds(ctx, []int64{id}, ledger.Decision{To: to, By: by, Reason: reason})
	return len(done) > 0, err
}

// A bulk decision is one transaction: all of it is there, with a line in the audit log for
// each mail, and what was decided before stays as it was.
func TestManyAreDecidedAtOnce(t *testing.T) {
	db, _ := clocked(t)
	ctx := t.Context()
	var ids []int64
	for range 1200 {
		keep(t, db, record("b@example.jp", analyzer.Hold))
		ids = append(ids, int64(len(ids)+1))
	}
	first := ledger.Decision{To: ledger.Discarding, By: "bob"}
	if done, err := db.DecideHolds(ctx, ids[:1], first); err != nil || len(done) != 1 {
		t.Fatal(done, err)
	}
	commits := 0
	db.opt.Committed = func(int, time.Duration) { commits++ }
	done, err := db.DecideHolds(ctx, append(slices.Clone(ids), 99_999),
		ledger.Decision{To: ledger.Releasing, By: "alice", Reason: "a mailing"})
	if err != nil || !slices.Equal(done, ids[1:]) || commits != 1 {
		t.Fatalf("%d decided in %d commits: %v", len(done), commits, err)
	}
	for i, h := range holds(t, db, ledger.HoldFilter{}) {
		want := ledger.Releasing
		if i == 0 {
			want = ledger.Discarding
		}
		if h.State != want || h.Due.IsZero() || i > 0 && (h.By != "alice" || h.Reason != "a mailing") {
			t.Fatalf("%s is %s, due %s, by %q: %q", h.Name(), h.State, h.Due, h.By, h.Reason)
		}
	}
	acts, err := db.AuditList(ctx, ledger.ActFilter{Verb: "release", Actor: "alice"})
	if err != nil || len(acts) != 1199 || acts[0].Object != "H1200" || acts[0].Reason != "a mailing" {
		t.Errorf("%d lines in the audit log, %v", len(acts), err)
	}
	if done, err := db.DecideHolds(ctx, ids, ledger.Decision{To: ledger.Held}); err == nil || done != nil {
		t.Errorf("%q is taken for a decision", ledger.Held)
	}
}
