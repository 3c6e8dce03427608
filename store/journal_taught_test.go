package store

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// TestTaught: mail is known by its sender and Message-ID, also when the journal forgot it.
func TestTaught(t *testing.T) {
	db, _ := clocked(t)
	live := record("b@example.jp", analyzer.Pass)
	live.MessageID = "live@example.jp"
	keep(t, db, live)
	if err := db.NoteTaught(t.Context(), map[string][]string{
		"b@example.jp": {"old@example.jp", "older@example.jp", "old@example.jp"},
		"c@example.jp": {"other@example.jp"}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sender, id string
		after      time.Duration
		want       bool
	}{
		{"b@example.jp", "live@example.jp", 0, true},
		{"b@example.jp", "live@example.jp", time.Hour, true},
		{"b@example.jp", "live@example.jp", 2 * time.Hour, false},
		{"b@example.jp", "live@example.jp", -time.Hour, true},
		{"c@example.jp", "live@example.jp", 0, false},
		{"b@example.jp", "old@example.jp", -9000 * time.Hour, true},
		{"b@example.jp", "other@example.jp", 0, false},
		{"c@example.jp", "other@example.jp", 0, true},
	} {
		got, err := db.Taught(t.Context(), c.sender, c.id, noon.Add(c.after))
		if err != nil || got != c.want {
			t.Errorf("%s of %s after %s: %v, %v; want %v", c.id, c.sender, c.after, got, err, c.want)
		}
	}
	if _, err := db.Forget(t.Context(), "b@example.jp", "root", ""); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Taught(t.Context(), "b@example.jp", "old@example.jp", noon); err != nil || got {
		t.Errorf("of a forgotten sender: %v, %v", got, err)
	}
}

// TestArchivesAreNotRecalled: what was taught from an archive lies in no queue.
func TestArchivesAreNotRecalled(t *testing.T) {
	db, now := clocked(t)
	for i, empty := range []func(*analyzer.Envelope){
		func(e *analyzer.Envelope) { e.QueueID, e.Host = "", "" },
		func(e *analyzer.Envelope) { e.QueueID = "" },
		func(e *analyzer.Envelope) { e.Host = "" },
	} {
		taught := mailOf("b@example.jp", analyzer.Pass, lureText, 7)
		taught.Observation.Keys[baseline.Recipient] = []baseline.Key{baseline.Key(i)}
		empty(&taught.Envelope)
		keep(t, db, taught)
	}
	keep(t, db, mailOf("c@example.jp", analyzer.Pass, lureText, 7)) // 4: of another's queue
	keep(t, db, mailOf("b@example.jp", analyzer.Hold, lureText, 7)) // 5
	late := mailOf("b@example.jp", analyzer.Pass, lureText, 7)      // taught meanwhile
	late.Envelope.QueueID = ""
	for _, want := range []int{1, 0} {
		if n, err := db.Recall(t.Context(), *now); err != nil || n != want {
			t.Fatalf("%d recalled, %v; want %d", n, err, want)
		}
		keep(t, db, late)
	}
	for _, h := range holds(t, db, ledger.HoldFilter{}) {
		if h.Record.Envelope.QueueID == "" || h.Record.Envelope.Host == "" {
			t.Errorf("mail %d of an archive is %s", h.Record.ID, h.State)
		}
	}
}

// TestStuckRecallsEnd: an older hisseki asked archives' mail back, which never came, could not
// be decided and kept its sender from being forgotten.
func TestStuckRecallsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	oldStore(t, path)
	raw(t, path, `UPDATE journal SET queue_id = '' WHERE id = 1`,
		`UPDATE hold SET state = 'recalling', due = 5`,
		`UPDATE incident SET state = 'dismissed'`)
	db := open(t, path)
	var got []string
	for _, h := range holds(t, db, ledger.HoldFilter{}) {
		got = append(got, fmt.Sprintf("%s %s", h.Name(), h.State))
	}
	if want := []string{"H7 gone", "H9 recalling"}; !slices.Equal(got, want) {
		t.Errorf("holds %v, want %v", got, want)
	}
}
