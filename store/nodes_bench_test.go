package store

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/pgtest"
)

// BenchmarkNodes records ordinary mail in turns on an SQLite file, on one node on PostgreSQL and on three
// nodes on one PostgreSQL, all synced to the disk, from 16 senders at a time. nodes3x16 has 16 for each
// node. Nodes hear of each other as in serve; view-p99-ms is after what time another node knows of a
// record. Rates and ratios are the medians of rounds in which all take their turn, after one that counts for
// nothing, so they say something on a busy machine too:
//
//	go test -run '^$' -bench Nodes -benchtime 1x ./store -engine sqlite
func BenchmarkNodes(b *testing.B) {
	own(b)
	pg, err := pgtest.Start()
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { pg.Close() })
	url, err := pg.Database("")
	if err != nil {
		b.Fatal(err)
	}
	open := func(name string) *DB {
		db, err := Open(b.Context(), name, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { db.Close() })
		return db
	}
	file := open(filepath.Join(b.TempDir(), "h.db"))
	nodes := []*DB{open(url), open(url), open(url)}
	kinds := []*contest{
		{name: "sqlite", dbs: []*DB{file}, senders: 16},
		{name: "node", dbs: nodes[:1], senders: 16},
		{name: "nodes3", dbs: nodes, senders: 16},
		{name: "nodes3x16", dbs: nodes, senders: 48},
	}
	for range b.N {
		for round := range 10 {
			for _, c := range kinds {
				c.record(b, time.Second)
				if round == 0 { // plans, caches and files are made
					c.rates, c.views = nil, nil
				}
			}
		}
	}
	for _, c := range kinds {
		ratios := make([]float64, len(c.rates))
		for i := range ratios {
			ratios[i] = c.rates[i] / kinds[0].rates[i]
		}
		b.ReportMetric(median(c.rates), c.name+"-mails/s")
		b.ReportMetric(median(ratios), c.name+"-ratio")
		if slices.Sort(c.views); len(c.views) > 0 {
			b.ReportMetric(c.views[len(c.views)*99/100].Seconds()*1000, c.name+"-view-p99-ms")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// contest is a way to record mail, and what came of it.
type contest struct {
	name    string
	dbs     []*DB
	senders int
	rates   []float64       // mails a second, by round
	views   []time.Duration // after the answer, of each record and each other node
}

// record records ordinary mail for a while.
func (c *contest) record(b *testing.B, d time.Duration) {
	heard := make([]map[int64]time.Time, len(c.dbs))
	var hearingOf sync.Mutex // guards heard
	hearing, deaf := context.WithCancel(b.Context())
	var listeners, senders sync.WaitGroup
	for i, db := range c.dbs {
		heard[i] = make(map[int64]time.Time)
		listeners.Go(func() {
			db.Others(hearing, func(list []analyzer.Elsewhere) {
				hearingOf.Lock()
				defer hearingOf.Unlock()
				for _, e := range list {
					heard[i][e.ID] = time.Now()
				}
			}, func(err error) { b.Error(err) })
		})
	}
	begun := time.Now()
	done := make([]map[int64]time.Time, c.senders)
	for i := range c.senders {
		done[i] = make(map[int64]time.Time)
		senders.Go(func() {
			for time.Since(begun) < d {
				r := record(fmt.Sprintf("u%d@example.jp", i), analyzer.Pass)
				kept, err := c.dbs[i%len(c.dbs)].Begin(context.Background(), r)()
				if err != nil {
					b.Error(err)
					return
				}
				done[i][kept.ID] = time.Now()
			}
		})
	}
	senders.Wait()
	spent, mails := time.Since(begun), 0
	for i := range done {
		mails += len(done[i])
	}
	all := func() bool { // of the others' records each node heard
		hearingOf.Lock()
		defer hearingOf.Unlock()
		for i := range done {
			for id := range done[i] {
				for n := range heard {
					if _, ok := heard[n][id]; !ok && n != i%len(heard) {
						return false
					}
				}
			}
		}
		return true
	}
	for end := time.Now().Add(10 * time.Second); !all() && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	deaf()
	listeners.Wait()
	for i := range done {
		for id, answered := range done[i] {
			for n := range heard {
				if n == i%len(heard) {
					continue
				}
				if at, ok := heard[n][id]; !ok {
					b.Errorf("node %d has not heard of record %d", n, id)
				} else {
					c.views = append(c.views, max(0, at.Sub(answered)))
				}
			}
		}
	}
	c.rates = append(c.rates, float64(mails)/spent.Seconds())
}

// median is the middle one.
func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
