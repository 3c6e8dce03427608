package store

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"hisseki/analyzer"
)

// What an account's long writes wait for: others' short ones that were begun later pass them,
// another account's long one is next after one of them, and its own keep their order.
func TestLongWritesLetShortOnesPass(t *testing.T) {
	db, err := Open(t.Context(), place(t, filepath.Join(t.TempDir(), "h.db")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	begun, release := make(chan struct{}), make(chan struct{})
	waits := []func() error{db.share(t.Context(), func(*sql.Tx) error {
		close(begun)
		<-release
		return nil
	})}
	<-begun
	var order []string // the writer's until all have ended
	write := func(sender string, rows int) {
		do := func(*sql.Tx) error {
			order = append(order, fmt.Sprint(sender, rows))
			return nil
		}
		waits = append(waits, db.enqueue(job{ctx: t.Context(), do: do, shares: true, done: make(chan error, 1),
			sender: sender, rows: rows}))
	}
	for range 10 {
		write("thief", longRows)
	}
	write("thief", 1)
	write("newsletter", longRows+1)
	for range 20 {
		write("bob", 2)
	}
	close(release)
	for _, wait := range waits {
		if err := wait(); err != nil {
			t.Fatal(err)
		}
	}
	want := slices.Concat(slices.Repeat([]string{"bob2"}, 20), []string{"thief200", "newsletter201"},
		slices.Repeat([]string{"thief200"}, 9), []string{"thief1"})
	if !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

// Long writes are not passed for ever.
func TestLongWritesHaveTheirTurn(t *testing.T) {
	var l lanes
	l.take(job{sender: "thief", rows: longRows})
	for i := range mostPassed {
		if l.due() {
			t.Errorf("due after %d commits", i)
		}
	}
	if !l.due() {
		t.Error("never due")
	}
	if l.next(); l.due() || l.waiting() {
		t.Error("due, and there is none")
	}
}

// Records of one sender become durable in the order in which they were begun, long ones too.
func TestLongRecordsKeepTheirOrder(t *testing.T) {
	db, err := Open(t.Context(), place(t, filepath.Join(t.TempDir(), "h.db")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var pending []analyzer.Pending
	for i := range 40 {
		r := record("a@example.jp", analyzer.Pass)
		if i%7 == 0 {
			for n := range 300 {
				r.Envelope.Recipients = append(r.Envelope.Recipients, fmt.Sprintf("r%d@example.org", n))
			}
		}
		pending = append(pending, db.Begin(t.Context(), r))
	}
	last := int64(0)
	for i, wait := range pending {
		kept, err := wait()
		if err != nil || kept.ID <= last {
			t.Fatalf("record %d has id %d after %d, %v", i, kept.ID, last, err)
		}
		last = kept.ID
	}
}
