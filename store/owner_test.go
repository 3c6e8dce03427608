package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ask"
	"hisseki/ledger"
)

// asked keeps a question about an incident, with a token's hash.
func asked(t *testing.T, by *DB, hash string, incident int64, hook string, now time.Time) error {
	t.Helper()
	return by.Questions().PutQuestion(t.Context(), ask.Question{Hash: []byte(hash), Incident: incident, Sender: "bob@example.org",
		Hook: hook, Asked: now, Until: now.Add(time.Hour)}, 3, now.Add(-24*time.Hour))
}

// TestOwnerAnswers: a denial stands whatever is said besides, a claim can be taken back by who has
// the link, and neither changes the incident or its mail.
func TestOwnerAnswers(t *testing.T) {
	serve, now := clocked(t)
	db := signs(t, serve)
	ctx := t.Context()
	keep(t, db, record("bob@example.org", analyzer.Hold))
	q := db.Questions()
	for _, hash := range []string{"push", "chat"} {
		if err := asked(t, db, hash, 1, hash, *now); err != nil {
			t.Fatal(err)
		}
	}
	answer := func(hash string, a ledger.EventKind) bool {
		t.Helper()
		*now = now.Add(time.Second)
		ok, err := q.Answer(ctx, []byte(hash), a, "owner by "+hash, "answered from 192.0.2.7")
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if !answer("push", ledger.EventClaimed) || answer("push", ledger.EventClaimed) {
		t.Error("a claim counts other than once")
	}
	if b, err := db.Brief(ctx, 1); err != nil || b.Answer != ledger.EventClaimed {
		t.Errorf("after the claim: %+v, %v", b, err)
	}
	if !answer("push", ledger.EventDenied) || answer("push", ledger.EventDenied) || answer("chat", ledger.EventClaimed) {
		t.Error("a denial does not stand")
	}
	b, err := db.Brief(ctx, 1)
	if err != nil || b.Answer != ledger.EventDenied || b.State != ledger.IncidentOpen || b.Waiting != b.Holds {
		t.Errorf("after the denial: %+v, %v", b, err)
	}
	notes, err := db.Notes(ctx, 1)
	if err != nil || len(notes) != 2 || notes[1].Event != ledger.EventDenied || notes[1].Hook != "owner by push" ||
		notes[1].State != ledger.HookAnswer {
		t.Errorf("%+v, %v", notes, err)
	}
	*now = now.Add(time.Hour)
	if answer("chat", ledger.EventDenied) {
		t.Error("an old link answers")
	}
}

// TestOwnerIsSigned: who has serve's rights may write to the store, and does not answer by it.
func TestOwnerIsSigned(t *testing.T) {
	serve, now := clocked(t)
	db := signs(t, serve)
	ctx := t.Context()
	keep(t, db, record("bob@example.org", analyzer.Hold))
	if err := asked(t, serve, "forged", 1, "push", *now); err != nil {
		t.Fatal(err)
	}
	if found, err := db.Questions().Question(ctx, []byte("forged")); found != nil || err != nil {
		t.Errorf("a question of serve counts: %+v, %v", found, err)
	}
	if ok, err := db.Questions().Answer(ctx, []byte("forged"), ledger.EventClaimed, "owner", ""); ok || err != nil {
		t.Errorf("and can be answered: %v", err)
	}
	if err := asked(t, db, "real", 1, "chat", *now); err != nil {
		t.Fatal(err)
	}
	if _, err := serve.Questions().Answer(ctx, []byte("real"), ledger.EventClaimed, "owner", ""); err != nil {
		t.Fatal(err)
	}
	if b, err := db.Brief(ctx, 1); err != nil || b.Answer != "" {
		t.Errorf("an answer of serve counts: %+v, %v", b, err)
	}
}

// TestOwnerIsAskedEnough: questions are bounded, also those that the same hook asks again of the same
// incident (a reviewer may have it ask as often as he likes: who is asked all night says yes at last),
// and an incident that somebody ended asks nothing.
func TestOwnerIsAskedEnough(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	keep(t, db, record("bob@example.org", analyzer.Hold))
	for _, name := range []string{"again0", "again1"} {
		if err := asked(t, db, name, 1, "push", *now); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := db.Questions().Question(ctx, []byte("again0")); found != nil && now.Before(found.Until) || err != nil {
		t.Errorf("the link before is still good: %+v, %v", found, err)
	}
	if ok, err := db.Questions().Answer(ctx, []byte("again0"), ledger.EventClaimed, "owner", ""); ok || err != nil {
		t.Errorf("and can be answered: %v, %v", ok, err)
	}
	if err := asked(t, db, "a", 1, "a", *now); err != nil {
		t.Fatal(err)
	}
	for hash, hook := range map[string]string{"again2": "push", "c": "c"} {
		if err := asked(t, db, hash, 1, hook, *now); !errors.Is(err, ask.ErrEnough) {
			t.Errorf("the fourth, by %s: %v", hook, err)
		}
	}
	if found, err := db.Questions().Question(ctx, []byte("again1")); found == nil || !now.Before(found.Until) || err != nil {
		t.Errorf("what was refused ended the link before it: %+v, %v", found, err)
	}
	if _, ok, err := db.EndIncident(ctx, 1, ledger.Ending{To: ledger.IncidentDismissed, By: "alice"}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := db.Questions().Answer(ctx, []byte("a"), ledger.EventDenied, "owner", ""); ok || err != nil {
		t.Errorf("an ended incident is answered: %v, %v", ok, err)
	}
}

// TestUndeliveredIsNoAsking: what a hook could not bring counts as a try only, and its link, which may
// have come all the same, can deny and not claim.
func TestUndeliveredIsNoAsking(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	keep(t, db, record("bob@example.org", analyzer.Hold))
	tries := 0
	for ; tries < 2*ask.MostTries; tries++ {
		hash := fmt.Sprintf("try%d", tries)
		err := asked(t, db, hash, 1, "push", *now)
		if errors.Is(err, ask.ErrEnough) {
			break
		}
		if err = errors.Join(err, db.Questions().NotBrought(ctx, []byte(hash))); err != nil {
			t.Fatal(err)
		}
	}
	if tries != ask.MostTries {
		t.Errorf("tried %d times, want %d", tries, ask.MostTries)
	}
	if ok, err := db.Questions().Answer(ctx, []byte("try0"), ledger.EventClaimed, "owner", ""); ok || err != nil {
		t.Errorf("claimed: %v, %v", ok, err)
	}
	if ok, err := db.Questions().Answer(ctx, []byte("try0"), ledger.EventDenied, "owner", ""); !ok || err != nil {
		t.Errorf("not denied: %v, %v", ok, err)
	}
}

// TestDenialIsToldAtOnce: the postmaster does not wait an hour for the next mail about an incident.
func TestDenialIsToldAtOnce(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	if err := db.SetHooks(ctx, []string{"mail"}); err != nil {
		t.Fatal(err)
	}
	keep(t, db, record("bob@example.org", analyzer.Hold))
	claim := func() bool {
		t.Helper()
		*now = now.Add(time.Minute)
		a, err := db.ClaimAlert(ctx, "mail", time.Hour, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if a != nil {
			if err := db.AlertSent(ctx, &ledger.Brief{ID: 1, State: ledger.IncidentOpen, Holds: 1}, "<x@example.org>"); err != nil {
				t.Fatal(err)
			}
		}
		return a != nil
	}
	if !claim() || claim() {
		t.Fatal("the first mail is not one")
	}
	if err := asked(t, db, "push", 1, "push", *now); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(time.Second)
	if ok, err := db.Questions().Answer(ctx, []byte("push"), ledger.EventDenied, "owner", ""); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if !claim() || claim() {
		t.Error("the denial is not told once")
	}
}
