package store

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"hisseki/ledger"
)

// What only says that somebody looked does not hold the lock while the disk is waited for; whatever
// shares its transaction, and all that follows, does.
func TestNotesHoldNobodyUp(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "hisseki.db"))
	if db.onServer() {
		notesOnServer(t, db)
		return
	}
	sync := func(tx *sql.Tx, into *int) error { return tx.QueryRow(`PRAGMA synchronous`).Scan(into) }
	const normal, full = 1, 2
	var note, after int
	if err := db.noted(t.Context(), func(tx *sql.Tx) error { return sync(tx, &note) }); err != nil {
		t.Fatal(err)
	}
	if err := db.update(t.Context(), func(tx *sql.Tx) error { return sync(tx, &after) }); err != nil {
		t.Fatal(err)
	}
	if note != normal || after != full {
		t.Errorf("a note is written with synchronous %d, what follows with %d", note, after)
	}
	// Behind a write that takes a while, a note and a record wait and share a transaction.
	begun, end := make(chan struct{}), make(chan struct{})
	first := db.enqueue(job{ctx: t.Context(), done: make(chan error, 1), do: func(*sql.Tx) error {
		close(begun)
		<-end
		return nil
	}})
	<-begun
	var shared, record int
	wait := db.enqueue(job{ctx: t.Context(), done: make(chan error, 1), shares: true, later: true, rows: 1,
		do: func(tx *sql.Tx) error { return sync(tx, &shared) }})
	also := db.share(t.Context(), func(tx *sql.Tx) error { return sync(tx, &record) })
	close(end)
	for _, wait := range []func() error{first, wait, also} {
		if err := wait(); err != nil {
			t.Fatal(err)
		}
	}
	if shared != full || record != full {
		t.Errorf("a note beside a record is written with synchronous %d, the record with %d", shared, record)
	}
	if err := db.Audit(t.Context(), "alice", "read", "H1", "evidence"); err != nil {
		t.Fatal(err)
	}
	if err := syncLog(db.path + "-wal"); err != nil {
		t.Error(err)
	}
	link, pipe := filepath.Join(t.TempDir(), "link"), filepath.Join(t.TempDir(), "pipe")
	if err := errors.Join(os.Symlink(db.path, link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, pipe} {
		if syncLog(path) == nil {
			t.Error(path, "is believed to be the store's log")
		}
	}
	if err := syncLog(db.path + "-gone"); err != nil {
		t.Error("a log that is gone needs no sync:", err)
	}
}

// On a server neither: the transaction, and with it the writers' lock, ends before the disk is waited for.
func notesOnServer(t *testing.T, db *DB) {
	t.Helper()
	setting := func(tx *sql.Tx, into *string) error { return tx.QueryRow(`SHOW synchronous_commit`).Scan(into) }
	if _, err := db.write.Exec(`SET synchronous_commit = on`); err != nil { // tests do without
		t.Fatal(err)
	}
	var note, after string
	if err := db.noted(t.Context(), func(tx *sql.Tx) error { return setting(tx, &note) }); err != nil {
		t.Fatal(err)
	}
	if n := db.syncing.Load(); n != 1 {
		t.Errorf("a note waited for the disk %d times after its transaction", n)
	}
	if err := db.update(t.Context(), func(tx *sql.Tx) error { return setting(tx, &after) }); err != nil {
		t.Fatal(err)
	}
	if note != "off" || after == "off" {
		t.Errorf("a note is written with synchronous_commit %s, what follows with %s", note, after)
	}
}

// People who look around make a sync a second, not one a page; who is given what a mail says, one each. Every line is
// written at once, and synced when the store is closed.
func TestLooksShareASync(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "hisseki.db"))
	const looks = 60
	begun := time.Now()
	for range looks {
		if err := db.Audit(ledger.Soon(t.Context()), "alice", "read", "H1", "evidence"); err != nil {
			t.Fatal(err)
		}
	}
	most := int64(time.Since(begun)/soon) + 1
	if n := db.syncing.Load(); n > most {
		t.Errorf("%d looks made %d syncs in %v", looks, n, time.Since(begun))
	}
	list, err := db.AuditList(t.Context(), ledger.ActFilter{Verb: "read"})
	if err != nil || len(list) != looks {
		t.Fatalf("%d lines are written of %d, %v", len(list), looks, err)
	}
	before := db.syncing.Load()
	for range 3 {
		if err := db.Audit(t.Context(), "alice", "read", "H1", "evidence, excerpt"); err != nil {
			t.Fatal(err)
		}
	}
	if n := db.syncing.Load() - before; n < 3 {
		t.Errorf("3 excerpts made %d syncs", n)
	}
	if db.onServer() {
		return // which syncs by itself
	}
	if err := db.Audit(ledger.Soon(t.Context()), "alice", "read", "H2", "evidence"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db.soonest.due || db.soonest.failed != nil {
		t.Errorf("the store was closed before the last look was durable: %v", db.soonest.failed)
	}
}

// Where looks cannot be made durable nobody goes on looking.
func TestLooksEndWhereTheDiskDoes(t *testing.T) {
	onlySQLite(t, "a server syncs by itself")
	db := open(t, filepath.Join(t.TempDir(), "hisseki.db"))
	db.soonest.failed = errors.New("the disk")
	path := db.path
	db.path = filepath.Join(t.TempDir(), "x")
	if err := os.Mkdir(db.path+"-wal", 0o700); err != nil {
		t.Fatal(err)
	}
	if db.durableSoon(t.Context()) == nil {
		t.Error("a look is said to be durable soon though the last one could not be made so")
	}
	if db.path = path; db.durableSoon(t.Context()) != nil || db.soonest.failed != nil {
		t.Errorf("the disk is well again: %v", db.soonest.failed)
	}
}

// A look that comes while the store closes is durable at once: nobody would sync it a second later.
func TestLookAtTheEnd(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "hisseki.db"))
	db.soonest.end()
	for n := range int64(2) {
		if err := db.durableSoon(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := db.syncing.Load(); got != n+1 {
			t.Errorf("%d syncs after %d looks", got, n+1)
		}
	}
}
