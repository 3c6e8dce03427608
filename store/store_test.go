package store

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), prepared(t, path), Options{Now: func() time.Time { return noon }, Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		select {
		case <-db.closed:
		default:
			db.Close()
		}
	})
	return db
}

func record(sender string, action analyzer.Action) *analyzer.Record {
	return &analyzer.Record{
		Envelope: analyzer.Envelope{Time: noon, Host: "mx.example.jp", QueueID: "4Cbbc123XYz",
			Sender: sender, Class: analyzer.Account, MailFrom: sender,
			Recipients: []string{"a@example.org", "b@example.org"}},
		Verdict: analyzer.Verdict{Action: action, Would: action, Points: 9.5,
			Evidence: []analyzer.Evidence{{Signal: "url-unknown", Points: 4, Text: "a link"}}},
		Observation: baseline.Observation{At: noon, Recipients: 2,
			Keys: [baseline.Families][]baseline.Key{baseline.Site: {42}}},
		Subject: "請求書の件", Hosts: []string{"lure.test"},
		Learn: action == analyzer.Pass,
	}
}

func keep(t testing.TB, db *DB, r *analyzer.Record) int64 {
	t.Helper()
	kept, err := db.Begin(t.Context(), r)()
	if err != nil {
		t.Fatal(err)
	}
	return kept.ID
}

func holds(t *testing.T, db *DB, f ledger.HoldFilter) []ledger.Hold {
	t.Helper()
	list, err := db.Holds(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRecordSurvivesReopening(t *testing.T) {
	onlySQLite(t, "a copy of the file is opened")
	path := filepath.Join(t.TempDir(), "sub", "hisseki.db")
	db := open(t, path)
	keep(t, db, record("b@example.jp", analyzer.Hold))
	salt, err := db.Salt(t.Context())
	if err != nil || len(salt) != 32 {
		t.Fatalf("salt %x, %v", salt, err)
	}
	// A SIGKILL leaves the file and its WAL as they are: open a copy.
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "copy.db"+suffix), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, filepath.Join(dir, "copy.db"))
	list := holds(t, again, ledger.HoldFilter{})
	if len(list) != 1 || list[0].State != ledger.Held || list[0].Record.Subject != "請求書の件" ||
		len(list[0].Recipients) != 2 || list[0].Incident == 0 {
		t.Fatalf("after a crash the store has %+v", list)
	}
	if s, _ := again.Salt(t.Context()); !bytes.Equal(s, salt) {
		t.Error("the secret changed")
	}
}

func TestRefusesOtherFiles(t *testing.T) {
	onlySQLite(t, "files")
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	os.WriteFile(text, []byte(strings.Repeat("not a database ", 500)), 0o600)
	foreign := filepath.Join(dir, "foreign")
	raw, _ := sql.Open("sqlite3", foreign)
	if _, err := raw.Exec(`CREATE TABLE theirs (x)`); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	newer := filepath.Join(dir, "newer")
	db := open(t, newer)
	db.Close()
	raw, _ = sql.Open("sqlite3", newer)
	if _, err := raw.Exec(`INSERT INTO goose_db_version (version_id, is_applied)
		 VALUES (9999, 1)`,
	); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	for path, want := range map[string]string{
		text: "not a usable SQLite file", foreign: "another program", newer: "schema 9999",
	} {
		_, err := Open(context.Background(), place(t, path), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", filepath.Base(path), err, want)
		}
	}
}

func TestLifeOfAHold(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	ctx := t.Context()
	delayed := record("b@example.jp", analyzer.Delay)
	delayed.Due = noon.Add(10 * time.Minute)
	first := keep(t, db, delayed)
	keep(t, db, record("b@example.jp", analyzer.Hold))
	list := holds(t, db, ledger.HoldFilter{Sender: "B@example.jp", States: []ledger.State{ledger.Held}})
	if len(list) != 2 || list[0].Incident != list[1].Incident {
		t.Fatalf("the delayed mail was not promoted: %+v", list)
	}
	if ended, err := done1(db.EndDelay(ctx, list[0].ID)); err != nil || ended {
		t.Errorf("a promoted mail left by timer: %v %v", ended, err)
	}
	if ok, err := db.Decide(ctx, list[0].ID, ledger.Releasing, "alice", "her own"); err != nil || !ok {
		t.Fatalf("release: %v %v", ok, err)
	}
	if ok, _ := db.Decide(ctx, list[0].ID, ledger.Discarding, "bob", ""); ok {
		t.Error("a mail that is being released was discarded")
	}
	if ok, _ := db.Decide(ctx, list[1].ID, ledger.Discarding, "bob", "phish"); !ok {
		t.Error("discard was refused")
	}
	for range 2 { // idempotent
		for _, h := range list {
			if err := db.Finish(ctx, h.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	lessons, err := db.Lessons(ctx, 0, 10)
	if err != nil || len(lessons) != 1 || lessons[0].Record != first || lessons[0].Sign != 1 {
		t.Errorf("a release teaches once, a discard never; lessons are %+v, %v", lessons, err)
	}
	if _, err := db.write.Exec(`DELETE FROM audit`); err == nil {
		t.Error("the audit log could be deleted")
	}
}

func TestFilters(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	keep(t, db, record("a@example.jp", analyzer.Hold))
	other := record("b@example.jp", analyzer.Hold)
	other.Envelope.Time, other.Hosts, other.Verdict.Points = noon.Add(time.Hour), nil, 20
	keep(t, db, other)
	for name, c := range map[string]struct {
		f    ledger.HoldFilter
		want string
	}{
		"all":    {ledger.HoldFilter{}, "H1 H2"},
		"sender": {ledger.HoldFilter{Sender: "b@example.jp"}, "H2"},
		"since":  {ledger.HoldFilter{Since: noon.Add(time.Minute)}, "H2"},
		"until":  {ledger.HoldFilter{Until: noon.Add(time.Minute)}, "H1"},
		"host":   {ledger.HoldFilter{Host: "lure.test"}, "H1"},
		"points": {ledger.HoldFilter{MinPoints: 10}, "H2"},
		"state":  {ledger.HoldFilter{States: []ledger.State{ledger.Released}}, ""},
		"ids":    {ledger.HoldFilter{IDs: []int64{2}}, "H2"},
	} {
		var got []string
		for _, h := range holds(t, db, c.f) {
			got = append(got, h.Name())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestProfileIsAFoldOfLessons(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	ctx := t.Context()
	keep(t, db, record("a@example.jp", analyzer.Pass))
	p, last, err := db.Profile(ctx, "a@example.jp")
	if err != nil || p.Mails() != 1 || last != 1 {
		t.Fatalf("profile of %d mails, lesson %d, %v", p.Mails(), last, err)
	}
	if err := db.SaveProfiles(ctx, analyzer.NewSaved("a@example.jp", p, last)); err != nil {
		t.Fatal(err)
	}
	keep(t, db, record("a@example.jp", analyzer.Pass))
	keep(t, db, record("b@example.jp", analyzer.Pass))
	p, _, err = db.Profile(ctx, "a@example.jp")
	if err != nil || p.Mails() != 2 {
		t.Errorf("profile of %d mails after saving, want 2 (%v)", p.Mails(), err)
	}
	org, last, err := db.Profile(ctx, "")
	if err != nil || org.Mails() != 3 || last != 3 {
		t.Errorf("organisation of %d mails, lesson %d, want 3 and 3 (%v)", org.Mails(), last, err)
	}
}

func TestWriteAfterClose(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	db.Close()
	if _, err := db.Begin(t.Context(), record("a@example.jp", analyzer.Pass))(); err == nil {
		t.Error("a closed store took a record")
	}
}

func BenchmarkRecord(b *testing.B) {
	db := open(b, filepath.Join(b.TempDir(), "h.db"))
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			keep(b, db, record("a@example.jp", analyzer.Pass))
		}
	})
	b.Run("16goroutines", func(b *testing.B) {
		b.SetParallelism(max(1, 16/runtime.GOMAXPROCS(0)))
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				keep(b, db, record("a@example.jp", analyzer.Pass))
			}
		})
	})
}
