package store

import (
	"database/sql"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/internal/pgtest"
)

// keepMany keeps many mails in few transactions, without lessons.
func keepMany(t testing.TB, db *DB, mails int, mail func(n int) *analyzer.Record) {
	t.Helper()
	for from := 0; from < mails; from += 5000 {
		err := db.update(t.Context(), func(tx *sql.Tx) error {
			for n := from; n < min(from+5000, mails); n++ {
				r := mail(n)
				row, err := db.row(r)
				if err != nil {
					return err
				}
				id, _, err := db.insertRecord(tx, r, row)
				if err != nil {
					return err
				}
				if r.Verdict.Action != analyzer.Pass || r.ObservedHold {
					if _, err := db.insertHold(tx, id, r); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// campaignMail is the n-th mail of one campaign from so many stolen accounts: all have one
// link, each account has texts of its own.
func campaignMail(n, accounts int) *analyzer.Record {
	account, mail := n%accounts, n/accounts
	r := mailOf(fmt.Sprintf("user%d@example.org", account), analyzer.Hold,
		uint64(account*7919+mail%3+1)*0x9e3779b97f4a7c15, 7, baseline.Key(1000+mail%2))
	r.Envelope.Time = noon.Add(time.Duration(n) * time.Second)
	return r
}

func openFor(t testing.TB) *DB {
	t.Helper()
	db, err := Open(t.Context(), prepared(t, filepath.Join(t.TempDir(), "h.db")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// swept does what PostgreSQL does by itself within a minute: what tests before left in a database is
// removed, and the planner knows what is there.
func swept(t *testing.T, dbs ...*DB) {
	t.Helper()
	for _, db := range dbs {
		if server == nil {
			return
		}
		if err := server.Exec(pgtest.Name(db.url), "VACUUM ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
}

// What a hold costs does not depend on how much of the campaign is held already: each round
// keeps as many mails in a store with 5 incidents of 8 mails as in one with 500, in turn.
func TestAHoldCostsTheSameAtManyIncidents(t *testing.T) {
	const rounds, mails = 10, 50
	accounts := [2]int{5, 500}
	var took [2][]time.Duration
	few, many := openFor(t), openFor(t)
	keepMany(t, few, 40, func(n int) *analyzer.Record { return campaignMail(n, 5) })
	keepMany(t, many, 4000, func(n int) *analyzer.Record { return campaignMail(n, 500) })
	for round := range rounds {
		for i, db := range []*DB{few, many} {
			began := cpuTime(t)
			keepMany(t, db, mails, func(n int) *analyzer.Record {
				return campaignMail(8*accounts[i]+round*mails+n, accounts[i])
			})
			took[i] = append(took[i], cpuTime(t)-began)
		}
	}
	few5, many500 := slices.Min(took[0]), slices.Min(took[1]) // the rest is noise
	t.Logf("%d holds took %v of CPU at 5 incidents, %v at 500", mails, few5, many500)
	if many500 > 2*few5 {
		t.Errorf("%d holds took %v of CPU at 500 open incidents, %v at 5", mails, many500, few5)
	}
}

// What it costs to open an incident does not depend on how many there are in its case: rounds
// of new accounts in a store with a case of 5 incidents and in one of 4,000, in turn.
func TestAnIncidentCostsTheSameInALargeCase(t *testing.T) {
	const rounds, mails = 10, 50
	accounts := [2]int{5, 4000}
	var took [2][]time.Duration
	dbs := [2]*DB{openFor(t), openFor(t)}
	for i, db := range dbs {
		keepMany(t, db, accounts[i], func(n int) *analyzer.Record { return campaignMail(n, 1<<20) })
	}
	for round := range rounds {
		for i, db := range dbs {
			if i == 0 { // a store of its own, as small as the one before
				db = openFor(t)
				keepMany(t, db, accounts[i], func(n int) *analyzer.Record { return campaignMail(n, 1<<20) })
			}
			began := cpuTime(t)
			keepMany(t, db, mails, func(n int) *analyzer.Record {
				return campaignMail(accounts[i]+round*mails+n, 1<<20)
			})
			took[i] = append(took[i], cpuTime(t)-began)
		}
	}
	few, many := slices.Min(took[0]), slices.Min(took[1])
	t.Logf("%d incidents took %v of CPU in a case of 5, %v in one of 4,000", mails, few, many)
	if many > 3*few {
		t.Errorf("%d incidents took %v of CPU in a case of 4,000, %v in one of 5", mails, many, few)
	}
	var cases int
	if err := dbs[1].read.QueryRow(`SELECT count(DISTINCT case_id) FROM incident`).Scan(&cases); err != nil ||
		cases != 1 {
		t.Errorf("%d cases, %v", cases, err)
	}
}

// A round that looks for mail to recall costs what is new, not what is held: rounds beside
// 100 holds and beside 4,000, in turn.
func TestARecallRoundCostsTheSameAtManyHolds(t *testing.T) {
	var least [2]time.Duration
	few, many := openFor(t), openFor(t)
	keepMany(t, few, 100, func(n int) *analyzer.Record { return campaignMail(n, 5) })
	keepMany(t, many, 4000, func(n int) *analyzer.Record { return campaignMail(n, 200) })
	swept(t, few, many)
	for round := range 500 {
		if round > 20 && least[1] <= 4*least[0] {
			break // a busy machine needs more rounds until each store has had a quiet one
		}
		for i, db := range []*DB{few, many} {
			began := time.Now()
			if n, err := db.Recall(t.Context(), noon.Add(3*time.Hour)); err != nil || n != 0 {
				t.Fatal(n, err)
			}
			took := time.Since(began)
			if round == 1 || round > 1 && took < least[i] { // the first looks at everything
				least[i] = took
			}
		}
	}
	t.Logf("a round took %v beside 100 holds, %v beside 4,000", least[0], least[1])
	if least[1] > 4*least[0] {
		t.Errorf("a round took %v beside 4,000 holds, %v beside 100", least[1], least[0])
	}
}

// BenchmarkHold keeps mail of one campaign while so many incidents are open.
func BenchmarkHold(b *testing.B) {
	for _, incidents := range []int{5, 50, 500} {
		b.Run(fmt.Sprintf("incidents=%d", incidents), func(b *testing.B) {
			db := openFor(b)
			keepMany(b, db, 4*incidents, func(n int) *analyzer.Record {
				return campaignMail(n, incidents)
			})
			n := 4 * incidents
			b.ResetTimer()
			keepMany(b, db, b.N, func(k int) *analyzer.Record { return campaignMail(n+k, incidents) })
		})
	}
}

// BenchmarkRecall looks for mail to recall while 200 incidents have 10,000 open holds: the
// first round of a process, which looks at everything, a round after nothing, and one after
// 100 more mails, of which one is recalled.
func BenchmarkRecall(b *testing.B) {
	const incidents = 200
	db := openFor(b)
	now := noon.Add(3 * time.Hour)
	keepMany(b, db, 10_000, func(n int) *analyzer.Record { return campaignMail(n, incidents) })
	keepMany(b, db, 100_000, func(n int) *analyzer.Record {
		r := mailOf(fmt.Sprintf("other%d@example.org", n%20_000), analyzer.Pass,
			uint64(n+1)*0x9e3779b97f4a7c15, baseline.Key(1<<40+n))
		r.Envelope.Time = now.Add(-time.Duration(n) * time.Second)
		return r
	})
	round := func(b *testing.B, want int) {
		b.Helper()
		if n, err := db.Recall(b.Context(), now); err != nil || n != want {
			b.Fatalf("%d recalled, %v; want %d", n, err, want)
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			db.recalls.seen = recallPosition{}
			round(b, 0)
		}
	})
	b.Run("nothing", func(b *testing.B) {
		for b.Loop() {
			round(b, 0)
		}
	})
	b.Run("new", func(b *testing.B) {
		n := 0
		for b.Loop() {
			b.StopTimer()
			keepMany(b, db, 100, func(k int) *analyzer.Record {
				n++
				r := mailOf(fmt.Sprintf("other%d@example.org", n%20_000), analyzer.Pass,
					uint64(n)*0x9e3779b97f4a7c15, baseline.Key(1<<41+n))
				r.Envelope.Time = now
				if k == 50 {
					r.Observation.Marks = []baseline.Key{7}
				}
				return r
			})
			b.StartTimer()
			round(b, 1)
		}
	})
}

// BenchmarkScope reads a case of 200 accounts in a journal of 300,000 mails, two thirds of
// which are theirs.
func BenchmarkScope(b *testing.B) {
	const accounts = 200
	db := openFor(b)
	keepMany(b, db, 300_000, func(n int) *analyzer.Record {
		who := fmt.Sprintf("user%d@example.org", n%(accounts*3/2))
		r := mailOf(who, analyzer.Pass, uint64(n+1)*0x9e3779b97f4a7c15, baseline.Key(1<<40+n))
		r.Envelope.Time = noon.Add(-time.Duration(n) * 8 * time.Second) // 28 days
		r.Envelope.Client = netip.AddrFrom4([4]byte{10, byte(n % 7), byte(n >> 8), byte(n)})
		return r
	})
	keepMany(b, db, 2000, func(n int) *analyzer.Record {
		r := campaignMail(n, accounts)
		r.Envelope.Client = netip.MustParseAddr("203.0.113.9")
		r.Verdict.Evidence = append(r.Verdict.Evidence, analyzer.Evidence{Signal: "network-new"})
		return r
	})
	ids := make([]int64, accounts)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	for b.Loop() {
		s, err := db.Scope(b.Context(), ids...)
		if err != nil || len(s.Holds) != 2000 {
			b.Fatalf("%d holds, %v", len(s.Holds), err)
		}
	}
}
