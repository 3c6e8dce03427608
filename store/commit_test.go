package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
)

// stuffed opens a store and begins writes while its writer is busy, so that they make one
// batch: n records, and between them each of the bad writes.
func stuffed(t *testing.T, opt Options, n int, bad func(*sql.Tx) error) (db *DB, ids []int64,
	failures []error) {
	t.Helper()
	db, err := Open(t.Context(), place(t, filepath.Join(t.TempDir(), "h.db")), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	begun, release := make(chan struct{}), make(chan struct{})
	busy := db.share(t.Context(), func(*sql.Tx) error {
		close(begun)
		<-release
		return nil
	})
	<-begun
	var records []analyzer.Pending
	var others []func() error
	for i := range n {
		if i%10 == 5 {
			others = append(others, db.share(t.Context(), bad))
		}
		records = append(records, db.Begin(t.Context(), record("a@example.jp", analyzer.Pass)))
	}
	close(release)
	if err := busy(); err != nil {
		t.Fatal(err)
	}
	for _, wait := range others {
		failures = append(failures, wait())
	}
	for _, wait := range slices.Backward(records) { // in whatever order they are asked
		kept, err := wait()
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, kept.ID)
	}
	slices.Reverse(ids)
	return db, ids, failures
}

// One failing write must not take the others of its group commit with it, nor change their
// order.
func TestGroupCommitIsolatesErrors(t *testing.T) {
	purpose := errors.New("on purpose")
	db, ids, failures := stuffed(t, Options{}, 60, func(tx *sql.Tx) error {
		if _, err := tx.Exec(`DELETE FROM recipient`); err != nil {
			return err
		}
		return purpose
	})
	for _, err := range failures {
		if !errors.Is(err, purpose) {
			t.Errorf("a failed write says %v", err)
		}
	}
	list, err := db.Recent(t.Context(), "a@example.jp", noon)
	if err != nil || len(list) != 60 || len(failures) != 6 || !slices.IsSorted(ids) {
		t.Errorf("%d rows, %d failures, ids %v, %v; want 60 and 6", len(list), len(failures), ids, err)
	}
	var n int
	if err := db.read.QueryRow(`SELECT count(*) FROM recipient`).Scan(&n); err != nil || n != 120 {
		t.Errorf("%d recipients, %v; a failed write has left its traces", n, err)
	}
}

// A panic in a write fails that write alone. It is counted once and logged with its stack,
// and the store goes on.
func TestPanicFailsItsWriteAlone(t *testing.T) {
	var log bytes.Buffer
	panics := 0
	db, ids, failures := stuffed(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil)),
		Panicked: func() { panics++ }}, 40, func(tx *sql.Tx) error {
		rows, err := tx.Query(`SELECT id FROM journal`) // and leaves them open
		if err != nil {
			return err
		}
		rows.Next()
		poisonMail(nil)
		return nil
	})
	for _, err := range failures {
		if err == nil || !strings.Contains(err.Error(), "internal error") {
			t.Errorf("the panicking write says %v", err)
		}
	}
	if len(failures) != 4 || panics != 4 || len(ids) != 40 {
		t.Errorf("%d failures, %d counted, %d rows; want 4, 4 and 40", len(failures), panics, len(ids))
	}
	if n := strings.Count(log.String(), "poisonMail"); n < 4 {
		t.Errorf("the log has %d stacks of the panic:\n%s", n, &log)
	}
	done := make(chan int64)
	go func() { done <- keep(t, db, record("b@example.jp", analyzer.Hold)) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("after a panic nothing is written any more")
	}
	if err := db.update(t.Context(), func(*sql.Tx) error { panic("alone") }); err == nil {
		t.Error("a panic in a transaction of its own is not an error")
	}
}

//go:noinline
func poisonMail(list []int) { _ = list[3] }

// A record that nobody waits for any more is not begun, and those after it are.
func TestRecordOfALostMailIsNotKept(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	begun, release := make(chan struct{}), make(chan struct{})
	busy := db.share(t.Context(), func(*sql.Tx) error {
		close(begun)
		<-release
		return nil
	})
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	lost := db.Begin(ctx, record("a@example.jp", analyzer.Pass))
	next := db.Begin(t.Context(), record("a@example.jp", analyzer.Pass))
	cancel()
	close(release)
	if _, err := lost(); !errors.Is(err, context.Canceled) {
		t.Errorf("a record whose mail was given up: %v", err)
	}
	kept, err := next()
	if busy() != nil || err != nil || kept.ID != 1 || kept.Lesson != 1 {
		t.Errorf("the next record: %+v, %v", kept, err)
	}
}

// A held mail takes along what was delayed in the same transaction.
func TestPromotionWithinABatch(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	begun, release := make(chan struct{}), make(chan struct{})
	busy := db.share(t.Context(), func(*sql.Tx) error {
		close(begun)
		<-release
		return nil
	})
	<-begun
	first := db.Begin(t.Context(), delay(noon.Add(time.Minute)))
	second := db.Begin(t.Context(), record("b@example.jp", analyzer.Hold))
	close(release)
	delayed, err1 := first()
	held, err2 := second()
	if busy() != nil || err1 != nil || err2 != nil ||
		!slices.Equal(held.Promoted, []int64{delayed.ID}) {
		t.Errorf("held %+v of delayed %+v, %v %v", held, delayed, err1, err2)
	}
}

// Whoever is about to write goes along with a batch for a server: the first alone would take a round trip
// and a sync of its own, for which the others wait.
func TestBatchTakesAlongWhoIsAboutToWrite(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // nobody runs unless the committer lets him
	db := &DB{url: "postgres://db1/hisseki", jobs: make(chan job, 8)}
	for range cap(db.jobs) {
		go func() { db.jobs <- job{} }()
	}
	got := 0
	for _, more := db.waiting(0, 0); more; _, more = db.waiting(0, got) {
		got++
	}
	if got != cap(db.jobs) {
		t.Errorf("%d of %d went along", got, cap(db.jobs))
	}
}
