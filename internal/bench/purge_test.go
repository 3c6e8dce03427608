package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/daemon"
	"hisseki/internal/config"
	"hisseki/store"
)

// purgeRows is how many due rows BenchmarkPurge removes, unless BENCH_PURGE_ROWS says
// otherwise. A million take some minutes.
const purgeRows = 30_000

// BenchmarkPurge sends a busy server's mail to a serve that purges all the while, and, in
// turns, to one with the same store that does not; the other one stands still meanwhile
// (SIGSTOP). It ends when all is purged. The watchdog must be fed and no mail unjudged.
func BenchmarkPurge(b *testing.B) {
	rows := purgeRows
	if text := os.Getenv("BENCH_PURGE_ROWS"); text != "" {
		var err error
		if rows, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	dir := b.TempDir()
	paths := []string{filepath.Join(dir, "purging.db"), filepath.Join(dir, "idle.db")}
	keepOld(b, paths[0], rows)
	if out, err := exec.Command("cp", paths[0], paths[1]).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	told := listenNotify(b, filepath.Join(dir, "notify"))
	purging := startPurging(b, paths[0], "10s", told.path)
	purging.name = "purging"
	idle := startPurging(b, paths[1], "1000h", "")
	idle.name = "idle"
	list := letters(b, 8000)
	var tallies [2]tally
	var next atomic.Int64
	warm := tally{} // both have read the accounts' profiles then
	for _, p := range []*process{purging, idle} {
		for range 2 {
			drive(b, p, 4, pace, list, &next, &warm)
		}
	}
	told.reset()
	for round := 0; !purging.said("old mail purged"); round++ {
		idle.signal(b, syscall.SIGSTOP)
		told.running(true)
		drive(b, purging, 4, pace, list, &next, &tallies[0])
		told.running(false)
		purging.signal(b, syscall.SIGSTOP)
		idle.signal(b, syscall.SIGCONT)
		drive(b, idle, 4, pace, list, &next, &tallies[1])
		purging.signal(b, syscall.SIGCONT)
	}
	idle.signal(b, syscall.SIGCONT)
	for i, p := range []*process{purging, idle} {
		b.ReportMetric(tallies[i].quantile(0.5), p.name+"-p50-ms")
		b.ReportMetric(tallies[i].quantile(0.99), p.name+"-p99-ms")
		b.ReportMetric(tallies[i].quantile(1), p.name+"-max-ms")
		if p.said("mail not judged") {
			b.Errorf("%s: mails were not judged", p.name)
		}
	}
	b.ReportMetric(tallies[0].quantile(0.99)/tallies[1].quantile(0.99), "p99-ratio")
	b.ReportMetric(float64(rows)/tallies[0].time.Seconds(), "purged/s")
	for _, p := range []*process{purging, idle} {
		b.ReportMetric(p.resident(b, "VmHWM"), p.name+"-MiB")
		b.ReportMetric(p.resident(b, "RssAnon"), p.name+"-anon-MiB")
	}
	for _, p := range paths {
		if st, err := os.Stat(p + "-wal"); err == nil {
			b.ReportMetric(float64(st.Size()>>20), filepath.Base(p)+"-wal-MiB")
		}
	}
	b.ReportMetric(told.longest.Seconds(), "watchdog-gap-s")
	b.ReportMetric(0, "ns/op")
	if told.longest >= watchdogTime {
		b.Errorf("systemd heard nothing for %s and would have killed serve", told.longest)
	}
}

// keepOld makes a store whose mail is all due: of forty days ago, learned, by as many accounts
// as the benchmark's, a tenth of it with unknown sites.
func keepOld(b *testing.B, path string, rows int) {
	b.Helper()
	then := time.Now().AddDate(0, 0, -40)
	db, err := store.Open(context.Background(), path, store.Options{
		Now: func() time.Time { return then }})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			for i := w; i < rows && !b.Failed(); i += 64 {
				if err := recordOld(db, i, then); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
	for i := range manyAccounts + 1 {
		name := ""
		if i < manyAccounts {
			name = account(i)
		}
		p, last, err := db.Profile(context.Background(), name)
		if err == nil {
			err = db.SaveProfiles(context.Background(), analyzer.NewSaved(name, p, last))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func recordOld(db *store.DB, i int, then time.Time) error {
	at := then.Add(time.Duration(i) * time.Millisecond)
	r := &analyzer.Record{
		Envelope: analyzer.Envelope{Time: at, Host: "mx.example.org", Sender: account(i % manyAccounts),
			QueueID: fmt.Sprintf("4C%dzXY%d", i*7919, i%52), Class: analyzer.Account,
			MailFrom: account(i % manyAccounts), Recipients: []string{
				fmt.Sprintf("a%d@partner%d.test", i%5003, i%977), fmt.Sprintf("b%d@example.net", i%6007)}},
		Verdict:     analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Pass, Points: 1},
		Observation: baseline.Observation{At: at, Recipients: 2, SimHash: uint64(i) * 0x9e3779b97f4a7c15},
		Subject:     fmt.Sprintf("offer %d", i), MessageID: fmt.Sprintf("<%d@example.org>", i),
		Learn: true,
	}
	for family := range r.Observation.Keys {
		r.Observation.Keys[family] = []baseline.Key{baseline.Key(1 + i%211), baseline.Key(1 + i%307)}
	}
	if i%10 == 0 {
		r.Observation.Marks = []baseline.Key{baseline.Key(uint64(i)*0x9e3779b97f4a7c15 | 1)}
	}
	_, err := db.Begin(context.Background(), r)()
	return err
}

// asServe makes this program a hisseki serve on the store of that name, which listens at
// atAddress and purges every purgeEvery.
const (
	asServe    = "BENCH_SERVE"
	purgeEvery = "BENCH_PURGE_EVERY"
)

func startPurging(b *testing.B, db, every, notify string) *process {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	p := &process{net: "unix", addr: address(b, "unix"), log: db + ".log"}
	log, err := os.Create(p.log)
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	p.cmd = exec.Command(exe)
	p.cmd.Env = append(os.Environ(), asServe+"="+db, purgeEvery+"="+every, atAddress+"="+p.addr,
		"NOTIFY_SOCKET="+notify, "WATCHDOG_USEC="+strconv.FormatInt(watchdogTime.Microseconds(), 10))
	p.cmd.Stderr = log
	p.start(b)
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if p.said("msg=serving") {
			return p
		}
		if time.Now().After(end) || !p.alive() {
			text, _ := os.ReadFile(p.log)
			b.Fatalf("serve does not answer\n%s", text)
		}
	}
}

// serveStore is what a process of startPurging does.
func serveStore() error {
	every, err := time.ParseDuration(os.Getenv(purgeEvery))
	if err != nil {
		return err
	}
	cfg := config.Default(filepath.Dir(os.Getenv(asServe)))
	cfg.Database = os.Getenv(asServe)
	cfg.Milter.Listen = config.Address{Network: "unix", Name: os.Getenv(atAddress)}
	srv := daemon.NewServe(daemon.ServeOptions{Clock: time.Now, Level: new(slog.LevelVar),
		Log:  slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Load: func() (config.Config, error) { return cfg, nil }, PurgeEvery: every})
	db, err := store.Open(context.Background(), cfg.Database, store.Options{Log: srv.Log,
		Committed: srv.Committed})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return errors.Join(srv.Run(ctx, cfg, db), db.Close())
}

// said says whether a process has logged a text.
func (p *process) said(text string) bool {
	data, err := os.ReadFile(p.log)
	return err == nil && bytes.Contains(data, []byte(text))
}

func (p *process) signal(b *testing.B, s syscall.Signal) {
	b.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		b.Fatal(err)
	}
}

// watchdogTime is after how long systemd would kill serve.
const watchdogTime = 4 * time.Second

// notified is systemd's end of a serve's notifications. It measures how long its watchdog
// heard nothing while the process was allowed to run.
type notified struct {
	path string

	mu      sync.Mutex
	since   time.Time     // when the process last began to run, zero while it stands still
	silent  time.Duration // before that, since the last word
	longest time.Duration
}

func listenNotify(b *testing.B, path string) *notified {
	b.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	n := &notified{path: path}
	go func() {
		buf := make([]byte, 4096)
		for {
			size, err := conn.Read(buf)
			if err != nil {
				return
			}
			if bytes.Contains(buf[:size], []byte("WATCHDOG=1")) {
				n.heard()
			}
		}
	}()
	return n
}

// gap returns how long nothing was heard. n.mu is locked.
func (n *notified) gap() time.Duration {
	if n.since.IsZero() {
		return n.silent
	}
	return n.silent + time.Since(n.since)
}

func (n *notified) heard() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.longest = max(n.longest, n.gap())
	n.silent = 0
	if !n.since.IsZero() {
		n.since = time.Now()
	}
}

// running says that the process runs from now on, or stands still.
func (n *notified) running(on bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.silent, n.since = n.gap(), time.Time{}
	if on {
		n.since = time.Now()
	}
	n.longest = max(n.longest, n.silent)
}

func (n *notified) reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.silent, n.longest, n.since = 0, 0, time.Time{}
}
