package store

import (
	"path/filepath"
	"testing"
	"time"

	"hisseki/analyzer"
)

// What this process writes stands at once, what another one writes soon.
func TestRulesAreNeverStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	serve, admin := open(t, path), open(t, path)
	rule := func() bool {
		t.Helper()
		_, ok, err := serve.Override(t.Context(), "a@example.jp", analyzer.Account, noon)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	incident := func() bool {
		t.Helper()
		ok, _, err := serve.Incident(t.Context(), "a@example.jp")
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	logins := func() bool { return told(t, serve, "a@example.jp", noon, time.Time{}) != "" }
	if rule() || incident() || logins() {
		t.Fatal("a new store has rules, incidents or logins")
	}
	keep(t, serve, record("a@example.jp", analyzer.Hold))
	if !incident() {
		t.Error("the incident that the last mail opened is not known")
	}
	set := func(db *DB, until time.Time) {
		t.Helper()
		o := analyzer.Override{Action: analyzer.Pass, Until: until, By: "alice", Reason: "test"}
		if err := db.SetOverride(t.Context(), "sender:a@example.jp", o); err != nil {
			t.Fatal(err)
		}
	}
	set(serve, noon.Add(time.Hour))
	if !rule() {
		t.Error("the rule that was just set is not known")
	}
	done, err := admin.ClearOverride(t.Context(), "sender:a@example.jp", "alice", "test")
	if err != nil || !done {
		t.Fatalf("clear the rule: %t, %v", done, err)
	}
	for end := time.Now().Add(10 * time.Second); rule(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a rule that another process removed stands for ten seconds")
		}
	}
	attempt(t, admin, "a@example.jp", analyzer.LoginFailure, "192.0.2.1", noon, true)
	for end := time.Now().Add(10 * time.Second); !logins(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the first login that another process kept is not known for ten seconds")
		}
	}
}
