package bench

import (
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/milter"
	"hisseki/store"
)

// inside runs milter, analyzer and store in this process.
type inside struct{ core *analyzer.Analyzer }

func (s inside) Judge(ctx context.Context, m *analyzer.Mail) (analyzer.Verdict, error) {
	r, err := s.core.Judge(ctx, m, analyzer.Conditions{})
	if err != nil {
		return analyzer.Verdict{}, err
	}
	return r.Verdict, nil
}

// BenchmarkInside is all of serve in this process: what to profile, as in
// go test -run '^$' -bench Inside -benchtime 20000x -cpuprofile FILE ./internal/bench
func BenchmarkInside(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	db, err := store.Open(ctx, filepath.Join(b.TempDir(), "hisseki.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	salt, err := db.Salt(ctx)
	if err != nil {
		b.Fatal(err)
	}
	core := analyzer.New(analyzer.Config{Salt: salt, Excerpt: 200,
		Limits: content.Limits{Budget: 500 * time.Millisecond, Now: time.Now}}, db)
	srv := milter.New(milter.Config{Judge: inside{core},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, ln) }()
	b.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			b.Error(err)
		}
		if err := srv.Shutdown(context.Background()); err != nil {
			b.Error(err)
		}
		db.Close()
	})
	list := letters(b, 8000)
	var next atomic.Int64
	var mu sync.Mutex
	var all tally
	b.SetParallelism(2) // four at once on two cores
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		p, err := dialPeer("tcp4", ln.Addr().String())
		if err != nil {
			b.Error(err)
			return
		}
		defer p.conn.Close()
		var ends []time.Duration
		for pb.Next() {
			took, err := p.send(&list[int(next.Add(1))%len(list)])
			if err != nil {
				b.Error(err)
				return
			}
			ends = append(ends, took)
		}
		mu.Lock()
		all.ends = append(all.ends, ends...)
		mu.Unlock()
	})
	b.ReportMetric(all.quantile(0.5), "p50-ms")
	b.ReportMetric(all.quantile(0.99), "p99-ms")
}
