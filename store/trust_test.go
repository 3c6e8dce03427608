package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer"
)

// refused opens a store both ways, and expects both to be refused for a reason.
func refused(t *testing.T, path, why string) {
	t.Helper()
	for name, open := range map[string]func(context.Context, string, Options) (*DB, error){
		"for writing": Open, "for looking": OpenReadOnly} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		db, err := open(ctx, path, Options{})
		cancel()
		if db != nil {
			db.Close()
		}
		if !errors.Is(err, errUntrusted) || !strings.Contains(err.Error(), why) {
			t.Errorf("opened %s: %v, want one that says %q", name, err, why)
		}
	}
}

// TestPlantedObjectsAreRefused: nothing of a file's own runs with the rights of whoever opens
// it.
func TestPlantedObjectsAreRefused(t *testing.T) {
	onlySQLite(t, "who may write to a file may plant what he likes")
	for name, c := range map[string]struct {
		plant []string
		why   string
	}{
		"trigger": {[]string{`CREATE TRIGGER planted AFTER INSERT ON audit
			BEGIN UPDATE hold SET state = 'releasing'; END`}, "trigger planted"},
		"view that hangs": {[]string{`DROP TABLE heartbeat`,
			`CREATE VIEW heartbeat AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
				SELECT i AS host, i AS at, i AS detail, i AS version FROM n`}, "heartbeat"},
		"view of versions": {[]string{`DROP TABLE goose_db_version`,
			`CREATE VIEW goose_db_version AS
				WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
				SELECT i AS version_id, 1 AS is_applied FROM n`}, "goose_db_version"},
		"trigger exchanged": {[]string{`DROP TRIGGER audit_keeps`, `CREATE TRIGGER audit_keeps
			BEFORE UPDATE ON audit BEGIN SELECT 1; END`}, "trigger audit_keeps is not what hisseki made"},
		"trigger gone":  {[]string{`DROP TRIGGER audit_stays`}, "trigger audit_stays is missing"},
		"index":         {[]string{`CREATE INDEX planted ON journal (upper(subject))`}, "index planted"},
		"virtual table": {[]string{`CREATE VIRTUAL TABLE planted USING rtree(a, b, c)`}, "planted"},
		"many tables":   {many(600), "did not make"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "h.db")
			open(t, path).Close()
			raw(t, path, c.plant...)
			refused(t, path, c.why)
		})
	}
}

func many(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf(`CREATE TABLE planted%d (x)`, i))
	}
	return []string{strings.Join(list, ";")}
}

// TestStatisticsAreNoPlant: an admin may run ANALYZE.
func TestStatisticsAreNoPlant(t *testing.T) {
	onlySQLite(t, "SQLite's ANALYZE")
	path := filepath.Join(t.TempDir(), "h.db")
	db := open(t, path)
	keep(t, db, record("a@example.jp", analyzer.Pass))
	db.Close()
	raw(t, path, `ANALYZE`)
	open(t, path)
}

// TestPlantedLater: what was planted while a store is open runs with none of its writes.
func TestPlantedLater(t *testing.T) {
	onlySQLite(t, "who may write to a file may plant what he likes")
	path := filepath.Join(t.TempDir(), "h.db")
	db := open(t, path)
	keep(t, db, record("a@example.jp", analyzer.Hold))
	raw(t, path, `CREATE TRIGGER planted AFTER INSERT ON audit
		BEGIN UPDATE hold SET state = 'releasing'; END`)
	err := db.SetOverride(t.Context(), "sender:b@example.jp", analyzer.Override{
		Mode: analyzer.Observe, Until: noon.Add(time.Hour), By: "root"})
	if !errors.Is(err, errUntrusted) {
		t.Errorf("written beside a planted trigger: %v", err)
	}
	raw(t, path, `DROP TRIGGER planted`)
	keep(t, db, record("a@example.jp", analyzer.Pass))
}

// TestFilesOfOthersAreRefused: who opens a store opens the file that he named, and only one
// that nobody else could have exchanged.
func TestFilesOfOthersAreRefused(t *testing.T) {
	onlySQLite(t, "files")
	dir := t.TempDir()
	path := filepath.Join(dir, "h.db")
	open(t, path).Close()
	link := filepath.Join(t.TempDir(), "hisseki.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	refused(t, link, "symbolic link")
	if err := os.Symlink("/nowhere", path+"-wal"); err != nil {
		t.Fatal(err)
	}
	refused(t, path, "symbolic link")
	if err := os.Remove(path + "-wal"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path+"-shm", 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, path, "not an ordinary file")
	if err := os.Remove(path + "-shm"); err != nil {
		t.Fatal(err)
	}
	modes := map[string]os.FileMode{path: 0o602, dir: 0o707}
	for name, mode := range modes {
		before, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		chmod(t, name, mode)
		refused(t, path, "chmod ")
		if os.Geteuid() == 0 {
			chmod(t, name, before.Mode().Perm()|0o020)
			refused(t, path, "chmod go-w "+name)
		}
		chmod(t, name, before.Mode())
	}
	open(t, path).Close()
	if os.Geteuid() != 0 {
		t.Skip("the rest needs root")
	}
	if err := os.Chown(path, 4242, 4242); err != nil {
		t.Fatal(err)
	}
	refused(t, path, "uid 4242")
}

func chmod(t *testing.T, name string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

// TestLongValuesAreNotRead: a subject of 200 MB in the file is an error that costs nothing.
func TestLongValuesAreNotRead(t *testing.T) {
	onlySQLite(t, "a limit of SQLite's connection")
	path := filepath.Join(t.TempDir(), "h.db")
	db := open(t, path)
	keep(t, db, record("a@example.jp", analyzer.Hold))
	db.Close()
	raw(t, path, `UPDATE journal SET subject = printf('%.*c', 200000000, 'a')`)
	db = open(t, path)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := db.Export(t.Context(), "a@example.jp", func(string, map[string]any) error { return nil })
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "too big") {
		t.Errorf("read a subject of 200 MB: %v", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
		t.Errorf("it cost %d MiB", n>>20)
	}
}

// TestEveryConnectionDistrusts: the connections that write, read, look at first and copy are
// set up alike.
func TestEveryConnectionDistrusts(t *testing.T) {
	onlySQLite(t, "pragmas")
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	for name, c := range map[string]*sql.DB{"writer": db.write, "reader": db.read, "copier": db.copier} {
		for pragma, want := range map[string]int{"temp_store": 2, "trusted_schema": 0,
			"cell_size_check": 1} {
			var got int
			if err := c.QueryRow(`PRAGMA ` + pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s of the %s is %d, want %d (%v)", pragma, name, got, want, err)
			}
		}
	}
}
