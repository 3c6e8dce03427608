package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/store"
)

// sizes are the numbers of senders of the growth curve.
var sizes = []int{10, 1000, 100_000, 1_000_000}

// BenchmarkGrowth judges mail of as many senders as the store knows, drawn at random, so
// that with many senders hardly one is in memory.
func BenchmarkGrowth(b *testing.B) {
	list := letters(b, 8000)
	rivals := []*process{startNoop(b, "unix", "answering")}
	starts := make([]time.Duration, len(sizes))
	for i, n := range sizes {
		db := filepath.Join(b.TempDir(), "hisseki.db")
		populate(b, db, n)
		begun := time.Now()
		p := startServe(b, "unix", db)
		starts[i] = time.Since(begun)
		p.name = fmt.Sprint(n)
		rivals = append(rivals, p)
	}
	tallies := make([]tally, len(rivals))
	var next atomic.Int64
	for range rounds {
		for i, p := range rivals {
			of := list
			if i > 0 {
				of = spread(list, sizes[i-1])
			}
			drive(b, p, 4, 0, of, &next, &tallies[i])
		}
	}
	for i, p := range rivals[1:] {
		t := &tallies[i+1]
		b.ReportMetric(t.rate()/tallies[0].rate(), p.name+"-ratio")
		b.ReportMetric(t.rate(), p.name+"-mails/s")
		b.ReportMetric(t.cpuPerMail(), p.name+"-cpu-ms/mail")
		b.ReportMetric(t.quantile(0.99), p.name+"-p99-ms")
		b.ReportMetric(p.resident(b, "VmHWM"), p.name+"-MiB")
		b.ReportMetric(float64(starts[i].Milliseconds()), p.name+"-start-ms")
	}
	b.ReportMetric(0, "ns/op")
}

// spread gives the letters to so many accounts, at random.
func spread(list []letter, accounts int) []letter {
	r := rand.New(rand.NewPCG(3, uint64(accounts)))
	out := make([]letter, 20_000)
	for i := range out {
		out[i] = list[i%len(list)]
		out[i].login = account(r.IntN(accounts))
		out[i].from = out[i].login
	}
	return out
}

// populate makes a store in which so many senders have each sent 20 mails in a month.
func populate(b *testing.B, path string, senders int) {
	b.Helper()
	db, err := store.Open(context.Background(), path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var kinds [32]*baseline.Profile
	for i := range kinds {
		kinds[i] = someProfile(uint64(i))
	}
	list := []analyzer.Saved{{Profile: kinds[0]}} // the organisation's
	for i := range senders {
		list = append(list, analyzer.Saved{Sender: account(i), Profile: kinds[i%len(kinds)]})
	}
	for part := range slices.Chunk(list, 500) {
		if err := db.SaveProfiles(context.Background(), part...); err != nil {
			b.Fatal(err)
		}
	}
}

// someProfile has learned 20 mails with the habits and the style of one hand.
func someProfile(seed uint64) *baseline.Profile {
	r := rand.New(rand.NewPCG(seed, 5))
	key := func(of int) []baseline.Key { return []baseline.Key{baseline.Key(r.IntN(of)) + 1} }
	p := &baseline.Profile{}
	for i := range 20 {
		o := baseline.Observation{At: time.Now().Add(-time.Duration(i) * 36 * time.Hour),
			Recipients: 1, Settled: true, Seen: 1<<20 - 1, Letters: 500, Points: r.Float64()}
		for f := range baseline.Families {
			o.Keys[f] = key(4)
		}
		o.Keys[baseline.Recipient] = key(40)
		for d := uint16(r.IntN(4)); d < baseline.StyleDims; d += 1 + uint16(r.IntN(8)) {
			o.Style = append(o.Style, baseline.StyleCount{Dim: d, Count: 1})
		}
		p.Learn(&o)
	}
	return p
}
