package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/internal/config"
	"hisseki/store"
)

// TestSigns: whatever hangs, one sign of life stays out.
func TestSigns(t *testing.T) {
	var s signs
	s.upkeep.Store(int64(10 * time.Second))
	s.writer.Store(int64(20 * time.Second))
	for _, c := range []struct {
		now, standstill time.Duration
		want            string
	}{
		{5 * time.Second, 0, ""},
		{5 * time.Second, stillAfter, ""},
		{5 * time.Second, stillAfter + time.Second, "no judgement has ended"},
		{11 * time.Second, 0, "upkeep"},
	} {
		err := s.check(c.now, c.standstill)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("at %s, standing still for %s: %v, want %q", c.now, c.standstill, err, c.want)
		}
	}
	s.upkeep.Store(int64(time.Hour))
	if err := s.check(21*time.Second, 0); err == nil || !strings.Contains(err.Error(), "writer") {
		t.Errorf("with a writer that is silent: %v", err)
	}
}

// slowStore is a store whose purge lasts until it is stopped, and whose writer can hang.
type slowStore struct {
	*store.DB
	purging, purged atomic.Bool
	asked           atomic.Int64
	hang            chan struct{} // AskWriter waits for it; nil does not hang
}

func (s *slowStore) Purge(ctx context.Context, _ time.Time, _ time.Duration) (store.Purged, error) {
	s.purging.Store(true)
	<-ctx.Done()
	s.purged.Store(true)
	return store.Purged{}, ctx.Err()
}

func (s *slowStore) AskWriter(ctx context.Context) error {
	s.asked.Add(1)
	if s.hang != nil {
		<-s.hang
	}
	return s.DB.AskWriter(ctx)
}

// running is a serve that runs until the test ends.
type running struct {
	*Serve
	db   *slowStore
	told *net.UnixConn // systemd's end of the notifications
	stop func() error
}

func newRunning(t *testing.T, db *slowStore) *running {
	t.Helper()
	dir := t.TempDir()
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { told.Close() })
	t.Setenv("NOTIFY_SOCKET", filepath.Join(dir, "notify"))
	t.Setenv("WATCHDOG_USEC", "400000")
	t.Setenv("WATCHDOG_PID", fmt.Sprint(os.Getpid()))
	cfg := config.Default(dir)
	if db.DB, err = store.Open(t.Context(), cfg.Database, store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	r := &running{db: db, told: told, Serve: NewServe(ServeOptions{Clock: time.Now,
		Load: func() (config.Config, error) { return cfg, nil }, Level: new(slog.LevelVar),
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), PurgeEvery: 10 * time.Millisecond})}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, cfg, db) }()
	r.stop = func() error { cancel(); return <-ended }
	return r
}

// hears waits until systemd was told something once more.
func (r *running) hears(t *testing.T, what string) {
	t.Helper()
	buf := make([]byte, 4096)
	for {
		if err := r.told.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		n, err := r.told.Read(buf)
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		if strings.Contains(string(buf[:n]), what) {
			return
		}
	}
}

// TestLongPurgeStarvesNothing: the watchdog is told and upkeep goes on while a purge lasts,
// and the end does not wait for it.
func TestLongPurgeStarvesNothing(t *testing.T) {
	r := newRunning(t, &slowStore{})
	await(t, "a purge", r.db.purging.Load)
	for range 3 {
		r.hears(t, "WATCHDOG=1")
	}
	by := r.watch.signs.upkeep.Load()
	await(t, "a round of upkeep", func() bool { return r.watch.signs.upkeep.Load() > by })
	if err := r.stop(); err != nil || !r.db.purged.Load() {
		t.Errorf("the end: %v; the purge has ended: %v", err, r.db.purged.Load())
	}
}

// TestHungWriterIsNoticed: a store whose writer waits for ever gives no sign of life.
func TestHungWriterIsNoticed(t *testing.T) {
	r := newRunning(t, &slowStore{hang: make(chan struct{})})
	await(t, "the writer to be asked", func() bool { return r.db.asked.Load() > 0 })
	r.hears(t, "WATCHDOG=1") // until askWithin
	late := time.Since(started) + askWithin + time.Second
	r.watch.signs.upkeep.Store(int64(late) + 1)
	if err := r.watch.signs.check(late, 0); err == nil || !strings.Contains(err.Error(), "writer") {
		t.Errorf("the watchdog would be told: %v", err)
	}
	close(r.db.hang)
	await(t, "an answer", func() bool { return r.watch.signs.check(late-time.Second, 0) == nil })
	if err := r.stop(); err != nil {
		t.Error(err)
	}
}
