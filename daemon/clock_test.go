package daemon

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/quarantine"
	"hisseki/store"
)

// TestPurgeAfterClockJump: a clock that runs years ahead must not have everything
// forgotten before somebody can set it right.
func TestPurgeAfterClockJump(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Begin(t.Context(), &analyzer.Record{Envelope: analyzer.Envelope{
		Time: time.Now().Add(-time.Hour), Sender: "b@example.jp", Class: analyzer.Account},
		Verdict: analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Pass}})(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	ahead := func() time.Time { return time.Now().AddDate(3, 0, 0) }
	d := NewServe(ServeOptions{Clock: ahead, Log: slog.New(slog.NewTextHandler(&log, nil))})
	cfg := config.Default("/nonexistent")
	d.db = db
	d.settings.Store(&cfg)
	d.core.Store(analyzer.New(analyzer.Config{Salt: []byte("test")}, db))
	left := func() int {
		records, err := db.Recent(t.Context(), "", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return len(records)
	}
	now := readClocks()
	d.purged = clocks{set: now.set.AddDate(-3, 0, 0), runs: now.runs.Add(-time.Hour)}
	d.purge(t.Context())
	if left() != 1 || !strings.Contains(log.String(), "the clock was set") {
		t.Errorf("%d records are left\n%s", left(), &log)
	}
	d.purge(t.Context()) // nobody set it back: it was right
	if left() != 0 {
		t.Errorf("old mail stays for good\n%s", &log)
	}
}

// TestDelayAfterClockJump: a delay that was begun in what is now the future ends.
func TestDelayAfterClockJump(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		judged, due time.Duration
		want        quarantine.Verb
	}{
		{-time.Minute, 9 * time.Minute, quarantine.Keep},
		{-11 * time.Minute, -time.Minute, quarantine.EndDelay},
		{24 * time.Hour, 24*time.Hour + 10*time.Minute, quarantine.EndDelay},
	} {
		h := &ledger.Hold{State: ledger.Delayed, Due: now.Add(c.due), Record: &analyzer.Record{}}
		h.Record.Envelope.Time = now.Add(c.judged)
		if got := (Tasks{}).task(h, h.Work(now), now); got.Verb != c.want {
			t.Errorf("judged %v from now, due in %v: %s, want %s", c.judged, c.due, got.Verb, c.want)
		}
	}
}
