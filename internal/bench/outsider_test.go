package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
	"hisseki/store"
)

// failedLogins is how many failed logins BenchmarkFailedLogins has behind it, unless
// BENCH_FAILED_LOGINS says otherwise. Ten million, those of 72 hours, take half an hour to write:
// BENCH_FAILED_LOGINS_STORE names a store that keeps them for the next run.
const failedLogins = 500_000

// guessed is how many of them come a second: ten million in 72 hours.
const guessed = 10_000_000 / (72 * 3600)

// BenchmarkFailedLogins sends ordinary mail, at rest and while somebody without an account guesses
// the passwords of its senders from ever new addresses of a /32 of IPv6, after he did so for 72 hours. fresh
// is the same mail at rest in a store that has none of it.
func BenchmarkFailedLogins(b *testing.B) {
	n := failedLogins
	if text := os.Getenv("BENCH_FAILED_LOGINS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	list := letters(b, 8000)
	path := os.Getenv("BENCH_FAILED_LOGINS_STORE")
	if path == "" {
		path = filepath.Join(b.TempDir(), "hisseki.db")
	}
	g := &guesser{db: openStore(b, path), list: list}
	g.fill(b, n)
	p := startServe(b, "unix", path)
	var stop context.CancelFunc
	ended := make(chan struct{})
	fresh := startServe(b, "unix", filepath.Join(b.TempDir(), "fresh.db"))
	(&attacked{fresh: fresh}).measure(b, p, list, func(on bool) {
		if !on {
			stop()
			<-ended
			return
		}
		var ctx context.Context
		ctx, stop = context.WithCancel(b.Context())
		ended = make(chan struct{})
		go func() {
			defer close(ended)
			for ctx.Err() == nil {
				g.keep(b, time.Now(), guessed/2) // as the agent reads a log
				time.Sleep(time.Second / 2)
			}
		}()
	})
	b.ReportMetric(float64(n), "before")
}

// guesses are kept by one transaction, before the measurement: of all accounts, so that a few would
// write the same pages again and again.
const guesses = 100_000

const guessedLog = "/var/log/mail.log"

type guesser struct {
	db     *store.DB
	list   []letter
	offset int64 // of the log: one a login
}

// fill keeps n failed logins of the last 72 hours, but for those that an earlier run left in the store.
func (g *guesser) fill(b *testing.B, n int) {
	b.Helper()
	before, err := g.db.LogPositions(b.Context(), guessedLog, "")
	if err != nil {
		b.Fatal(err)
	}
	if len(before) > 0 {
		g.offset = before[0].Offset
	}
	now := time.Now()
	first := int(g.offset)
	for kept := first; kept < n; kept += guesses {
		left := float64(n-kept) / float64(n) * float64(72*time.Hour)
		g.keep(b, now.Add(-time.Duration(left)), guesses)
	}
	if first < n {
		b.ReportMetric(float64(n-first)/time.Since(now).Seconds(), "kept/s")
	}
}

func openStore(b *testing.B, path string) *store.DB {
	b.Helper()
	db, err := store.Open(b.Context(), path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return db
}

// keep writes so many failed logins, each of another sender from another address.
func (g *guesser) keep(b *testing.B, at time.Time, n int) {
	g.offset += int64(n)
	batch := ledger.LogBatch{Host: "mx.example.org",
		Position: ledger.LogPosition{Source: guessedLog, Head: "h", Offset: g.offset}}
	for range n {
		a := netip.MustParsePrefix("2001:db8::/32").Addr().As16()
		for i := 4; i < len(a); i++ {
			a[i] = byte(rand.Uint32())
		}
		batch.Logins = append(batch.Logins, ledger.LogLogin{Exists: true, Login: analyzer.Login{At: at, Count: 1,
			Sender: g.list[rand.IntN(len(g.list))].login, Client: netip.AddrFrom16(a), Result: analyzer.LoginFailure,
			Service: "smtp"}})
	}
	if _, err := g.db.KeepLog(b.Context(), &batch); err != nil {
		b.Error(err)
	}
}

// idlers is how many connections of one client wait in BenchmarkIdleConnections: nine times Postfix's
// default_process_limit.
const idlers = 900

// BenchmarkIdleConnections sends ordinary mail, at rest and while one client has 900 connections and says
// nothing more.
func BenchmarkIdleConnections(b *testing.B) {
	list := letters(b, 8000)
	p := startServe(b, "unix", filepath.Join(b.TempDir(), "hisseki.db"))
	quiet := letter{client: "203.0.113.77"}
	var peers []*peer
	new(attacked).measure(b, p, list, func(on bool) {
		if on {
			peers = peers[:0]
			for i := range idlers {
				one, err := dialPeer(p.net, p.addr)
				if err == nil {
					err = one.connect(&quiet)
				}
				if err == nil {
					_, err = one.conn.Write(one.out)
				}
				if err != nil {
					b.Fatal(fmt.Errorf("connection %d: %w", i, err))
				}
				peers = append(peers, one)
			}
			return
		}
		for _, one := range peers {
			one.conn.Close()
		}
	})
}
