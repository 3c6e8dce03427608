package store

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/logbuffer"
	"hisseki/internal/pgtest"
	"hisseki/store/postgres"
)

// A database that is killed, or hangs, costs a mail its time budget only until that is known; then each
// gets its answer at once. When it is back, all goes on without a restart, and nothing promised is lost.
func TestDatabaseIsAway(t *testing.T) {
	onlyServer(t)
	own, err := pgtest.Start() // as safe as an installed one
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.Close(); err != nil {
			t.Error(err)
		}
	})
	url, err := own.Database("")
	if err != nil {
		t.Fatal(err)
	}
	var log logbuffer.Buffer
	db, err := Open(t.Context(), url, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	ctx, stop := context.WithCancel(t.Context())
	var beside sync.WaitGroup
	beside.Go(func() { db.Others(ctx, func([]analyzer.Elsewhere) {}, func(error) {}) })
	t.Cleanup(beside.Wait)
	t.Cleanup(stop)
	const budget = 5 * time.Second
	mail := func() (time.Duration, error) { // what of a mail's judgement asks the store
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), budget)
		defer cancel()
		_, err := db.Past(ctx, "a@example.jp", noon, 10)
		if err == nil {
			_, err = db.Begin(ctx, record("a@example.jp", analyzer.Hold))()
		}
		return time.Since(begun), err
	}
	promised := 0
	for name, c := range map[string]struct{ break_, mend func() error }{
		"killed": {func() error { return own.Down(os.Kill) }, own.Up},
		"frozen": {func() error { return own.Signal(syscall.SIGSTOP) },
			func() error { return own.Signal(syscall.SIGCONT) }},
	} {
		if _, err := mail(); err != nil {
			t.Fatalf("%s: before: %v", name, err)
		}
		promised++
		if err := c.break_(); err != nil {
			t.Fatal(err)
		}
		broken := time.Now()
		for !errors.Is(db.gate.Open(), postgres.ErrAway) {
			if time.Since(broken) > 15*time.Second {
				t.Fatalf("%s: it is not known that the database is away", name)
			}
			time.Sleep(10 * time.Millisecond)
		}
		known := time.Since(broken)
		for range 20 {
			took, err := mail()
			if err == nil || took > budget/10 {
				t.Fatalf("%s: a mail's answer took %v: %v", name, took, err)
			}
		}
		if err := c.mend(); err != nil {
			t.Fatal(err)
		}
		mended := time.Now()
		for {
			if _, err := mail(); err == nil {
				break
			}
			if time.Since(mended) > 30*time.Second {
				t.Fatalf("%s: it does not go on", name)
			}
			time.Sleep(50 * time.Millisecond)
		}
		promised++
		t.Logf("%s: known after %v, back %v after the server", name, known, time.Since(mended))
	}
	if away, back := strings.Count(log.String(), "does not answer: mail"), strings.Count(log.String(), "answers again"); away != 2 || back != 2 {
		t.Errorf("the log says %d times that it is away, %d times that it is back; want 2 and 2", away, back)
	}
	if s, err := db.stats(t.Context()); err != nil || s.Mails < promised {
		t.Errorf("%d mails, %v; promised were %d", s.Mails, err, promised)
	}
}
