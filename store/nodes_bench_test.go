package store

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/pgtest"
)

// BenchmarkNodes records mail from 16 senders at a time, in turns on an SQLite file, one node on
// PostgreSQL and three nodes on one PostgreSQL, all synced to the disk. The figures are of the same
// minutes, so their ratios say something on a busy machine too:
//
//	go test -run '^$' -bench Nodes -benchtime 1x ./store -engine sqlite
func BenchmarkNodes(b *testing.B) {
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
	kinds := []struct {
		name string
		dbs  []*DB
	}{{"sqlite", []*DB{file}}, {"node", nodes[:1]}, {"nodes3", nodes}}
	mails, spent := make([]int64, len(kinds)), make([]time.Duration, len(kinds))
	for range b.N {
		for range 3 {
			for k, kind := range kinds {
				begun := time.Now()
				mails[k] += recordFor(b, kind.dbs, 2*time.Second)
				spent[k] += time.Since(begun)
			}
		}
	}
	base := float64(mails[0]) / spent[0].Seconds()
	for k, kind := range kinds {
		rate := float64(mails[k]) / spent[k].Seconds()
		b.ReportMetric(rate, kind.name+"-mails/s")
		b.ReportMetric(rate/base, kind.name+"-ratio")
	}
}

// recordFor records ordinary mail for a while over some stores, and returns how much.
func recordFor(b *testing.B, dbs []*DB, d time.Duration) int64 {
	ctx, stop := context.WithTimeout(b.Context(), d)
	defer stop()
	var n atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for ctx.Err() == nil {
				r := record(fmt.Sprintf("u%d@example.jp", i), analyzer.Pass)
				if _, err := dbs[i%len(dbs)].Begin(context.WithoutCancel(ctx), r)(); err != nil {
					b.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return n.Load()
}
