package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/store"
)

// BenchmarkRestart starts serve on stores of a busy site, with this much mail of the last 72
// hours, and reports how long it takes until the first verdict, what memory that takes, and
// how long mails wait from then on, while the configuration is read again and again. No mail
// may stay unjudged.
func BenchmarkRestart(b *testing.B) {
	for _, mails := range []int{300_000, 1_000_000} {
		b.Run(fmt.Sprint(mails), func(b *testing.B) { benchmarkRestart(b, mails) })
	}
}

// busyAccounts is a university.
const busyAccounts = 20_000

func benchmarkRestart(b *testing.B, mails int) {
	firm := newStaff(b)
	path := filepath.Join(b.TempDir(), "hisseki.db")
	firm.populate(b, path, busyAccounts)
	firm.live(b, path, mails)
	list := firm.mail(busyAccounts)
	b.ResetTimer()
	begun := time.Now()
	p := startServe(b, "unix", path)
	first, err := dialPeer(p.net, p.addr)
	if err == nil {
		_, err = first.send(&list[0])
	}
	if err != nil {
		b.Fatal(err)
	}
	first.conn.Close()
	b.ReportMetric(time.Since(begun).Seconds(), "first-verdict-s")
	b.ReportMetric(p.resident(b, "VmHWM"), "start-MiB")
	var next atomic.Int64
	early, later := tally{}, tally{}
	drive(b, p, 4, 0, list, &next, &early) // hardly anybody is in memory
	over := make(chan struct{})
	reloads := make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-over:
				reloads <- n
				return
			case <-time.After(200 * time.Millisecond):
				p.cmd.Process.Signal(syscall.SIGHUP)
			}
		}
	}()
	for range rounds {
		drive(b, p, 4, pace, list, &next, &later)
	}
	close(over)
	b.ReportMetric(early.rate(), "mails/s")
	b.ReportMetric(early.quantile(0.99), "early-p99-ms")
	b.ReportMetric(later.quantile(0.99), "reloading-p99-ms")
	b.ReportMetric(later.quantile(1), "reloading-max-ms")
	b.ReportMetric(float64(<-reloads), "reloads")
	b.ReportMetric(p.resident(b, "VmHWM"), "most-MiB")
	b.ReportMetric(0, "ns/op")
	log, err := os.ReadFile(p.log)
	if err != nil {
		b.Fatal(err)
	}
	if n := strings.Count(string(log), "mail not judged"); n > 0 {
		b.Errorf("%d mails were not judged", n)
	}
	if n := strings.Count(string(log), "configuration reloaded"); n == 0 {
		b.Errorf("nothing was reloaded:\n%.2000s", log)
	}
}

// unsaved are the lessons of the last minute, which no saved profile of the organisation
// has yet.
const unsaved = 60_000

// live lets the accounts of a store send so many mails within the last three days: each to
// its own partners, one in twenty with a link that nobody knows.
func (s *staff) live(b *testing.B, path string, mails int) {
	b.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	samples, err := db.Recent(ctx, "", time.Time{})
	if err != nil || len(samples) == 0 {
		b.Fatalf("no mail to take after: %v", err)
	}
	org, last, err := db.Profile(ctx, "")
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, uint64(mails)))
	begin := time.Now().Add(-71 * time.Hour)
	var pending []analyzer.Pending
	for i := range mails {
		at := begin.Add(71 * time.Hour / time.Duration(mails) * time.Duration(i))
		m := another(&samples[r.IntN(len(samples))], at, r)
		if i < mails-unsaved {
			org.Learn(&m.Observation)
			last++
		}
		pending = append(pending, db.Begin(ctx, m))
		if len(pending) == 200 || i == mails-1 {
			for _, wait := range pending {
				if _, err := wait(); err != nil {
					b.Fatal(err)
				}
			}
			pending = pending[:0]
		}
	}
	if err := db.SaveProfiles(ctx, analyzer.NewSaved("", org, last)); err != nil {
		b.Fatal(err)
	}
	s.saveProfiles(b, db, busyAccounts)
}

// another is a mail like a sample, of a random account to two of its ten partners.
func another(sample *analyzer.Record, at time.Time, r *rand.Rand) *analyzer.Record {
	n := r.IntN(busyAccounts)
	m := *sample
	m.Envelope.Time, m.Envelope.Sender, m.Envelope.MailFrom = at, account(n), account(n)
	m.Envelope.Recipients = nil
	m.Observation.At = at.UTC().Truncate(time.Second)
	m.Observation.Keys[baseline.Recipient] = nil
	for range 2 {
		partner := n*10 + r.IntN(10)
		m.Envelope.Recipients = append(m.Envelope.Recipients, fmt.Sprintf("p%d@partner%d.test",
			partner, partner%3000))
		m.Observation.Keys[baseline.Recipient] = append(m.Observation.Keys[baseline.Recipient],
			baseline.Key(partner)<<8)
	}
	slices.Sort(m.Observation.Keys[baseline.Recipient])
	m.Observation.Marks = nil
	if r.IntN(20) == 0 {
		m.Observation.Marks = []baseline.Key{baseline.Key(r.IntN(10_000))}
	}
	m.Learn, m.Learned = true, false
	return &m
}
