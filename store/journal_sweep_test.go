package store

import (
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// TestPurgeLetsMailPass: between a mail's arrival and its record a purge does one step, not
// all that is due.
func TestPurgeLetsMailPass(t *testing.T) {
	db, now := clocked(t)
	teachSome(t, db, now, 1500)
	later := now.Add(30 * day)
	left := func() (n int) {
		if err := db.read.QueryRow(`SELECT count(*) FROM journal WHERE at < ?`,
			now.Unix()).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	done := make(chan error, 1)
	go func() {
		_, err := db.Purge(t.Context(), later, day)
		done <- err
	}()
	young := record("c@example.jp", analyzer.Pass)
	young.Envelope.Time = later
	between := 0
	for before := left(); before > 0; before = left() {
		keep(t, db, young)
		// The step under way when it came, the one whose commit it shared, and one more that
		// may have been done before we looked.
		if gone := before - left(); gone > 3*maxStep {
			t.Fatalf("%d rows were purged while one mail waited", gone)
		}
		between++
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if between < 1500/(3*maxStep) {
		t.Errorf("only %d mails were recorded while 1500 rows were purged", between)
	}
}

// TestPurgePassesByWhatMustStay: more than a page of mail of an open incident is looked at
// once, and what comes after it goes.
func TestPurgePassesByWhatMustStay(t *testing.T) {
	db, now := clocked(t)
	keep(t, db, record("b@example.jp", analyzer.Hold))
	const stay, due = 3 * pageSize, 10
	for i := range stay + due {
		sender := "b@example.jp"
		if i >= stay {
			sender = "c@example.jp"
		}
		r := record(sender, analyzer.Pass)
		r.Envelope.Time = noon.Add(time.Duration(i) * time.Second)
		keep(t, db, r)
	}
	*now = noon.Add(40 * day)
	got, err := db.Purge(t.Context(), *now, 21*day)
	if err != nil || got.Mails != due {
		t.Errorf("purged %+v, %v; want the %d mails without an incident", got, err, due)
	}
}

// TestPurgeForgetsAllLogins, however many there are: guessing is endless.
func TestPurgeForgetsAllLogins(t *testing.T) {
	db, now := clocked(t)
	keep(t, db, record("b@example.jp", analyzer.Pass)) // an account that exists
	const many = 4*pageSize + 1
	batch := ledger.LogBatch{Position: ledger.LogPosition{Source: "/var/log/mail.log", Head: "x"}}
	for i := range many {
		batch.Logins = append(batch.Logins, ledger.LogLogin{Login: analyzer.Login{
			Sender: "b@example.jp", At: noon.Add(time.Duration(i) * time.Hour), Count: 1,
			Result: analyzer.LoginFailure, Service: "imap"}})
	}
	if _, err := db.KeepLog(t.Context(), &batch); err != nil {
		t.Fatal(err)
	}
	*now = noon.Add(many*time.Hour + 30*day)
	got, err := db.Purge(t.Context(), *now, 21*day)
	if err != nil || got.Logins != many {
		t.Errorf("purged %+v, %v; want %d logins", got, err, many)
	}
}

func TestStepsAdapt(t *testing.T) {
	s := &sweeper{size: 8}
	for _, c := range []struct {
		rows int
		took time.Duration
		want int
	}{
		{8, stepTime / 8, 16},   // quick: twice as many, not eight times
		{16, 2 * stepTime, 8},   // slow: what fits
		{3, stepTime / 100, 8},  // the end of a list
		{8, 100 * stepTime, 1},  // never none
		{1, time.Nanosecond, 2}, // up again
	} {
		if s.adapt(c.rows, c.took); s.size != c.want {
			t.Errorf("after %d rows in %s: %d, want %d", c.rows, c.took, s.size, c.want)
		}
	}
}
