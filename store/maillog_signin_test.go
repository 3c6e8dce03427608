package store

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// signins keeps events of a provider and says how many counted.
func signins(t *testing.T, db *DB, list ...ledger.LogLogin) int {
	t.Helper()
	kept, err := db.KeepLog(t.Context(), &ledger.LogBatch{Logins: list})
	if err != nil {
		t.Fatal(err)
	}
	return kept.Logins
}

func event(id string, result analyzer.LoginResult, at time.Time) ledger.LogLogin {
	return ledger.LogLogin{ID: id, Log: "entra", Exists: true, Login: analyzer.Login{At: at, Count: 1,
		Sender: "b@example.jp", Client: netip.MustParseAddr("203.0.113.9"), Result: result, Service: "Exchange",
		Country: "NG", Device: "Windows10/Edge", Program: "IMAP4", Note: "risk: high", Legacy: true}}
}

// An event counts once, in whatever file it comes; what a provider tells comes back.
func TestEventsCountOnce(t *testing.T) {
	db, _ := clocked(t)
	first := event("entra:1", analyzer.LoginSuccess, noon)
	if n := signins(t, db, first, first, event("entra:2", analyzer.LoginSuccess, noon.Add(time.Second))); n != 2 {
		t.Errorf("%d of three events counted", n)
	}
	if n := signins(t, db, first); n != 0 {
		t.Error("an event counted again")
	}
	list, err := db.Logins(t.Context(), "b@example.jp", noon.Add(-time.Hour), time.Time{})
	if err != nil || len(list) != 1 || list[0].Count != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	want := first.Login
	want.Count, want.Last = 2, noon.Add(time.Second)
	if list[0] != want {
		t.Errorf("%+v\nwant %+v", list[0], want)
	}
	// Another device from the same address is another row, and so is each rule.
	other := event("entra:3", analyzer.LoginSuccess, noon)
	other.Device = "phone"
	rule := event("m365:4", analyzer.LoginRule, noon.Add(5*time.Second))
	rule.Note, rule.Outside, rule.Hides, rule.Legacy = "forwards to x@evil.test", true, true, false
	signins(t, db, other, rule)
	list, err = db.Logins(t.Context(), "b@example.jp", noon.Add(-time.Hour), time.Time{})
	if err != nil || len(list) != 3 || !list[2].Outside || !list[2].Hides || list[2].Legacy {
		t.Errorf("%+v, %v", list, err)
	}
	moments, err := db.Timeline(t.Context(), "b@example.jp", noon.Add(-time.Hour), time.Time{})
	if err != nil || len(moments) != 3 || moments[2].Kind != ledger.MomentRule || moments[2].Note != rule.Note {
		t.Errorf("%+v, %v", moments, err)
	}
	// What was seen is forgotten with what is kept of it.
	if _, err := db.Purge(t.Context(), noon.AddDate(0, 0, 30), 21*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.read.QueryRow(`SELECT count(*) FROM signin_seen`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d events are remembered for ever, %v", n, err)
	}
}

// Whoever has an account may make rules and sign in without end: the rows of an hour have a
// bound, and the owner's failures have their own.
func TestRulesWithoutEnd(t *testing.T) {
	db, _ := clocked(t)
	var list []ledger.LogLogin
	for i := range 3000 {
		e := event(fmt.Sprintf("m365:%d", i), analyzer.LoginRule, noon.Add(time.Duration(i)*time.Second/2))
		e.Note = fmt.Sprintf("rule %d", i)
		list = append(list, e)
	}
	signins(t, db, list...)
	logins, err := db.Logins(t.Context(), "b@example.jp", noon.Add(-time.Hour), time.Time{})
	if err != nil || len(logins) > exactFailures+2 {
		t.Errorf("%d rows, %v", len(logins), err)
	}
	sum := 0
	for _, l := range logins {
		sum += l.Count
	}
	if sum != 3000 {
		t.Errorf("%d events in the rows", sum)
	}
}
