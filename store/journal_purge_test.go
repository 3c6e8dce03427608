package store

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

const day = 24 * time.Hour

func encoded(t *testing.T, db *DB, sender string) ([]byte, int64) {
	t.Helper()
	p, last, err := db.Profile(t.Context(), sender)
	if err != nil {
		t.Fatal(err)
	}
	data, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data, last
}

// teachSome records ordinary mail of two senders, one every hour.
func teachSome(t *testing.T, db *DB, now *time.Time, n int) {
	t.Helper()
	for i := range n {
		r := record(fmt.Sprintf("%c@example.jp", 'a'+i%2), analyzer.Pass)
		r.Envelope.Time, r.Observation.At = *now, *now
		r.Observation.Keys[baseline.Site] = []baseline.Key{baseline.Key(1 + i%50)}
		keep(t, db, r)
		*now = now.Add(time.Hour)
	}
}

// Purging must not change any profile by a byte, however it is read afterwards.
func TestPurgeChangesNoProfile(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	teachSome(t, db, now, 250)
	stale, last, err := db.Profile(ctx, "a@example.jp") // as a running daemon has it
	if err != nil {
		t.Fatal(err)
	}
	teachSome(t, db, now, 250) // more than one batch
	var before [3][]byte
	for i, s := range []string{"", "a@example.jp", "b@example.jp"} {
		before[i], _ = encoded(t, db, s)
	}
	got, err := db.Purge(ctx, now.Add(2*day), day)
	if err != nil || got.Mails != 500 || got.Folded != 3 {
		t.Fatalf("purged %+v, %v; want 500 mails and 3 profiles", got, err)
	}
	// The daemon saves what it had: the fuller profile must stay.
	if err := db.SaveProfiles(ctx, analyzer.NewSaved("a@example.jp", stale, last)); err != nil {
		t.Fatal(err)
	}
	for i, s := range []string{"", "a@example.jp", "b@example.jp"} {
		after, last := encoded(t, db, s)
		if !bytes.Equal(before[i], after) || last != 500 {
			t.Errorf("the profile of %q changed, last lesson %d", s, last)
		}
	}
	teachSome(t, db, now, 2)
	p, last, err := db.Profile(ctx, "")
	if err != nil || p.Mails() != 502 || last != 502 {
		t.Errorf("after a purge the organisation has %d mails, lesson %d, %v", p.Mails(), last, err)
	}
}

func TestPurgeKeepsWhatIsNeeded(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	names := map[int64]string{}
	add := func(name string, r *analyzer.Record) int64 {
		id := keep(t, db, r)
		names[id] = name
		return id
	}
	of := func(sender string, a analyzer.Action) *analyzer.Record {
		r := record(sender, a)
		r.Due = noon
		return r
	}
	add("before the incident", of("b@example.jp", analyzer.Pass))
	add("held", of("b@example.jp", analyzer.Hold))
	add("passed during the incident", of("b@example.jp", analyzer.Pass))
	add("delayed", of("c@example.jp", analyzer.Delay))
	add("released", of("d@example.jp", analyzer.Delay))
	add("ordinary", of("e@example.jp", analyzer.Pass))
	*now = noon.Add(30 * day)
	if _, err := db.EndDelay(ctx, 3); err != nil {
		t.Fatal(err)
	}
	if err := db.Finish(ctx, 3); err != nil { // taught just now
		t.Fatal(err)
	}
	young := of("e@example.jp", analyzer.Pass)
	young.Envelope.Time = *now
	add("young", young)
	left := func() string {
		list, err := db.Recent(ctx, "", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		var s string
		for _, r := range list {
			s += names[r.ID] + ", "
		}
		return s
	}
	purge := func(want int) {
		t.Helper()
		if got, err := db.Purge(ctx, *now, 21*day); err != nil || got.Mails != want {
			t.Errorf("purged %+v, %v; want %d mails; left: %s", got, err, want, left())
		}
	}
	purge(2)
	if got := left(); got != "held, passed during the incident, delayed, released, young, " {
		t.Errorf("left: %s", got)
	}
	*now = now.Add(2 * time.Hour)
	purge(1) // released: its lesson is old enough now
	if ok, err := closeIncident(ctx, db, 1, ledger.IncidentConfirmed, "alice", ""); err != nil || !ok {
		t.Fatalf("confirm: %v %v", ok, err)
	}
	*now = now.Add(2 * time.Hour)
	purge(1) // what passed during the incident; held is still in the queue
	if _, err := db.Decide(ctx, 1, ledger.Discarding, "alice", ""); err != nil {
		t.Fatal(err)
	}
	if err := db.Finish(ctx, 1); err != nil {
		t.Fatal(err)
	}
	purge(1)
	if got := left(); got != "delayed, young, " {
		t.Errorf("left: %s", got)
	}
	if p, _, err := db.Profile(ctx, "b@example.jp"); err != nil || p.Mails() != 1 {
		t.Errorf("the victim's profile has %d mails, %v; want the one before the incident",
			p.Mails(), err)
	}
	var orphans int
	err := db.read.QueryRow(`SELECT count(*) FROM recipient
		WHERE journal NOT IN (SELECT id FROM journal)`).Scan(&orphans)
	if err != nil || orphans != 0 {
		t.Errorf("%d recipients without a mail, %v", orphans, err)
	}
	if _, err := db.Purge(ctx, *now, 0); err == nil {
		t.Error("a purge of everything was accepted")
	}
}

func TestExcerptsExpireAndIDsDoNotComeBack(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	r := record("b@example.jp", analyzer.Hold)
	r.Excerpt = "please open"
	keep(t, db, r)
	for _, c := range []struct {
		at   time.Duration
		want string
	}{{7*day - time.Second, "please open"}, {7 * day, ""}} {
		if _, err := db.Purge(ctx, noon.Add(c.at), 21*day); err != nil {
			t.Fatal(err)
		}
		if got := holds(t, db, ledger.HoldFilter{})[0].Excerpt; got != c.want {
			t.Errorf("after %s the excerpt is %q, want %q", c.at, got, c.want)
		}
	}
	if _, err := db.Vanish(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := closeIncident(ctx, db, 1, ledger.IncidentEnded, "timer", ""); err != nil {
		t.Fatal(err)
	}
	*now = noon.Add(40 * day)
	if got, err := db.Purge(ctx, *now, 21*day); err != nil || got.Mails != 1 {
		t.Fatalf("purged %+v, %v", got, err)
	}
	keep(t, db, record("b@example.jp", analyzer.Hold))
	if got := holds(t, db, ledger.HoldFilter{}); len(got) != 1 || got[0].ID != 2 || got[0].Incident != 2 {
		t.Errorf("the next hold is %+v, want H2 of I2", got)
	}
}
