package bench

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkMemory sends 100,000 mails of 10,000 senders and reports what memory serve took.
// Only memory counts here: on a slow disk set TMPDIR to one in memory.
func BenchmarkMemory(b *testing.B) {
	const mails, senders, connections = 100_000, 10_000, 16
	list := spread(letters(b, 8000), senders)
	p := startServe(b, "unix", filepath.Join(b.TempDir(), "hisseki.db"))
	var next atomic.Int64
	var wg sync.WaitGroup
	begun := time.Now()
	for range connections {
		wg.Go(func() {
			peer, err := dialPeer(p.net, p.addr)
			if err != nil {
				b.Error(err)
				return
			}
			defer peer.conn.Close()
			for i := next.Add(1); i <= mails; i = next.Add(1) {
				if _, err := peer.send(&list[int(i)%len(list)]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(p.resident(b, "VmHWM"), "most-MiB")
	b.ReportMetric(p.resident(b, "VmRSS"), "MiB")
	b.ReportMetric(mails/time.Since(begun).Seconds(), "mails/s")
	b.ReportMetric(p.cpu(b).Seconds()*1000/mails, "cpu-ms/mail")
	b.ReportMetric(0, "ns/op")
}
