package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// stamp signs without a secret: here it only matters what is signed, and when.
type stamp struct{}

func (stamp) Sign(s ledger.Statement) string {
	sum := sha256.Sum256(s.Bytes())
	return hex.EncodeToString(sum[:])
}

func (k stamp) Verify(s ledger.Statement, signature string) error {
	if signature != k.Sign(s) {
		return errors.New("forged")
	}
	return nil
}

// signs opens a store anew, as somebody who may decide does.
func signs(t *testing.T, db *DB) *DB {
	t.Helper()
	again, err := Open(t.Context(), place(t, db.path), Options{Now: db.now, Signs: stamp{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	return again
}

func oneHold(t *testing.T, db *DB, id int64) *ledger.Hold {
	t.Helper()
	list, err := db.Holds(t.Context(), ledger.HoldFilter{IDs: []int64{id}})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return &list[0]
}

// TestDecisionsAreSigned: each by what it means, and it loses the signature when it is taken back.
func TestDecisionsAreSigned(t *testing.T) {
	serve, now := clocked(t)
	ctx := t.Context()
	db := signs(t, serve)
	var ids []int64
	for _, action := range []analyzer.Action{analyzer.Hold, analyzer.Hold, analyzer.Hold} {
		mailed(t, serve, "4Cabc12"+string(rune('3'+len(ids)))+"XYz4Q", action, *now)
		*now = now.Add(time.Second)
		ids = append(ids, int64(len(ids)+1))
	}
	signed := func(id int64, want bool) {
		t.Helper()
		h := oneHold(t, db, id)
		if err := (stamp{}).Verify(h.Statement(), h.Signature); (err == nil) != want || !want && h.Signature != "" {
			t.Errorf("H%d is %s: signed %q, %v", id, h.State, h.Signature, err)
		}
	}
	if _, err := serve.DecideHolds(ctx, ids[:1], ledger.Decision{To: ledger.Releasing, By: "serve"}); err != nil {
		t.Fatal(err)
	}
	signed(ids[0], false)
	if _, err := db.Refuse(ctx, "a test", ids[0]); err != nil {
		t.Fatal(err)
	}
	if h := oneHold(t, db, ids[0]); h.State != ledger.Held || h.By != "" || h.Error == "" {
		t.Errorf("refused: %+v", h)
	}
	if _, err := db.DecideHolds(ctx, ids[:1], ledger.Decision{To: ledger.Releasing, By: "alice"}); err != nil {
		t.Fatal(err)
	}
	signed(ids[0], true)
	if err := db.Finish(ctx, ids[0]); err != nil {
		t.Fatal(err)
	}
	signed(ids[0], true) // a mail that turns up again is released by the same decision
	h := oneHold(t, db, ids[1])
	if _, ok, err := db.EndIncident(ctx, h.Incident, ledger.Ending{To: ledger.IncidentConfirmed, By: "alice",
		Grace: time.Hour}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	signed(ids[1], true)
	if h = oneHold(t, db, ids[1]); !h.NotBefore.Equal(now.Add(time.Hour)) {
		t.Errorf("may be deleted from %v on", h.NotBefore)
	}
	if _, err := db.Retry(ctx, errors.New("busy"), now.Add(time.Minute), ids[1]); err != nil {
		t.Fatal(err)
	}
	signed(ids[1], true) // tries do not change what was decided
	if _, ok, err := db.ReopenIncident(ctx, h.Incident, "alice", ""); !ok || err != nil {
		t.Fatal(ok, err)
	}
	signed(ids[2], false)
}

// TestTheRestIsSigned: events, rules, exceptions and the audit log.
func TestTheRestIsSigned(t *testing.T) {
	serve, now := clocked(t)
	ctx := t.Context()
	db := signs(t, serve)
	mailed(t, serve, "4Cabc123XYz4Q", analyzer.Hold, *now)
	if err := serve.SetHooks(ctx, []string{"lock"}); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := db.EndIncident(ctx, 1, ledger.Ending{To: ledger.IncidentDismissed, By: "alice"}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	e, err := db.ClaimEvent(ctx, "lock", time.Minute)
	if err != nil || e == nil || e.Sender == "" || (stamp{}).Verify(e.Statement(), e.Signature) != nil {
		t.Errorf("event %+v, %v", e, err)
	}
	until := now.Add(time.Hour)
	rule := analyzer.Override{Action: analyzer.Hold, Until: until, By: "alice"}
	if err := serve.SetOverride(ctx, "sender:eve@example.org", rule); err != nil {
		t.Fatal(err)
	}
	if err := db.SetOverride(ctx, "sender:bob@example.org", rule); err != nil {
		t.Fatal(err)
	}
	if _, err := db.AddHabit(ctx, analyzer.Habit{Senders: []string{"bob@example.org"}, Countries: []string{"US"},
		Until: until, By: "alice"}); err != nil {
		t.Fatal(err)
	}
	verified := func() (n int) {
		rules, err := db.Overrides(ctx, "", *now)
		if err != nil {
			t.Fatal(err)
		}
		exceptions, err := db.Exceptions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for i := range rules {
			if (stamp{}).Verify(rules[i].Statement(), rules[i].Signature) == nil {
				n++
			}
		}
		for i := range exceptions {
			if (stamp{}).Verify(exceptions[i].Statement(), exceptions[i].Signature) == nil {
				n++
			}
		}
		return n
	}
	if n := verified(); n != 2 {
		t.Errorf("%d rules and exceptions are signed", n)
	}
	if n, err := db.Adopt(ctx); n != 1 || err != nil {
		t.Errorf("adopted %d, %v", n, err)
	}
	if n := verified(); n != 3 {
		t.Errorf("%d rules and exceptions are signed after adoption", n)
	}
	acts, err := db.AuditList(ctx, ledger.ActFilter{Oldest: true, After: 1})
	if err != nil || len(acts) != 3 || acts[0].ID != 2 {
		t.Fatal(acts, err)
	}
	for i := range acts {
		if signed := (stamp{}).Verify(acts[i].Statement(), acts[i].Signature) == nil; signed != (acts[i].Object != "sender:eve@example.org") {
			t.Errorf("line %+v", acts[i])
		}
	}
}

// counting is stamp, and counts the decisions about mail that it signs.
type counting struct {
	stamp
	holds *atomic.Int64
}

func (c counting) Sign(s ledger.Statement) string {
	if bytes.Contains(s.Bytes(), []byte("discarding")) {
		c.holds.Add(1)
	}
	return c.stamp.Sign(s)
}

// Who only looks at what a decision would do has no mail of it signed: that is done with the lock that mail waits for.
func TestPreviewSignsNothing(t *testing.T) {
	db, _ := clocked(t)
	const mails = 20
	for range mails {
		keep(t, db, mailOf(who, analyzer.Hold, lureText, 7))
	}
	var signed atomic.Int64
	again, err := Open(t.Context(), place(t, db.path), Options{Now: db.now, Signs: counting{holds: &signed}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	end := ledger.Ending{To: ledger.IncidentConfirmed, By: "alice"}
	does, ok, err := again.PreviewEnding(t.Context(), 1, end)
	if err != nil || !ok || does.Discarding != mails || signed.Load() != 0 {
		t.Errorf("a preview %+v, %t, %v signed %d", does, ok, err, signed.Load())
	}
	did, ok, err := again.EndIncident(t.Context(), 1, end)
	if err != nil || !ok || did != does || signed.Load() != mails {
		t.Errorf("the end %+v, %t, %v signed %d", did, ok, err, signed.Load())
	}
}
