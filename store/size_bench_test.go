package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/pgtest"
	"hisseki/store/postgres"
)

// sizeVariable is how many senders, and journal rows, the large database of BenchmarkServerSize has.
const sizeVariable = "HISSEKI_SENDERS"

// BenchmarkServerSize asks for and records mail of senders drawn at random, in turns on a PostgreSQL database
// of 1,000 senders and on one of 1,000,000, synced to the disk, from 16 at a time; none is in memory, and hardly any has
// mail of the last three days. Then a
// thirtieth of the large one's mail is due, as a day of a month: it is purged, and mail is recorded beside that.
//
//	go test -run '^$' -bench ServerSize -benchtime 1x -timeout 60m ./store -engine sqlite
func BenchmarkServerSize(b *testing.B) {
	own(b)
	many := 1_000_000
	if text := os.Getenv(sizeVariable); text != "" {
		var err error
		if many, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	pg, err := pgtest.Start("max_wal_size=4GB", "shared_buffers=256MB")
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { pg.Close() })
	small := newSized(b, pg, 1000)
	large := newSized(b, pg, many)
	for range 8 {
		small.record(b, time.Second)
		large.record(b, time.Second)
	}
	for _, s := range []*sized{small, large} {
		b.ReportMetric(s.rate(), fmt.Sprintf("senders%d-mails/s", s.senders))
	}
	b.ReportMetric(large.rate()/small.rate(), "ratio")
	large.purge(b)
	b.ReportMetric(0, "ns/op")
}

// sized is a database of so many senders.
type sized struct {
	senders int
	url     string
	db      *DB
	begun   atomic.Int64 // mails
	mails   int
	spent   time.Duration
	took    []time.Duration
}

func (s *sized) rate() float64 { return float64(s.mails) / s.spent.Seconds() }

// longAgo is before all that a sender's state is made of.
var longAgo = noon.AddDate(0, 0, -40)

// newSized makes a database whose senders have each a mail of long ago that was learned, and a profile.
func newSized(b *testing.B, pg *pgtest.Cluster, senders int) *sized {
	url, err := pg.Database("")
	if err != nil {
		b.Fatal(err)
	}
	db, err := Open(b.Context(), url, Options{Now: func() time.Time { return longAgo }})
	if err != nil {
		b.Fatal(err)
	}
	r := record(sizedName(0), analyzer.Pass)
	r.Envelope.Time, r.Observation.At = longAgo, longAgo
	keep(b, db, r)
	for _, name := range []string{sizedName(0), ""} {
		p, last, err := db.Profile(b.Context(), name)
		if err == nil {
			err = db.SaveProfiles(b.Context(), analyzer.NewSaved(name, p, last))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	const name = `'u' || n || '@example.jp'`
	plain, err := postgres.Plain(url)
	if err != nil {
		b.Fatal(err)
	}
	defer plain.Close()
	for _, q := range []string{
		`INSERT INTO journal (at, host, queue_id, sender, class, mail_from, header_from, client, message_id,
				subject, bytes, action, would, points, sum, due, learned, observation, detail, simhash, evidence)
			SELECT at - n, host, 'Q' || n, ` + name + `, class, ` + name + `, header_from, client, message_id || n,
				subject, bytes, action, would, points, sum, due, learned, observation, detail, simhash + n, evidence
			FROM journal, generate_series(1, $1::BIGINT - 1) n
			WHERE id = 1`,
		`INSERT INTO recipient (journal, address, domain)
			SELECT n, 'r' || n * 7919 % 500000 || '@example.org', 'example.org'
			FROM generate_series(2, $1::BIGINT) n`,
		`INSERT INTO lesson (journal, sender, sign, at)
			SELECT n + 1, ` + name + `, 1, at
			FROM journal, generate_series(1, $1::BIGINT - 1) n
			WHERE journal.id = 1`,
		`INSERT INTO profile (sender, lesson, updated, data, extent)
			SELECT ` + name + `, n + 1, updated, data, extent
			FROM profile, generate_series(1, $1::BIGINT - 1) n
			WHERE sender = '` + sizedName(0) + `'`,
		`UPDATE profile SET lesson = $1::BIGINT WHERE sender = ''`,
	} {
		if _, err := plain.Exec(q, senders); err != nil {
			b.Fatalf("%s: %v", q, err)
		}
	}
	roles, err := os.ReadFile("../deploy/postgres-roles.sql") // with the settings of autovacuum
	if err != nil {
		b.Fatal(err)
	}
	for _, q := range []string{string(roles), `VACUUM (ANALYZE, FREEZE)`, `CHECKPOINT`} {
		if _, err := plain.Exec(q); err != nil {
			b.Fatal(err)
		}
	}
	s := &sized{senders: senders, url: url}
	if s.db, err = Open(b.Context(), url, Options{}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.db.Close() })
	return s
}

func sizedName(i int) string { return fmt.Sprintf("u%d@example.jp", i) }

// sizedPace is from one mail to the next by their own clock: of a thousand senders 72 have mail of the last three days.
const sizedPace = time.Hour

// record asks for what is usual for a sender, and records his mail, for a while.
func (s *sized) record(b *testing.B, d time.Duration) {
	begun := time.Now()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 16 {
		wg.Go(func() {
			var took []time.Duration
			for time.Since(begun) < d {
				one := time.Now()
				r := record(sizedName(rand.IntN(s.senders)), analyzer.Pass)
				at := noon.Add(time.Duration(s.begun.Add(1)) * sizedPace)
				r.Envelope.Time, r.Observation.At = at, at
				_, err := s.db.Past(context.Background(), r.Envelope.Sender, at.AddDate(0, 0, -3), 1024)
				if err == nil {
					_, err = s.db.Begin(context.Background(), r)()
				}
				if err != nil {
					b.Error(err)
					return
				}
				took = append(took, time.Since(one))
			}
			mu.Lock()
			defer mu.Unlock()
			s.took = append(s.took, took...)
			s.mails += len(took)
		})
	}
	wg.Wait()
	s.spent += time.Since(begun)
}

// p99 returns the 99th percentile since the last call, in milliseconds.
func (s *sized) p99() float64 {
	list := s.took
	s.took = nil
	slices.Sort(list)
	return list[len(list)*99/100].Seconds() * 1000
}

// purge purges a thirtieth of the old mail, beside mail that is recorded, and waits for autovacuum.
func (s *sized) purge(b *testing.B) {
	due := s.senders / 30
	bytes, _ := s.journal(b)
	s.took = nil
	for range 5 {
		s.record(b, time.Second)
	}
	alone := s.p99()
	b.ReportMetric(alone, "alone-p99-ms")
	begun, done := time.Now(), make(chan error, 1)
	var purged Purged
	go func() {
		var err error
		// The oldest have the highest numbers: one a second.
		before := longAgo.Add(-time.Duration(s.senders-due) * time.Second)
		purged, err = s.db.Purge(b.Context(), noon, noon.Sub(before))
		done <- err
	}()
	for over := false; !over; {
		s.record(b, time.Second)
		select {
		case err := <-done:
			if err != nil {
				b.Fatal(err)
			}
			over = true
		default:
		}
	}
	b.ReportMetric(float64(purged.Mails)/time.Since(begun).Seconds(), "purged/s")
	b.ReportMetric(float64(purged.Mails), "purged")
	beside := s.p99()
	b.ReportMetric(beside, "purging-p99-ms")
	b.ReportMetric(beside/alone, "purging-p99-ratio")
	_, dead := s.journal(b)
	b.ReportMetric(dead, "dead-rows")
	cleaned := time.Now()
	for dead > float64(s.senders)/100+1000 && time.Since(cleaned) < 4*time.Minute {
		time.Sleep(time.Second)
		_, dead = s.journal(b)
	}
	after, dead := s.journal(b)
	b.ReportMetric(time.Since(cleaned).Seconds(), "autovacuum-s")
	b.ReportMetric(dead, "dead-rows-after")
	b.ReportMetric(after/bytes, "journal-bytes-ratio")
}

// journal returns how many bytes the journal takes with its indexes, and how many rows are dead.
func (s *sized) journal(b *testing.B) (bytes, dead float64) {
	plain, err := sql.Open("pgx", s.url)
	if err == nil {
		defer plain.Close()
		err = plain.QueryRow(`SELECT pg_total_relation_size(relid), n_dead_tup
			FROM pg_stat_user_tables
			WHERE relname = 'journal'`).Scan(&bytes, &dead)
	}
	if err != nil {
		b.Fatal(err)
	}
	return bytes, dead
}
