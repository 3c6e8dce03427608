package bench

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Rounds take turns; each is long enough for its CPU time to be counted in ticks, and
// there are enough for a busy moment of the machine to hit everybody.
const (
	rounds    = 5
	roundTime = 2 * time.Second
)

// tally is what a contestant did in all its rounds.
type tally struct {
	mails int
	time  time.Duration
	cpu   time.Duration
	ends  []time.Duration // of the answers to the end of message
}

func (t *tally) rate() float64 { return float64(t.mails) / t.time.Seconds() }

// quantile returns a quantile of the answers' times in milliseconds.
func (t *tally) quantile(q float64) float64 {
	slices.Sort(t.ends)
	return float64(t.ends[int(q*float64(len(t.ends)-1))].Microseconds()) / 1000
}

func (t *tally) cpuPerMail() float64 { return t.cpu.Seconds() * 1000 / float64(t.mails) }

// BenchmarkDirect speaks to the milters as Postfix does, without Postfix, as fast as each
// of them answers.
func BenchmarkDirect(b *testing.B) {
	for _, connections := range []int{4, 16} {
		b.Run(fmt.Sprint(connections), func(b *testing.B) { benchmarkDirect(b, connections, 0) })
	}
}

// pace is a busy server's: 100 mails a second of 4 connections.
const pace = 40 * time.Millisecond

// BenchmarkPaced is BenchmarkDirect at a rate that leaves the machine room: how long a
// mail waits then.
func BenchmarkPaced(b *testing.B) { benchmarkDirect(b, 4, pace) }

func benchmarkDirect(b *testing.B, connections int, pace time.Duration) {
	list := letters(b, 8000)
	rivals := []*process{startNoop(b, "unix", "answering"), startNoop(b, "unix", "silent"),
		startNoop(b, "unix", "recording"),
		startServe(b, "unix", filepath.Join(b.TempDir(), "hisseki.db"))}
	hisseki := len(rivals) - 1
	tallies := make([]tally, len(rivals))
	var next atomic.Int64
	for range rounds {
		for i, p := range rivals {
			drive(b, p, connections, pace, list, &next, &tallies[i])
		}
	}
	base := tallies[0].rate()
	for i, p := range rivals {
		b.ReportMetric(tallies[i].rate()/base, p.name+"-ratio")
		b.ReportMetric(tallies[i].cpuPerMail(), p.name+"-cpu-ms/mail")
		b.ReportMetric(tallies[i].quantile(0.5), p.name+"-p50-ms")
		b.ReportMetric(tallies[i].quantile(0.99), p.name+"-p99-ms")
	}
	b.ReportMetric(tallies[hisseki].rate(), "hisseki-mails/s")
	b.ReportMetric(rivals[hisseki].resident(b, "VmHWM"), "hisseki-MiB")
	b.ReportMetric(0, "ns/op")
}

// drive is one round: so many connections send mail after mail for a while, each begun every
// pace at most.
func drive(b *testing.B, p *process, connections int, pace time.Duration, list []letter,
	next *atomic.Int64, t *tally) {
	b.Helper()
	begun := time.Now()
	round(b, p, connections, pace, list, next, t, func() bool {
		return time.Since(begun) < roundTime
	})
}

// send is a round of so many mails.
func send(b *testing.B, p *process, connections, mails int, list []letter, next *atomic.Int64,
	t *tally) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(mails))
	round(b, p, connections, 0, list, next, t, func() bool { return left.Add(-1) >= 0 })
}

func round(b *testing.B, p *process, connections int, pace time.Duration, list []letter,
	next *atomic.Int64, t *tally, more func() bool) {
	b.Helper()
	cpu, begun := p.cpu(b), time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range connections {
		wg.Go(func() {
			time.Sleep(pace * time.Duration(i) / time.Duration(connections)) // not all at once
			ends, err := sendWhile(p, more, pace, list, next)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				b.Errorf("%s: %v", p.name, err)
			}
			t.mails += len(ends)
			t.ends = append(t.ends, ends...)
		})
	}
	wg.Wait()
	t.time += time.Since(begun)
	t.cpu += p.cpu(b) - cpu
	if b.Failed() {
		b.FailNow()
	}
}

func sendWhile(to *process, more func() bool, pace time.Duration, list []letter,
	next *atomic.Int64) ([]time.Duration, error) {
	p, err := dialPeer(to.net, to.addr)
	if err != nil {
		return nil, err
	}
	defer p.conn.Close()
	var ends []time.Duration
	for turn := time.Now(); more(); turn = turn.Add(pace) {
		time.Sleep(time.Until(turn))
		took, err := p.send(&list[int(next.Add(1))%len(list)])
		if err != nil {
			return ends, err
		}
		ends = append(ends, took)
	}
	return ends, nil
}
