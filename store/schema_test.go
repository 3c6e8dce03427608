package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// latest returns the number of the newest migration.
func latest(t *testing.T) string {
	t.Helper()
	files, err := fs.Glob(migrations, "migrations/*.sql") // in order
	if err != nil || len(files) == 0 {
		t.Fatalf("migrations %v, %v", files, err)
	}
	number, _, _ := strings.Cut(filepath.Base(files[len(files)-1]), "_")
	return strings.TrimLeft(number, "0")
}

// What is refused must be left as it is, byte for byte and without files beside it.
func TestRefusedFilesStayUnchanged(t *testing.T) {
	onlySQLite(t, "files")
	for name, c := range map[string]struct {
		make func(path string)
		want string
	}{
		"text": {func(path string) {
			os.WriteFile(path, []byte(strings.Repeat("not a database ", 500)), 0o600)
		}, "not a usable SQLite file"},
		"foreign": {func(path string) { raw(t, path, `CREATE TABLE theirs (x)`) }, "another program"},
		"marked by others": {func(path string) {
			raw(t, path, `PRAGMA application_id = 7`, `VACUUM`)
		}, "another program"},
		"newer": {func(path string) {
			open(t, path).Close()
			raw(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`,
				`PRAGMA journal_mode = DELETE`)
		}, "has schema 9999, this hisseki knows " + latest(t) +
			": install the newer hisseki or restore a backup"},
		"damaged": {func(path string) {
			db := open(t, path)
			for range 200 {
				keep(t, db, record("a@example.jp", analyzer.Pass))
			}
			db.Close()
			data, _ := os.ReadFile(path)
			for at := 5 * 4096; at < len(data); at += 4096 {
				copy(data[at:], bytes.Repeat([]byte{0xff}, 64))
			}
			os.WriteFile(path, data, 0o600)
		}, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "some.db")
			c.make(path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			db, err := Open(t.Context(), place(t, path), Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			if db != nil {
				db.Close()
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the refused file was changed")
			}
		})
	}
}

// oldStore makes a store of schema 1 with two holds, one of them with an excerpt.
func oldStore(t *testing.T, path string) {
	t.Helper()
	onlySQLite(t, "schema 1 was SQLite's alone")
	db, err := sql.Open("sqlite3", path+"?_foreign_keys=on")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	obs, err := record("b@example.jp", analyzer.Hold).Observation.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for id := 1; id <= 2; id++ {
		if _, err := db.Exec(`INSERT INTO journal VALUES (?, ?, 'mx', 'q', 'b@example.jp', 'account',
			'', '', '', '', 'old', 1, 'hold', 'hold', 9, 9, 0, 0, ?, '{"hosts":["lure.test"]}')`,
			id, noon.Unix(), obs); err != nil {
			t.Fatal(err)
		}
	}
	learned := &baseline.Profile{}
	learned.Learn(&record("c@example.jp", analyzer.Pass).Observation)
	data, err := learned.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO profile VALUES ('c@example.jp', 8, ?)`, data); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		`PRAGMA application_id = 1752394545`,
		`INSERT INTO recipient VALUES (1, 'A@Partner.EXAMPLE.org')`,
		`INSERT INTO incident (id, sender, opened, state) VALUES (3, 'b@example.jp', 5, 'open')`,
		`INSERT INTO hold (id, journal, incident, state, due, excerpt)
			VALUES (7, 1, 3, 'held', 0, 'text')`,
		`INSERT INTO hold (id, journal, incident, state, due) VALUES (9, 2, 3, 'releasing', 8)`,
		`INSERT INTO lesson (journal, sender, sign) VALUES (1, 'b@example.jp', 1)`,
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

func TestUpgradeKeepsEverything(t *testing.T) {
	onlySQLite(t, "schema 1 was SQLite's alone")
	path := filepath.Join(t.TempDir(), "old.db")
	oldStore(t, path)
	if _, err := OpenReadOnly(t.Context(), place(t, path), Options{}); err == nil ||
		!strings.Contains(err.Error(), "needs "+latest(t)) {
		t.Errorf("an old store opened for reading: %v", err)
	}
	db := open(t, path)
	list := holds(t, db, ledger.HoldFilter{Incident: 3, Host: "lure.test"})
	if len(list) != 2 || list[0].ID != 7 || list[1].ID != 9 || list[1].State != ledger.Releasing ||
		list[0].Excerpt != "text" || !list[0].ExcerptUntil.Equal(noon.Add(7*24*time.Hour)) ||
		!list[1].ExcerptUntil.IsZero() {
		t.Fatalf("holds after the upgrade: %+v", list)
	}
	var domain string
	err := db.read.QueryRow(`SELECT domain FROM recipient`).Scan(&domain)
	if err != nil || domain != "partner.example.org" {
		t.Errorf("domain %q, %v", domain, err)
	}
	incidents, err := db.Incidents(t.Context(), "b@example.jp", ledger.IncidentOpen)
	if err != nil || len(incidents) != 1 || incidents[0].First != 1 || incidents[0].Holds != 2 ||
		incidents[0].Case != 3 {
		t.Errorf("incidents %+v, %v", incidents, err)
	}
	for sender, mails := range map[string]int{"c@example.jp": 1, "b@example.jp": 1, "new@example.jp": 0} {
		p, last, err := db.Profile(t.Context(), sender)
		if err != nil || p.Mails() != mails {
			t.Errorf("the profile of %s holds %d mails, want %d, %v", sender, p.Mails(), mails, err)
		}
		if sender == "c@example.jp" && last != 8 {
			t.Errorf("the last lesson is %d, want the saved profile's 8", last)
		}
	}
	keep(t, db, record("c@example.jp", analyzer.Hold))
	if got := holds(t, db, ledger.HoldFilter{Sender: "c@example.jp"}); len(got) != 1 || got[0].ID != 10 {
		t.Errorf("the next hold is %+v, want id 10", got)
	}
}

// serve and the agent may meet a new or an old file at the same time.
func TestTwoOpenTogether(t *testing.T) {
	onlySQLite(t, "engine_server_test.go has its own")
	for _, name := range []string{"new", "old"} {
		path := filepath.Join(t.TempDir(), "x.db")
		if name == "old" {
			oldStore(t, path)
		}
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			wg.Go(func() {
				db, err := Open(context.Background(), place(t, path), Options{Migrate: true})
				if err == nil {
					_, err = db.Begin(context.Background(), record("a@example.jp", analyzer.Pass))()
					err = errors.Join(err, db.Close())
				}
				errs[i] = err
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFileModesAndPragmas(t *testing.T) {
	onlySQLite(t, "modes and pragmas")
	path := filepath.Join(t.TempDir(), "sub", "h.db")
	db := open(t, path)
	for name, limit := range map[string]os.FileMode{path: 0o640, filepath.Dir(path): 0o750,
		path + "-wal": 0o640} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm()&^limit != 0 {
			t.Errorf("%s: %v, %v; want at most %v", name, info.Mode(), err, limit)
		}
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2",
		"foreign_keys": "1", "busy_timeout": "5000", "application_id": "1752394545",
		"journal_size_limit": "67108864"} {
		var got string
		if err := db.write.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %s", pragma, got, err, want)
		}
	}
	if _, err := db.read.Exec(`DELETE FROM setting`); err == nil {
		t.Error("a reader could write")
	}
}

func TestOpenReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	if server == nil {
		if _, err := OpenReadOnly(t.Context(), path, Options{}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a missing store: %v", err)
		}
	}
	db := open(t, path)
	keep(t, db, record("a@example.jp", analyzer.Hold))
	ro, err := OpenReadOnly(t.Context(), place(t, path), Options{})
	if err != nil {
		t.Fatal(err)
	}
	keep(t, db, record("b@example.jp", analyzer.Hold))
	if got := holds(t, ro, ledger.HoldFilter{}); len(got) != 2 {
		t.Errorf("%d holds, want those of the running writer too, 2", len(got))
	}
	if ok, err := ro.Decide(t.Context(), 1, ledger.Releasing, "x", ""); !errors.Is(err, errReadOnly) || ok {
		t.Errorf("a read-only store decided: %v %v", ok, err)
	}
	for range 2 {
		if err := ro.Close(); err != nil {
			t.Error(err)
		}
	}
}
