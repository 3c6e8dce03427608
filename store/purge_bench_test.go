package store

import (
	"testing"
	"time"

	"hisseki/internal/pgtest"
)

// BenchmarkServerPurge purges 12,000 of 40,000 mails from a PostgreSQL database, synced to the disk: two
// thirds with nobody else there, and then a third beside mail that is recorded from 16 at a time.
//
//	go test -run '^$' -bench ServerPurge -benchtime 1x ./store -engine sqlite
func BenchmarkServerPurge(b *testing.B) {
	pg, err := pgtest.Start("max_wal_size=4GB", "shared_buffers=256MB")
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { pg.Close() })
	s := newSized(b, pg, 40_000)
	purge := func(left int) float64 { // rows a second
		begun := time.Now()
		// The oldest have the highest numbers: one a second.
		p, err := s.db.Purge(b.Context(), noon, noon.Sub(longAgo.Add(-time.Duration(left)*time.Second)))
		if err != nil || p.Mails == 0 {
			b.Fatalf("purged %d mails, %v", p.Mails, err)
		}
		return float64(p.Mails) / time.Since(begun).Seconds()
	}
	b.ReportMetric(purge(32_000), "alone/s")
	s.record(b, 3*time.Second)
	rate, p99 := s.rate(), s.p99()
	s.mails, s.spent = 0, 0
	done := make(chan float64, 1)
	go func() { done <- purge(28_000) }()
	for beside := 0.0; beside == 0; {
		s.record(b, time.Second)
		select {
		case beside = <-done:
			b.ReportMetric(beside, "beside-mail/s")
		default:
		}
	}
	b.ReportMetric(s.rate()/rate, "mails-ratio")
	b.ReportMetric(s.p99()/p99, "p99-ratio")
	b.ReportMetric(0, "ns/op")
}
