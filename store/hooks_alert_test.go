package store

import (
	"errors"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// alert claims what is due and sends it.
func alert(t *testing.T, db *DB, messageID string) *ledger.Alert {
	t.Helper()
	a, err := db.ClaimAlert(t.Context(), "mail", time.Hour, lease)
	if err != nil {
		t.Fatal(err)
	}
	if a == nil || messageID == "" {
		return a
	}
	b, err := db.Brief(t.Context(), a.Incident)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.AlertSent(t.Context(), b, messageID); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestOneAlertPerIncidentAndHour(t *testing.T) {
	db, now := clocked(t)
	keep(t, db, record("old@example.jp", analyzer.Hold))
	setHooks(t, db, "mail")
	if a := alert(t, db, ""); a != nil {
		t.Errorf("an alert of an incident before the hook: %+v", a)
	}
	keep(t, db, record("b@example.jp", analyzer.Hold))
	if a := alert(t, db, "<1@x>"); a == nil || a.Incident != 2 || a.FirstID != "" || a.Tries != 1 {
		t.Fatalf("the first alert is %+v", a)
	}
	for _, step := range []struct {
		forward time.Duration
		change  func()
		want    bool
	}{
		{time.Hour, func() {}, false}, // nothing has changed
		{0, func() { keep(t, db, record("b@example.jp", analyzer.Hold)) }, true},
		{59 * time.Minute, func() { keep(t, db, record("b@example.jp", analyzer.Hold)) }, false},
		{time.Minute, func() {}, true},
		{time.Hour, func() {
			_, err := closeIncident(t.Context(), db, 2, ledger.IncidentConfirmed, "alice", "")
			if err != nil {
				t.Fatal(err)
			}
		}, true},
		{24 * time.Hour, func() {}, false},
	} {
		*now = now.Add(step.forward)
		step.change()
		a := alert(t, db, "<n@x>")
		if (a != nil) != step.want || a != nil && (a.FirstID != "<1@x>" || a.Tries != 1) {
			t.Errorf("%v after: %+v, want one: %v", step.forward, a, step.want)
		}
	}
}

func TestAlertIsTriedAgain(t *testing.T) {
	db, now := clocked(t)
	setHooks(t, db, "mail")
	keep(t, db, record("b@example.jp", analyzer.Hold))
	alert(t, db, "")
	if a := alert(t, db, ""); a != nil {
		t.Errorf("two claims at once: %+v", a)
	}
	err := db.RetryAlert(t.Context(), 1, errors.New("no sendmail"), now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	*now = now.Add(time.Minute)
	if a := alert(t, db, ""); a == nil || a.Tries != 2 {
		t.Errorf("after a failure: %+v", a)
	}
	*now = now.Add(lease) // it died
	if a := alert(t, db, "<1@x>"); a == nil || a.Tries != 3 {
		t.Errorf("after a crash: %+v", a)
	}
}

func TestOwnMailIsTakenOnce(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	to := []string{"Postmaster@example.jp", "boss@example.jp"}
	take := func(id string, recipients ...string) bool {
		ok, err := db.TakeOwnMail(ctx, id, recipients)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	expect := func(id string) {
		if err := db.ExpectOwnMail(ctx, id, to); err != nil {
			t.Fatal(err)
		}
	}
	expect("<a@x>")
	if take("<b@x>", "boss@example.jp") {
		t.Error("an unknown Message-ID was taken")
	}
	if take("<a@x>", "boss@example.jp", "victim@partner.test") {
		t.Error("a mail to another address was taken for ours")
	}
	if !take("<a@x>", "POSTMASTER@example.jp") || take("<a@x>", "postmaster@example.jp") {
		t.Error("it was not taken exactly once")
	}
	expect("<c@x>")
	*now = now.Add(ownMailFor + time.Second)
	if take("<c@x>", "boss@example.jp") {
		t.Error("an old Message-ID was taken")
	}
	// The next purge erases whom it was to, however long mail is kept.
	expect("<d@x>")
	if _, err := db.Purge(ctx, *now, 21*day); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `SELECT count(*) FROM own_mail`); n != 1 || !take("<d@x>", "boss@example.jp") {
		t.Errorf("%d own mails are left, want the one that may still come", n)
	}
}
