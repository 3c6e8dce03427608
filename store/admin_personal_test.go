package store

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// TestEveryTableIsPersonalOrNot: a new table must say whether export and forget have to
// know it.
func TestEveryTableIsPersonalOrNot(t *testing.T) {
	db, _ := clocked(t)
	known := map[string]int{}
	for name := range impersonal {
		known[name]++
	}
	for _, p := range personal {
		known[p.table]++
	}
	for name := range tables(t, db) {
		if known[name] != 1 {
			t.Errorf("table %s is in %d of the lists personal and impersonal", name, known[name])
		}
		delete(known, name)
	}
	if server != nil {
		delete(known, "sqlite_sequence")
	}
	if len(known) > 0 {
		t.Errorf("no such tables: %v", known)
	}
}

// account is what the tests export and forget.
const account = "petra@example.jp"

// mixed records the account's mail among others', everything that can hang on it, and
// returns the organisation's profile as it would be without the account.
func mixed(t *testing.T, db *DB, now *time.Time) *baseline.Profile {
	t.Helper()
	without := &baseline.Profile{}
	for i := range 20 {
		r := record("b@example.jp", analyzer.Pass)
		if i%2 == 0 {
			r = record(account, analyzer.Pass)
			r.Subject, r.Envelope.Login = "about Petra", account
		}
		r.Envelope.Time, r.Observation.At = *now, *now
		r.Observation.Keys[baseline.Site] = []baseline.Key{baseline.Key(1 + i)}
		keep(t, db, r)
		if i%2 == 1 {
			without.Learn(&r.Observation)
		}
		*now = now.Add(time.Minute)
	}
	if err := db.SetHooks(t.Context(), []string{"sieve"}); err != nil {
		t.Fatal(err)
	}
	held := record(account, analyzer.Hold)
	held.Excerpt = "words of Petra"
	keep(t, db, held)
	err := db.SetOverride(t.Context(), "sender:"+account, analyzer.Override{Mode: analyzer.Observe,
		Until: now.Add(time.Hour), By: "root"})
	if err != nil {
		t.Fatal(err)
	}
	e, err := db.ClaimEvent(t.Context(), "sieve", time.Minute)
	if err != nil || e == nil {
		t.Fatal(e, err)
	}
	if err := db.EndEvent(t.Context(), "sieve", e.N, &ledger.HookRun{Output: "redirects mail of Petra"},
		ledger.HookDone); err != nil {
		t.Fatal(err)
	}
	p, last, err := db.Profile(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SaveProfiles(t.Context(), analyzer.NewSaved(account, p, last)); err != nil {
		t.Fatal(err)
	}
	return without
}

// settle ends what must be ended before a sender can be forgotten.
func settle(t *testing.T, db *DB) {
	t.Helper()
	ctx := t.Context()
	if _, err := db.Forget(ctx, account, "root", ""); !errors.Is(err, ledger.ErrKept) {
		t.Errorf("mail is kept, but: %v", err)
	}
	h := holds(t, db, ledger.HoldFilter{Sender: account})[0]
	if ok, err := db.Decide(ctx, h.ID, ledger.Discarding, "root", "theft"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := db.Finish(ctx, h.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Forget(ctx, account, "root", ""); !errors.Is(err, ledger.ErrOpenIncident) {
		t.Errorf("an incident is open, but: %v", err)
	}
	if _, err := closeIncident(ctx, db, h.Incident, ledger.IncidentDismissed, "root", "ok"); err != nil {
		t.Fatal(err)
	}
}

func TestExport(t *testing.T) {
	db, now := clocked(t)
	mixed(t, db, now)
	count := map[string]int{}
	err := db.Export(t.Context(), account, func(table string, r map[string]any) error {
		count[table]++
		if table == "journal" && r["sender"] != account {
			t.Errorf("a mail of %v is exported", r["sender"])
		}
		if list, ok := r["evidence"].([]analyzer.Evidence); table == "journal" &&
			(!ok || len(list) > 0 && list[0].Text == "") {
			t.Errorf("evidence is exported as %T %v", r["evidence"], r["evidence"])
		}
		if table == "hook_run" && r["output"] != "redirects mail of Petra" {
			t.Errorf("what a hook printed is exported as %v", r["output"])
		}
		return nil
	})
	for table, want := range map[string]int{"journal": 11, "recipient": 22, "hold": 1, "incident": 1,
		"lesson": 10, "profile": 1, "override": 1, "event": 1, "hook_run": 1, "audit": 1} {
		if count[table] != want {
			t.Errorf("%d rows of %s, want %d", count[table], table, want)
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// TestForget: the organisation's profile is that of one that never saw the sender, and an
// hour later no byte of the store but the audit log's speaks of him.
func TestForget(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	without := mixed(t, db, now)
	settle(t, db)
	n, err := db.Forget(ctx, account, "root", "asked for it")
	if err != nil || n != 11 {
		t.Fatalf("forgot %d mails, %v", n, err)
	}
	want, err := without.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := encoded(t, db, ""); !bytes.Equal(got, want) {
		t.Error("the organisation still knows what the sender taught")
	}
	if p, _, err := db.Profile(ctx, account); err != nil || p.Mails() != 0 {
		t.Errorf("the sender's profile has %d mails, %v", p.Mails(), err)
	}
	if s, err := db.Senders(ctx, ledger.SenderFilter{}); err != nil || len(s) != 1 {
		t.Errorf("senders %+v, %v", s, err)
	}
	*now = now.Add(2 * time.Hour)
	if p, err := db.Purge(ctx, *now, 10*day); err != nil || p.Mails != 11 {
		t.Fatalf("purged %+v, %v", p, err)
	}
	if got, _ := encoded(t, db, ""); !bytes.Equal(got, want) {
		t.Error("the purge changed the organisation's profile")
	}
	left := 0
	err = db.Export(ctx, account, func(table string, _ map[string]any) error {
		if table != "audit" {
			left++
		}
		return nil
	})
	if err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
	speaksOf(t, db, account)
}

// speaksOf expects the name in the audit log's lines only, and no word of its mail.
func speaksOf(t *testing.T, db *DB, name string) {
	t.Helper()
	acts, err := db.AuditList(t.Context(), ledger.ActFilter{})
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, a := range acts {
		want += strings.Count(a.Object, name)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db.onServer() { // whose files are its own
		return
	}
	data, err := os.ReadFile(db.path)
	if err != nil {
		t.Fatal(err)
	}
	if got := bytes.Count(data, []byte(name)); got != want {
		t.Errorf("the file names %s %d times, the audit log %d times", name, got, want)
	}
	for _, words := range []string{"words of Petra", "about Petra"} {
		if bytes.Contains(data, []byte(words)) {
			t.Errorf("the file holds %q", words)
		}
	}
}

// TestForgetReachesADaemon: an analyzer that has the sender in memory drops him, and what
// it saves afterwards does not bring him back.
func TestForgetReachesADaemon(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	a := analyzer.New(analyzer.Config{Salt: []byte("salt")}, db)
	without := &baseline.Profile{}
	for i := range 12 {
		sender := []string{account, "b@example.jp"}[i%2]
		m := &analyzer.Mail{Envelope: analyzer.Envelope{Time: *now, Sender: sender,
			Class: analyzer.Account, Recipients: []string{"x@partner.test"}}}
		m.Body = []byte("an ordinary mail\r\n")
		r, err := a.Judge(ctx, m, analyzer.Conditions{})
		if err != nil {
			t.Fatal(err)
		}
		if sender != account {
			without.Learn(&r.Observation)
		}
		*now = now.Add(time.Hour)
	}
	if err := a.Save(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Forget(ctx, account, "root", ""); err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { return a.Apply(ctx) }, func() error { return a.Save(ctx) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	want, err := without.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := encoded(t, db, ""); !bytes.Equal(got, want) {
		t.Error("the daemon saved an organisation that still knows the sender")
	}
	var saved int
	if err := db.read.QueryRow(`SELECT count(*) FROM profile WHERE sender = ?`, account).
		Scan(&saved); err != nil || saved != 0 {
		t.Errorf("%d profiles of the forgotten sender were saved, %v", saved, err)
	}
}
