package store

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/logbuffer"
	"hisseki/internal/pgtest"
	"hisseki/store/postgres"
)

// The only synchronous standby is gone: the server answers all but commits. The first mails wait, then each
// node knows, whether it has mail of its own or hears of the others' only; no process stays behind at the
// server for each that gave up; and all goes on when the standby is back, without a restart.
func TestStandbyIsGone(t *testing.T) {
	onlyServer(t)
	primary := pgtest.Own(t, "wal_level=replica", "max_wal_senders=4")
	url, err := primary.Database("")
	if err != nil {
		t.Fatal(err)
	}
	standby, err := primary.Standby(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := Open(t.Context(), standby.URL("t1"), Options{}); err == nil ||
		!strings.Contains(err.Error(), "is a standby and takes no writes: name the primary too") {
		t.Errorf("a standby without its primary is opened: %v", err)
	}
	var log logbuffer.Buffer
	var list []*DB
	ctx, stop := context.WithCancel(t.Context())
	var beside sync.WaitGroup
	for range 3 {
		db, err := Open(t.Context(), url, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		list = append(list, db)
		beside.Go(func() {
			db.Others(ctx, func([]analyzer.Elsewhere) {}, func(error) {})
		})
	}
	t.Cleanup(beside.Wait)
	t.Cleanup(stop)
	const budget = 5 * time.Second
	mail := func(db *DB, a analyzer.Action) (time.Duration, error) {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), budget)
		defer cancel()
		_, err := db.Past(ctx, "a@example.jp", noon, 10)
		if err == nil {
			_, err = db.Begin(ctx, record("a@example.jp", a))()
		}
		return time.Since(begun), err
	}
	for _, db := range list {
		if _, err := mail(db, analyzer.Hold); err != nil {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	if err := standby.Down(os.Kill); err != nil {
		t.Fatal(err)
	}
	t.Logf("down in %v", time.Since(begun))
	var under sync.WaitGroup // whose answers the milter does not wait for beyond their budget
	under.Go(func() { mail(list[0], analyzer.Pass) })
	under.Go(func() { mail(list[1], analyzer.Hold) })
	t.Cleanup(under.Wait)
	gone := time.Now()
	for _, db := range list[:2] {
		for !errors.Is(db.gate.Writes(), postgres.ErrAway) {
			if time.Since(gone) > 2*budget {
				t.Fatal("it is not known that commits do not end")
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	t.Logf("known after %v", time.Since(gone))
	for _, db := range list[:2] {
		for range 20 {
			if took, err := mail(db, analyzer.Hold); !errors.Is(err, postgres.ErrAway) || took > budget/10 {
				t.Errorf("a mail's answer took %v: %v", took, err)
			}
		}
		if _, err := db.AgentSeen(t.Context()); !errors.Is(err, postgres.ErrAway) {
			t.Errorf("it is not seen that nothing is written: %v", err)
		}
	}
	if list[0].gate.Open() != nil {
		t.Error("nothing is read any more")
	}
	time.Sleep(3 * time.Second) // in which each look of Others gives up, and a second mail's budget ends
	waiting := 0
	if err := list[0].read.QueryRow(`SELECT count(*) FROM pg_stat_activity
		WHERE wait_event = 'SyncRep' OR wait_event_type = 'Lock'`).Scan(&waiting); err != nil || waiting > 3*len(list) {
		t.Errorf("%d processes wait at the server, %v", waiting, err)
	}
	t.Logf("%d processes wait at the server", waiting)
	begun = time.Now()
	if list[1].Close(); time.Since(begun) > endsWithin {
		t.Errorf("a store that cannot commit was closed in %v", time.Since(begun))
	}
	t.Logf("closed in %v", time.Since(begun))
	begun = time.Now()
	if err := standby.Up(); err != nil {
		t.Fatal(err)
	}
	t.Logf("up in %v", time.Since(begun))
	back := time.Now()
	for {
		if _, err := mail(list[0], analyzer.Hold); err == nil {
			break
		}
		if time.Since(back) > 30*time.Second {
			t.Fatal("it does not go on")
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("back %v after the standby", time.Since(back))
	if away, back := strings.Count(log.String(), "a commit has not ended"), strings.Count(log.String(), "answers again"); away < 2 || back < 1 {
		t.Errorf("the log says %d times that commits wait, %d times that they end", away, back)
	}
}
