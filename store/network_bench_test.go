package store

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/pgtest"
)

// networkDelay is the round trip of the network that BenchmarkNetwork stands for.
const networkDelay = 500 * time.Microsecond

// BenchmarkNetwork measures what an answer gains by a network of 0.5 ms between node and server: mail that
// passes, of a sender who is in memory and of one who is not, and a hold. Bytes go through a relay of this
// process, which counts round trips and, in turns, keeps them for half of the delay in each direction. The
// kernel's netem would do the same; many kernels have none. gain-us has the relay's own lateness in it,
// round-trips has not: times 0.5 ms they are the gain of an idle machine.
//
//	go test -run '^$' -bench Network -benchtime 1x ./store -engine sqlite
func BenchmarkNetwork(b *testing.B) {
	own(b)
	pg, err := pgtest.StartTCP()
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { pg.Close() })
	if _, err := pg.Database(""); err != nil {
		b.Fatal(err)
	}
	direct, err := url.Parse(pgtest.URLOf("t1", pg))
	if err != nil {
		b.Fatal(err)
	}
	r := newRelay(b, direct.Host)
	direct.Host = r.ln.Addr().String()
	db, err := Open(b.Context(), direct.String(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	n := 0
	cases := []struct {
		name string
		mail func(ctx context.Context) error
	}{
		{"pass", func(ctx context.Context) error {
			_, err := db.Begin(ctx, record("a@example.jp", analyzer.Pass))()
			return err
		}},
		{"unknown-sender", func(ctx context.Context) error {
			n++
			sender := fmt.Sprintf("n%d@example.jp", n)
			_, err := db.Past(ctx, sender, noon, 1024)
			if err == nil {
				_, err = db.Begin(ctx, record(sender, analyzer.Pass))()
			}
			return err
		}},
		{"hold", func(ctx context.Context) error {
			_, err := db.Begin(ctx, record("a@example.jp", analyzer.Hold))()
			return err
		}},
	}
	const each = 200
	for _, c := range cases {
		var took [2][]time.Duration // without and with the delay
		var trips [2]int64
		for i := range 2 * each {
			r.delay.Store(int64(i%2) * int64(networkDelay/2))
			before, begun := r.trips.Load(), time.Now()
			if err := c.mail(b.Context()); err != nil {
				b.Fatal(err)
			}
			if i >= 20 { // statements are prepared by then
				took[i%2] = append(took[i%2], time.Since(begun))
				trips[i%2] += r.trips.Load() - before
			}
		}
		slices.Sort(took[0])
		slices.Sort(took[1])
		half := len(took[0]) / 2
		b.ReportMetric(float64((took[1][half] - took[0][half]).Microseconds()), c.name+"-gain-us")
		b.ReportMetric(float64(took[0][half].Microseconds()), c.name+"-us")
		b.ReportMetric(float64(trips[0])/float64(len(took[0])), c.name+"-round-trips")
	}
	b.ReportMetric(0, "ns/op")
}

// relay hands bytes on between clients and a server, a delay later.
type relay struct {
	ln    net.Listener
	delay atomic.Int64 // nanoseconds
	trips atomic.Int64 // times that a client spoke after the server
}

func newRelay(b *testing.B, server string) *relay {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	r := &relay{ln: ln}
	b.Cleanup(func() { ln.Close() })
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp4", server)
			if err != nil {
				client.Close()
				continue
			}
			var answered atomic.Bool
			answered.Store(true)
			var both sync.WaitGroup
			both.Go(func() {
				r.pass(far, client, func() {
					if answered.Swap(false) {
						r.trips.Add(1)
					}
				})
			})
			both.Go(func() { r.pass(client, far, func() { answered.Store(true) }) })
			go func() { both.Wait(); client.Close(); far.Close() }()
		}
	}()
	return r
}

// pass hands on what comes, each piece when its delay is over, however many are under way.
func (r *relay) pass(to, from net.Conn, spoke func()) {
	type piece struct {
		data []byte
		due  time.Time
	}
	way := make(chan piece, 1024)
	go func() {
		defer to.Close()
		for p := range way {
			for left := time.Until(p.due); left > 0; left = time.Until(p.due) {
				if left > 200*time.Microsecond { // a sleep is late by more than that
					time.Sleep(left - 200*time.Microsecond)
				}
			}
			if _, err := to.Write(p.data); err != nil {
				return
			}
		}
	}()
	defer close(way)
	for {
		buf := make([]byte, 64<<10)
		n, err := from.Read(buf)
		if n > 0 {
			spoke()
			way <- piece{buf[:n], time.Now().Add(time.Duration(r.delay.Load()))}
		}
		if err != nil {
			return
		}
	}
}
