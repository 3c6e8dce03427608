package store

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// often records mail of the account, so many that forgetting it takes steps, one mail of a
// colleague between each two, and returns the organisation's profile without the account.
func often(t *testing.T, db *DB, mails int) *baseline.Profile {
	t.Helper()
	without := &baseline.Profile{}
	for i := range 2 * mails {
		sender := []string{account, "b@example.jp"}[i%2]
		r := record(sender, analyzer.Pass)
		at := noon.Add(time.Duration(i) * time.Minute)
		r.Envelope.Time, r.Observation.At = at, at
		r.Observation.Keys[baseline.Site] = []baseline.Key{baseline.Key(1 + i)}
		keep(t, db, r)
		if sender != account {
			without.Learn(&r.Observation)
		}
		attempt(t, db, account, analyzer.LoginFailure, "192.0.2.1", at, true)
	}
	return without
}

func count(t *testing.T, db *DB, query string, args ...any) (n int) {
	t.Helper()
	if err := db.read.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestForgetInterrupted: a forgetting that is interrupted after any of its commits has its
// line in the audit log and leaves profiles that fit the journal; repeated, it comes to what
// one comes to that nobody interrupts.
func TestForgetInterrupted(t *testing.T) {
	committed := func() {}
	db, err := Open(t.Context(), place(t, filepath.Join(t.TempDir(), "h.db")), Options{
		Now:       func() time.Time { return noon.Add(10 * time.Hour) },
		Committed: func(int, time.Duration) { committed() }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const mails = 5 * lastMails
	without := often(t, db, mails)
	lines, erased := 0, 0
	for left := 1; ; left++ {
		ctx, interrupt := context.WithCancel(t.Context())
		commits := 0
		committed = func() {
			if commits++; commits == left {
				interrupt()
			}
		}
		n, err := db.Forget(ctx, account, "root", "asked for it")
		interrupt()
		lines, erased = lines+1, erased+n
		if got := count(t, db, `SELECT count(*) FROM audit WHERE verb = 'forget'`); got != lines {
			t.Fatalf("after %d forgettings %d lines", lines, got)
		}
		p, _, perr := db.Profile(t.Context(), account)
		if perr != nil {
			t.Fatal(perr)
		}
		if rest := count(t, db, `SELECT count(*) FROM journal WHERE sender = ? AND learned = 1`,
			account); p.Mails() != rest {
			t.Fatalf("after %d forgettings a profile of %d mails, %d in the journal", lines, p.Mails(), rest)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if lines < 3 || erased != mails {
		t.Errorf("%d mails in %d forgettings, want %d in some", erased, lines, mails)
	}
	want, err := without.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := encoded(t, db, ""); !bytes.Equal(got, want) {
		t.Error("the organisation still knows what the sender taught")
	}
	if n := count(t, db, `SELECT count(*) FROM lesson WHERE sign = 0`); n != 1 {
		t.Errorf("%d lessons of sign 0", n)
	}
	if n := count(t, db, `SELECT count(*) FROM lesson WHERE sender = ?1
		AND id > (SELECT id FROM lesson WHERE sign = 0)`, account); n != 0 {
		t.Errorf("%d lessons behind the one of sign 0", n)
	}
	if n := count(t, db, `SELECT (SELECT count(*) FROM login) + (SELECT count(*) FROM profile
		WHERE sender = ?)`, account); n != 0 {
		t.Errorf("%d logins and profiles are left", n)
	}
}

// TestForgetLetsMailPass: between a mail's arrival and its record forgetting does one step,
// not all that the account ever sent.
func TestForgetLetsMailPass(t *testing.T) {
	db, now := clocked(t)
	teachSome(t, db, now, 1500)
	left := func() int {
		return count(t, db, `SELECT count(*) FROM journal WHERE sender = 'b@example.jp'`)
	}
	all := left()
	done := make(chan error, 1)
	go func() {
		_, err := db.Forget(t.Context(), "b@example.jp", "root", "asked for it")
		done <- err
	}()
	between := 0
	for before := all; before > 0; before = left() {
		select {
		case err := <-done:
			if done <- err; err != nil {
				t.Fatalf("%d mails are left: %v", before, err)
			}
		default:
		}
		keep(t, db, record("c@example.jp", analyzer.Pass))
		if gone := before - left(); gone > 3*maxStep {
			t.Fatalf("%d mails were erased while one mail waited", gone)
		}
		between++
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if between < all/(3*maxStep) {
		t.Errorf("only %d mails were recorded while %d were erased", between, all)
	}
}

// TestForgetMeetsAHold: mail that is held after forgetting began is not erased, and what was
// erased is said.
func TestForgetMeetsAHold(t *testing.T) {
	db, err := Open(t.Context(), place(t, filepath.Join(t.TempDir(), "h.db")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	often(t, db, 5*lastMails)
	f := &forgetting{sweeper: db.sweeper(t.Context()), sender: account}
	if err := f.begin("root", "asked for it"); err != nil {
		t.Fatal(err)
	}
	id := keep(t, db, record(account, analyzer.Hold))
	if err := f.mails(); !errors.Is(err, ledger.ErrOpenIncident) {
		t.Errorf("an incident is open, but: %v", err)
	}
	if err := f.end(); !errors.Is(err, ledger.ErrKept) {
		t.Errorf("mail is kept, but: %v", err)
	}
	if n := count(t, db, `SELECT count(*) FROM hold WHERE journal = ? AND state = 'held'`, id); n != 1 {
		t.Error("the hold is gone")
	}
}
