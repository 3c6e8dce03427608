package store

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What only says that somebody looked does not hold the lock while the disk is waited for; whatever
// shares its transaction, and all that follows, does.
func TestNotesHoldNobodyUp(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "hisseki.db"))
	if db.onServer() {
		t.Skip("a server syncs in its own way")
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
