package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/internal/pgtest"
	"hisseki/ledger"
	"hisseki/store/postgres"
)

// together begins records while the committer is busy, so that they come in one batch, and returns what
// became of each.
func together(t *testing.T, db *DB, list ...*analyzer.Record) (kept []analyzer.Recorded, errs []error) {
	t.Helper()
	begun, release := make(chan struct{}), make(chan struct{})
	busy := db.share(t.Context(), func(*sql.Tx) error { close(begun); <-release; return nil })
	<-begun
	var waits []analyzer.Pending
	for _, r := range list {
		waits = append(waits, db.Begin(t.Context(), r))
	}
	close(release)
	if err := busy(); err != nil {
		t.Fatal(err)
	}
	for _, wait := range waits {
		k, err := wait()
		kept, errs = append(kept, k), append(errs, err)
	}
	return kept, errs
}

// A batch of records is as one record after another: each has its own recipients in their order, its
// marks, its lesson or none, and a sender's records keep their order whatever lies between them.
func TestRecordsOfOneBatch(t *testing.T) {
	db := openFor(t)
	var list []*analyzer.Record
	for i, action := range []analyzer.Action{analyzer.Pass, analyzer.Pass, analyzer.Hold, analyzer.Pass,
		analyzer.Pass, analyzer.Pass} {
		r := record(fmt.Sprintf("u%d@example.jp", i%3), action)
		r.Subject, r.MessageID = fmt.Sprintf("件名 %d \x00\xff", i), fmt.Sprintf("<%d@example.jp>", i)
		r.Envelope.Recipients = nil
		for n := range i {
			r.Envelope.Recipients = append(r.Envelope.Recipients, fmt.Sprintf("B%d.%d@Example.ORG", n, i))
		}
		r.Observation.Marks = []baseline.Key{baseline.Key(i), baseline.Key(i), 1 << 60}
		r.Learn = action == analyzer.Pass && i != 4
		list = append(list, r)
	}
	kept, errs := together(t, db, list...)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for i, r := range list {
		found, err := db.records(t.Context(), []int64{kept[i].ID})
		if err != nil || len(found) != 1 {
			t.Fatal(len(found), err)
		}
		got := found[0]
		if got.Envelope.Sender != r.Envelope.Sender || got.MessageID != r.MessageID ||
			!slices.Equal(got.Envelope.Recipients, r.Envelope.Recipients) || got.Learned != r.Learn {
			t.Errorf("record %d is %+v", i, got)
		}
		if !strings.HasPrefix(got.Subject, fmt.Sprintf("件名 %d ", i)) {
			t.Errorf("record %d has the subject %q", i, got.Subject)
		}
		if (kept[i].Lesson != 0) != r.Learn {
			t.Errorf("record %d has the lesson %d", i, kept[i].Lesson)
		}
		var marks, lessons int
		var domain string
		if err := db.read.QueryRow(`SELECT
				(SELECT count(*) FROM mark WHERE journal = ?1),
				(SELECT count(*) FROM lesson WHERE journal = ?1 AND id = ?2 AND sender = ?3 AND sign = 1),
				(SELECT coalesce(max(domain), 'example.org') FROM recipient WHERE journal = ?1)`,
			kept[i].ID, kept[i].Lesson, r.Envelope.Sender).Scan(&marks, &lessons, &domain); err != nil {
			t.Fatal(err)
		}
		if marks != 2 || (lessons == 1) != r.Learn || domain != "example.org" {
			t.Errorf("record %d has %d marks, %d lessons, domain %s", i, marks, lessons, domain)
		}
		if i >= 3 && kept[i].ID <= kept[i-3].ID {
			t.Errorf("record %d of %s comes before %d", i, r.Envelope.Sender, i-3)
		}
	}
	if n := len(holds(t, db, ledger.HoldFilter{Sender: "u2@example.jp"})); n != 1 {
		t.Errorf("%d holds", n)
	}
}

// A record whose encoding panics fails alone, too, and the writer goes on.
func TestOneRecordOfABatchPanics(t *testing.T) {
	db := openFor(t)
	begun, release := make(chan struct{}), make(chan struct{})
	busy := db.share(t.Context(), func(*sql.Tx) error { close(begun); <-release; return nil })
	<-begun
	bad := func() ([]any, error) { panic("a mail that nobody thought of") }
	failing := db.enqueue(job{ctx: t.Context(), shares: true, done: make(chan error, 1), sender: "b@example.jp", rows: 1,
		do:     func(*sql.Tx) error { _, err := bad(); return err },
		record: &recording{record("b@example.jp", analyzer.Pass), bad, new(analyzer.Recorded)}})
	good := db.Begin(t.Context(), record("a@example.jp", analyzer.Pass))
	close(release)
	if err := busy(); err != nil {
		t.Fatal(err)
	}
	if p := (*panicError)(nil); !errors.As(failing(), &p) || p.stack == nil {
		t.Error("the panic is not told, with its stack")
	}
	if k, err := good(); err != nil || k.ID == 0 {
		t.Errorf("the other record: %+v, %v", k, err)
	}
}

// One record that cannot be written fails alone, and so does one with more bytes than go at once: it goes alone.
func TestOneRecordOfABatchFails(t *testing.T) {
	db := openFor(t)
	good, bad, large := record("a@example.jp", analyzer.Pass), record("b@example.jp", analyzer.Pass),
		record("c@example.jp", analyzer.Pass)
	for n := range 3000 {
		large.Envelope.Recipients = append(large.Envelope.Recipients, fmt.Sprintf("someone.%d@example.org", n))
	}
	bad.Envelope.Recipients = []string{"refused@example.org"}
	refuse := `CREATE TEMP TRIGGER refuses BEFORE INSERT ON main.recipient WHEN NEW.address = 'refused@example.org'
		BEGIN SELECT RAISE(ABORT, 'refused'); END`
	if db.onServer() {
		refuse = `CREATE OR REPLACE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS
				$$ BEGIN RAISE EXCEPTION 'refused'; END $$;
			CREATE TRIGGER refuses BEFORE INSERT ON recipient FOR EACH ROW
				WHEN (NEW.address = 'refused@example.org') EXECUTE FUNCTION refuses()`
		t.Cleanup(func() { raw(t, db.path, `DROP TRIGGER refuses ON recipient`) })
	}
	if _, err := db.write.Exec(refuse); err != nil {
		t.Fatal(err)
	}
	kept, errs := together(t, db, good, bad, large, record("a@example.jp", analyzer.Pass))
	if errs[0] != nil || errs[1] == nil || errs[2] != nil || errs[3] != nil {
		t.Fatalf("errors %v", errs)
	}
	if got, err := db.records(t.Context(), []int64{kept[2].ID}); err != nil || len(got) != 1 ||
		len(got[0].Envelope.Recipients) != 3002 {
		t.Errorf("the large record: %v", err)
	}
	if list, err := db.Recent(t.Context(), "a@example.jp", noon); err != nil || len(list) != 2 {
		t.Errorf("%d records of the good sender, %v", len(list), err)
	}
}

// While no standby confirms, what passed is not answered, nor heard nor learned by other nodes: a promoted
// standby would not know of it. Other nodes write meanwhile, and all is answered once it is confirmed.
func TestNothingIsKnownBeforeItIsDurable(t *testing.T) {
	onlyServer(t)
	pg := pgtest.Own(t, "fsync=off")
	url, err := pg.Database("")
	if err != nil {
		t.Fatal(err)
	}
	var list []*DB
	for range 3 {
		db, err := Open(t.Context(), url, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		list = append(list, db)
	}
	heard := make(chan analyzer.Elsewhere, 10)
	ctx, stop := context.WithCancel(t.Context())
	var beside sync.WaitGroup
	beside.Go(func() {
		list[2].Others(ctx, func(all []analyzer.Elsewhere) {
			for _, e := range all {
				heard <- e
			}
		}, func(error) {}) // a look takes longer than it may
	})
	t.Cleanup(beside.Wait)
	t.Cleanup(stop)
	standbys := func(names string) {
		t.Helper()
		if err := pg.Exec("postgres", "ALTER SYSTEM SET synchronous_standby_names = '"+names+"'",
			"SELECT pg_reload_conf()"); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { standbys("") }) // closing waits for none
	standbys("nobody")
	for waits := 0; waits == 0; time.Sleep(5 * time.Millisecond) { // until commits wait for a standby
		probe := make(chan error, 1)
		go func() { probe <- postgres.Settle(context.Background(), list[2].settler) }()
		for len(probe) == 0 && waits == 0 {
			if err := list[2].read.QueryRow(`SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`).
				Scan(&waits); err != nil {
				t.Fatal(err)
			}
		}
	}
	answered := make(chan error, 2)
	for i, db := range list[:2] {
		wait := db.Begin(t.Context(), record(fmt.Sprintf("u%d@example.jp", i), analyzer.Pass))
		go func() { _, err := wait(); answered <- err }()
	}
	waitFor(t, "two records that can be seen", func() bool {
		var n int
		return list[2].read.QueryRow(`SELECT count(*) FROM journal`).Scan(&n) == nil && n == 2
	})
	learned := make(chan int, 1)
	go func() {
		lessons, err := list[1].Lessons(context.Background(), 0, 10)
		if err != nil {
			t.Error(err)
		}
		learned <- len(lessons)
	}()
	select {
	case err := <-answered:
		t.Fatalf("answered, %v", err)
	case e := <-heard:
		t.Fatalf("heard of record %d", e.ID)
	case n := <-learned:
		t.Fatalf("%d lessons were read that may be lost", n)
	case <-time.After(300 * time.Millisecond):
	}
	standbys("")
	for range 2 {
		if err := <-answered; err != nil {
			t.Error(err)
		}
		<-heard
	}
	if n := <-learned; n != 2 {
		t.Errorf("%d lessons", n)
	}
}

// waitFor waits until something is so.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begun := time.Now(); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Fatal("waited in vain for " + what)
		}
	}
}
