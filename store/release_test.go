package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/ledger"
)

// TestUpgradeFromReleases: the store of each release, with mail, holds, an incident and rules in
// it, comes up to date and says what it said. testdata/release-VERSION.sql is SQLite's .dump of
// one (with its application_id in front); a release adds its own.
func TestUpgradeFromReleases(t *testing.T) {
	onlySQLite(t, "releases had no PostgreSQL")
	dumps, err := filepath.Glob("testdata/release-*.sql")
	if err != nil || len(dumps) == 0 {
		t.Fatal(dumps, err)
	}
	for _, dump := range dumps {
		t.Run(filepath.Base(dump), func(t *testing.T) {
			text, err := os.ReadFile(dump)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "hisseki.db")
			raw(t, path, string(text))
			if err := os.Chmod(path, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), place(t, path), Options{}); !errors.Is(err, ErrOlder) {
				t.Fatalf("a command opens it: %v", err)
			}
			if c, err := Backup(t.Context(), path, path+".backup"); err != nil || c.Schema >= c.Known {
				t.Fatalf("the backup before: %v, %v", c, err)
			}
			upgraded(t, path)
		})
	}
}

// upgraded opens a release's store as serve does and looks for what the dumps have: 16 mails,
// ten of them kept, one of these decided, in one incident, by a rule of its sender.
func upgraded(t *testing.T, path string) {
	t.Helper()
	db, err := Open(t.Context(), place(t, path), Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	want, err := os.ReadFile("schema.sql")
	if got := schemaOf(t, db); err != nil || got != string(want) {
		t.Errorf("the schema is not schema.sql: %v\n%s", err, got)
	}
	if c, err := Check(t.Context(), path); err != nil || c.Mails != 16 || c.Schema != c.Known {
		t.Errorf("%v, %v", c, err)
	}
	holds, err := db.Holds(t.Context(), ledger.HoldFilter{})
	states := make(map[ledger.State]int)
	for _, h := range holds {
		states[h.State]++
		if h.Record.Envelope.Sender != "bando@example.jp" || len(h.Record.Verdict.Evidence) == 0 {
			t.Errorf("a hold lost its sender or its reason: %+v", h)
		}
	}
	if err != nil || states[ledger.Held] != 9 || states[ledger.Releasing] != 1 {
		t.Errorf("holds %v, %v", states, err)
	}
	incidents, err := db.Incidents(t.Context(), "bando@example.jp", ledger.IncidentOpen)
	if err != nil || len(incidents) != 1 || !strings.HasPrefix(incidents[0].Name(), "I") {
		t.Errorf("incidents %+v, %v", incidents, err)
	}
	for kind, subject := range map[string]string{"": "sender:bando@example.jp", "url": "url:lure.example.org"} {
		rules, err := db.Overrides(t.Context(), kind, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
		if err != nil || len(rules) != 1 || rules[0].Subject != subject {
			t.Errorf("rules of kind %q: %+v, %v", kind, rules, err)
		}
	}
	if p, _, err := db.Profile(t.Context(), "suzuki@example.jp"); err != nil || p.Mails() != 3 {
		t.Errorf("the profile knows %d mails, %v", p.Mails(), err)
	}
}
