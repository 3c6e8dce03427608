package store

import (
	"testing"
	"time"

	"hisseki/internal/pgtest"
)

// BenchmarkServerPurge purges 16,000 of 40,000 mails from a PostgreSQL database, synced to the disk: half of
// them with nobody else there, and then, in eight turns, some beside mail that is recorded from 16 at a time; as
// long as each of these took mail is recorded alone.
//
//	go test -run '^$' -bench ServerPurge -benchtime 1x ./store -engine sqlite
func BenchmarkServerPurge(b *testing.B) {
	own(b)
	pg, err := pgtest.Start("max_wal_size=4GB", "shared_buffers=256MB")
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { pg.Close() })
	s := newSized(b, pg, 40_000)
	left, mails, spent := 40_000, 0, time.Duration(0)
	purge := func(n int) time.Duration {
		begun := time.Now()
		left -= n
		// The oldest have the highest numbers: one a second.
		p, err := s.db.Purge(b.Context(), noon, noon.Sub(longAgo.Add(-time.Duration(left)*time.Second)))
		if err != nil || p.Mails == 0 {
			b.Errorf("purged %d mails, %v", p.Mails, err)
		}
		mails += p.Mails
		spent += time.Since(begun)
		return time.Since(begun)
	}
	purge(8000)
	b.ReportMetric(float64(mails)/spent.Seconds(), "alone/s")
	mails, spent = 0, 0
	var alone, beside sized // what mail took
	for range 8 {
		done := make(chan time.Duration, 1)
		go func() { done <- purge(1000) }()
		begun := time.Now()
		for over := false; !over; {
			s.record(b, 100*time.Millisecond)
			select {
			case <-done:
				over = true
			default:
			}
		}
		d := time.Since(begun)
		s.moveTo(&beside)
		s.record(b, d)
		s.moveTo(&alone)
	}
	b.ReportMetric(float64(mails)/spent.Seconds(), "beside-mail/s")
	b.ReportMetric(beside.rate()/alone.rate(), "mails-ratio")
	b.ReportMetric(alone.p99(), "alone-p99-ms")
	b.ReportMetric(beside.p99(), "beside-p99-ms")
	b.ReportMetric(0, "ns/op")
}

// moveTo adds what was recorded to another's figures.
func (s *sized) moveTo(to *sized) {
	to.mails, to.spent, to.took = to.mails+s.mails, to.spent+s.spent, append(to.took, s.took...)
	s.mails, s.spent, s.took = 0, 0, nil
}
