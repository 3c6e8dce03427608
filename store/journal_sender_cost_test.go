package store

import (
	"database/sql"
	"fmt"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// bigJournal fills a journal with mails of so many senders over a day, one in a thousand
// held, each sender with a profile of a hundred mails.
func bigJournal(t testing.TB, db *DB, mails, senders int) {
	t.Helper()
	r := record("a@example.jp", analyzer.Pass)
	row, err := db.row(r)
	if err != nil {
		t.Fatal(err)
	}
	obs, detail, evidence := row[17], row[18], row[20]
	var p baseline.Profile
	for n := range 100 {
		o := baseline.Observation{At: noon.Add(time.Duration(n) * time.Hour), Recipients: 2}
		for f := range o.Keys {
			o.Keys[f] = []baseline.Key{baseline.Key(n%20 + 1)}
		}
		p.Learn(&o)
	}
	data, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	extent, err := p.Extent().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.update(t.Context(), func(tx *sql.Tx) error {
		for _, q := range []struct {
			query string
			args  []any
		}{
			{`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
				INSERT INTO journal (at, host, queue_id, sender, class, mail_from, header_from, client,
					message_id, subject, bytes, action, would, points, sum, due, learned, observation,
					detail, simhash, evidence)
				SELECT ?2 - i % 86000, 'mx.example.jp', 'q' || i, 'user' || (i * 7919 % ?3) ||
					'@example.jp', 'account', '', '', '198.51.100.' || i % 250, i || '@example.jp',
					'subject ' || i, 2000, CASE i % 1000 WHEN 0 THEN 'hold' ELSE 'pass' END,
					CASE i % 1000 WHEN 0 THEN 'hold' ELSE 'pass' END, 1.5, 0, 0,
					CASE i % 1000 WHEN 0 THEN 0 ELSE 1 END, ?4, ?5, i, ?6
				FROM n`, []any{mails, noon.Unix(), senders, obs, detail, evidence}},
			{`INSERT INTO recipient (journal, address, domain)
				SELECT id, 'someone@partner.example', 'partner.example' FROM journal`, nil},
			{`INSERT INTO hold (journal, state, due) SELECT id, 'held', 0 FROM journal WHERE learned = 0`, nil},
			{`INSERT INTO lesson (journal, sender, sign, at)
				SELECT id, sender, 1, at FROM journal WHERE learned = 1`, nil},
			{`INSERT INTO profile (sender, lesson, updated, data, extent)
				SELECT sender, max(id), 0, ?1, ?2 FROM lesson GROUP BY sender`, []any{data, extent}},
		} {
			if _, err := tx.Exec(q.query, q.args...); err != nil {
				return fmt.Errorf("%.40s: %w", q.query, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// cpuTime is what this process has used of processors so far.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perOp runs do b.N times and reports its CPU time too, which other processes do not change.
func perOp(b *testing.B, do func()) {
	began, n := cpuTime(b), 0
	for b.Loop() {
		do()
		n++
	}
	b.ReportMetric(float64((cpuTime(b)-began)/time.Microsecond)/float64(n)/1000, "cpu-ms/op")
}

// BenchmarkList has what "status" and "sender list" ask for in a journal of 1,000,000 mails
// of 20,000 senders within a day.
func BenchmarkList(b *testing.B) {
	db := openFor(b)
	bigJournal(b, db, 1_000_000, 20_000)
	b.Run("status", func(b *testing.B) {
		perOp(b, func() {
			s, err := db.Status(b.Context(), noon.Add(-24*time.Hour))
			if err != nil || s.Did[analyzer.Pass] != 999_000 || s.Did[analyzer.Hold] != 1000 {
				b.Fatal(s, err)
			}
		})
	})
	b.Run("senders", func(b *testing.B) {
		perOp(b, func() {
			list, err := db.Senders(b.Context(), ledger.SenderFilter{Since: noon.Add(-90 * 24 * time.Hour)})
			if err != nil || len(list) != 20_000 {
				b.Fatal(len(list), err)
			}
		})
	})
	b.Run("extents", func(b *testing.B) {
		list, err := db.Senders(b.Context(), ledger.SenderFilter{})
		if err != nil {
			b.Fatal(err)
		}
		names := make([]string, len(list))
		for i := range list {
			names[i] = list[i].Name
		}
		perOp(b, func() {
			n := 0
			err := db.Extents(b.Context(), names, 16, func(string, *baseline.Extent) error {
				n++
				return nil
			})
			if err != nil || n != len(names) {
				b.Fatal(n, err)
			}
		})
	})
}
