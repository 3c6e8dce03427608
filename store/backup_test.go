package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// filled makes a store with mail in every state that a backup may find.
func filled(t *testing.T, path string) *DB {
	t.Helper()
	db := open(t, path)
	keep(t, db, record("a@example.jp", analyzer.Pass))
	p, last, err := db.Profile(t.Context(), "a@example.jp")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SaveProfiles(t.Context(), analyzer.NewSaved("a@example.jp", p, last)); err != nil {
		t.Fatal(err)
	}
	delayed := record("late@example.jp", analyzer.Delay)
	delayed.Due = noon.Add(10 * time.Minute)
	keep(t, db, delayed)
	for range 3 {
		keep(t, db, record("thief@example.jp", analyzer.Hold))
	}
	for id, to := range map[int64]ledger.State{2: ledger.Releasing, 3: ledger.Discarding} {
		if ok, err := db.Decide(t.Context(), id, to, "bob", "his"); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	return db
}

func TestBackupWhileInUse(t *testing.T) {
	onlySQLite(t, "a backup is a file")
	dir := t.TempDir()
	path := filepath.Join(dir, "h.db")
	db := filled(t, path)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() { // serve goes on
		for {
			select {
			case <-stop:
				return
			default:
				keep(t, db, record("busy@example.jp", analyzer.Pass))
			}
		}
	})
	before, err := Check(t.Context(), path)
	if err != nil {
		t.Error(err)
	}
	to := filepath.Join(dir, "copy.db")
	c, err := Backup(t.Context(), path, to)
	close(stop)
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if c.Path != to || c.Mails < before.Mails || c.Undecided != 2 || c.Profiles != 1 || !c.Last.Equal(noon) {
		t.Errorf("the backup has %+v, the store had %+v", c, before)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup's mode is %v, %v", info.Mode(), err)
	}
	if _, err := Backup(t.Context(), path, to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that was there: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "h.db") && e.Name() != "copy.db" {
			t.Errorf("%s is left", e.Name())
		}
	}
}

// What was under way when a backup was made is not done again: a person decides.
func TestRestoreWaitsForAPerson(t *testing.T) {
	onlySQLite(t, "a backup is a file")
	dir := t.TempDir()
	db := filled(t, filepath.Join(dir, "h.db"))
	copied := filepath.Join(dir, "copy.db")
	if _, err := Backup(t.Context(), filepath.Join(dir, "h.db"), copied); err != nil {
		t.Fatal(err)
	}
	db.Close()
	to := filepath.Join(dir, "new", "h.db")
	later := noon.Add(48 * time.Hour)
	out, err := Restore(t.Context(), Restoring{From: copied, To: to, By: "carol", Now: later,
		Signs: stamp{}})
	if err != nil || out.Waiting != 3 || out.Aside != "" || out.Path != to {
		t.Fatalf("restored %+v, %v; want 3 that wait", out, err)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the store's mode is %v, %v", info.Mode(), err)
	}
	again := open(t, to)
	list := holds(t, again, ledger.HoldFilter{})
	if len(list) != 4 {
		t.Fatalf("%d holds", len(list))
	}
	for _, h := range list {
		if h.State != ledger.Held {
			t.Errorf("%s is %s", h.Name(), h.State)
		}
	}
	for id, to := range map[int64]ledger.State{1: ledger.Releasing, 3: ledger.Discarding} {
		if ok, err := again.Decide(t.Context(), id, to, "dave", "again"); err != nil || !ok {
			t.Errorf("decide again: %v, %v", ok, err)
		}
	}
	acts, err := again.AuditList(t.Context(), ledger.ActFilter{Verb: "restore"})
	if err != nil || len(acts) != 1 || acts[0].Actor != "carol" || !strings.Contains(acts[0].Reason, copied) {
		t.Fatalf("audit log: %+v, %v", acts, err)
	}
	if err := (stamp{}).Verify(acts[0].Statement(), acts[0].Signature); err != nil {
		t.Errorf("the restore's own line: %v", err) // the agent would mark it
	}
}

func TestRestoreRefusesAStoreInUse(t *testing.T) {
	onlySQLite(t, "a backup is a file")
	dir := t.TempDir()
	path, copied := filepath.Join(dir, "h.db"), filepath.Join(dir, "copy.db")
	db := filled(t, path)
	if _, err := Backup(t.Context(), path, copied); err != nil {
		t.Fatal(err)
	}
	was, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	r := Restoring{From: copied, To: path, Now: noon}
	if _, err := Restore(t.Context(), r); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a store that was there: %v", err)
	}
	r.Replace = true
	if _, err := Restore(t.Context(), r); !errors.Is(err, errInUse) {
		t.Errorf("a store in use: %v", err)
	}
	if now, err := os.Stat(path); err != nil || !os.SameFile(was, now) {
		t.Errorf("the store in use was touched: %v", err)
	}
	db.Close()
	reader, err := OpenReadOnly(t.Context(), place(t, path), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Beats(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), r); !errors.Is(err, errInUse) {
		t.Errorf("a store that is read: %v", err)
	}
	reader.Close()
	out, err := Restore(t.Context(), r)
	if err != nil || out.Aside == "" {
		t.Fatalf("restored %+v, %v", out, err)
	}
	for _, name := range []string{path, out.Aside} {
		if _, err := Check(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	if now, err := os.Stat(out.Aside); err != nil || !os.SameFile(was, now) {
		t.Errorf("what is aside is not what was there: %v", err)
	}
}

// A damaged store is the reason for most restores. What is left of its log goes with it.
func TestRestoreOverDamage(t *testing.T) {
	onlySQLite(t, "a backup is a file")
	dir := t.TempDir()
	path, copied := filepath.Join(dir, "h.db"), filepath.Join(dir, "copy.db")
	filled(t, path).Close()
	if _, err := Backup(t.Context(), path, copied); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{path: "no database at all", path + "-wal": "nor a log"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(path, 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	out, err := Restore(t.Context(), Restoring{From: copied, To: path, Replace: true, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(out.Aside + "-wal"); err != nil || string(text) != "nor a log" {
		t.Errorf("the log that is aside holds %q, %v", text, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); os.Geteuid() == 0 && owner.Uid != 1 {
		t.Errorf("the store belongs to %d", owner.Uid)
	}
}

func TestCheckFindsDamage(t *testing.T) {
	onlySQLite(t, "pages are the server's")
	dir := t.TempDir()
	whole := filepath.Join(dir, "h.db")
	filled(t, whole).Close()
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(path string)
		want  string
	}{
		"pages": {func(path string) {
			bad := bytes.Clone(data)
			for at := 5 * 4096; at < len(bad); at += 4096 {
				copy(bad[at:], bytes.Repeat([]byte{0xff}, 64))
			}
			os.WriteFile(path, bad, 0o600)
		}, "restore a backup"},
		"cut": {func(path string) { os.WriteFile(path, data[:len(data)/2], 0o600) }, "restore a backup"},
		"profile": {func(path string) {
			raw(t, path, `UPDATE profile SET data = x'ffffffff'`)
		}, "profile"},
		"references": {func(path string) {
			raw(t, path, `PRAGMA foreign_keys = OFF`, `DELETE FROM journal WHERE id = 3`)
		}, "missing row of journal"},
		"tables": {func(path string) { raw(t, path, `CREATE TABLE theirs (x)`) }, "did not make"},
		"empty":  {func(path string) { os.WriteFile(path, nil, 0o600) }, "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "h.db")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			c.spoil(path)
			_, err := Check(t.Context(), path)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			to := filepath.Join(t.TempDir(), "copy.db")
			if _, err := Backup(t.Context(), path, to); err == nil {
				t.Error("it was backed up as if it were whole")
			}
			if list, _ := filepath.Glob(filepath.Join(filepath.Dir(to), "*")); len(list) > 0 {
				t.Errorf("left: %v", list)
			}
		})
	}
}

// Only who says so brings an older store up to date: the older serve may be running.
func TestOnlyMigrateMigrates(t *testing.T) {
	onlySQLite(t, "PostgreSQL has no older schema yet")
	path := filepath.Join(t.TempDir(), "old.db")
	oldStore(t, path)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, writing := Open(t.Context(), place(t, path), Options{})
	_, reading := OpenReadOnly(t.Context(), place(t, path), Options{})
	for _, err := range []error{writing, reading} {
		if !errors.Is(err, ErrOlder) || !strings.Contains(err.Error(), "hisseki migrate") {
			t.Errorf("an older store: %v", err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the older store was changed (%v)", err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	c, err := Backup(t.Context(), path, copied)
	if err != nil || c.Schema != 1 || c.Mails != 2 || c.Undecided != 1 {
		t.Fatalf("backup of an older store: %+v, %v", c, err)
	}
	open(t, path).Close()
	if c, err := Check(t.Context(), path); err != nil || c.Schema != c.Known || c.Mails != 2 {
		t.Errorf("brought up to date: %+v, %v", c, err)
	}
	out, err := Restore(t.Context(), Restoring{From: copied, To: filepath.Join(t.TempDir(), "h.db"), Now: noon})
	if err != nil || out.Schema != out.Known || out.Undecided != 2 || out.Waiting != 1 {
		t.Errorf("an older backup: %+v, %v", out, err)
	}
}

// A serve whose store was brought up to date under it says so, and writes nothing.
func TestNewerStoreUnderOlderServe(t *testing.T) {
	onlySQLite(t, "engine_server_test.go has its own")
	path := filepath.Join(t.TempDir(), "h.db")
	db := open(t, path)
	keep(t, db, record("a@example.jp", analyzer.Pass))
	raw(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`,
		`ALTER TABLE audit ADD COLUMN later INTEGER`)
	_, err := db.Begin(t.Context(), record("a@example.jp", analyzer.Pass))()
	if err == nil || !strings.Contains(err.Error(), "install the newer hisseki") {
		t.Errorf("a record in a newer store: %v", err)
	}
}
