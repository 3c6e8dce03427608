package store

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

func TestEndDecidesHolds(t *testing.T) {
	for name, c := range map[string]struct {
		end  ledger.Ending
		want []string
		did  ledger.Ended
	}{
		"confirm": {ledger.Ending{To: ledger.IncidentConfirmed},
			[]string{"1:released", "2:discarding", "3:discarding", "5:held"},
			ledger.Ended{Discarding: 2, Unlearned: 2}},
		"keep": {ledger.Ending{To: ledger.IncidentConfirmed, Keep: true},
			[]string{"1:released", "2:held", "3:held", "5:held"}, ledger.Ended{Unlearned: 2}},
		"dismiss": {ledger.Ending{To: ledger.IncidentDismissed},
			[]string{"1:released", "2:releasing", "3:releasing", "5:held"}, ledger.Ended{Releasing: 2}},
	} {
		db, _ := clocked(t)
		ctx := t.Context()
		for range 3 {
			keep(t, db, record("b@example.jp", analyzer.Hold))
		}
		keep(t, db, record("b@example.jp", analyzer.Pass))
		keep(t, db, record("c@example.jp", analyzer.Hold)) // another incident
		if _, err := db.Decide(ctx, 1, ledger.Releasing, "b", "mine"); err != nil {
			t.Fatal(err)
		}
		if err := db.Finish(ctx, 1); err != nil {
			t.Fatal(err)
		}
		c.end.By, c.end.Reason = "alice", "phoned"
		did, ok, err := db.EndIncident(ctx, 1, c.end)
		if err != nil || !ok || did != c.did {
			t.Errorf("%s: did %+v, %v %v; want %+v", name, did, ok, err, c.did)
		}
		if got := states(t, db); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if _, ok, err := db.EndIncident(ctx, 1, c.end); ok || err != nil {
			t.Errorf("%s: ended twice, %v", name, err)
		}
		acts, err := db.AuditList(ctx, ledger.ActFilter{Limit: 1})
		if err != nil || acts[0].Object != "I1" || acts[0].Actor != "alice" ||
			acts[0].Reason != "phoned" {
			t.Errorf("%s: audit %+v, %v", name, acts, err)
		}
		db.Close()
	}
}

// An attacker who puts a colleague's fresh link beside his own has the colleague's mail
// asked back. A confirmation must not delete it unless somebody says so.
func TestConfirmationSparesOthers(t *testing.T) {
	const b, c = "b@example.jp", "c@example.jp"
	for name, test := range map[string]struct {
		others ledger.State
		want   []string
		did    ledger.Ended
	}{
		"left": {"", []string{"1:held", "2:discarding", "3:recalling", "4:recalling", "5:discarding"},
			ledger.Ended{Discarding: 2, Left: 2}},
		"discarded": {ledger.Discarding,
			[]string{"1:discarding", "2:discarding", "3:recalling", "4:recalling", "5:discarding"},
			ledger.Ended{Discarding: 3, Left: 1}},
		"released": {ledger.Releasing,
			[]string{"1:releasing", "2:discarding", "3:recalling", "4:recalling", "5:discarding"},
			ledger.Ended{Discarding: 2, Releasing: 1, Left: 1}},
	} {
		db, now := clocked(t)
		ctx := t.Context()
		for _, sender := range []string{c, b, c, b} { // 1 to 4: had left before
			keep(t, db, mailOf(sender, analyzer.Pass, 0, 7))
		}
		keep(t, db, mailOf(b, analyzer.Hold, 0, 7)) // 5: the incident
		if _, err := db.Recall(ctx, *now); err != nil {
			t.Fatal(err)
		}
		for _, h := range holds(t, db, ledger.HoldFilter{}) {
			if h.Record.ID <= 2 { // found in the queue
				if err := db.Finish(ctx, h.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		e := ledger.Ending{To: ledger.IncidentConfirmed, By: "alice", Others: test.others}
		if tried, ok, err := db.PreviewEnding(ctx, 1, e); err != nil || !ok || tried.Discarding != test.did.Discarding {
			t.Errorf("%s: the preview says %+v, %v %v", name, tried, ok, err)
		}
		if got := states(t, db); !slices.Contains(got, "5:held") {
			t.Errorf("%s: after the preview %q", name, got)
		}
		did, ok, err := db.EndIncident(ctx, 1, e)
		did.Unlearned = 0
		if err != nil || !ok || did != test.did {
			t.Errorf("%s: did %+v, %v %v; want %+v", name, did, ok, err, test.did)
		}
		got := states(t, db)
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		for _, h := range holds(t, db, ledger.HoldFilter{States: []ledger.State{ledger.Recalling}}) {
			if err := db.Finish(ctx, h.ID); err != nil { // found in the queue later
				t.Fatal(err)
			}
			want := ledger.Held
			if h.Record.Envelope.Sender == b {
				want = ledger.Discarding
			}
			if now := holds(t, db, ledger.HoldFilter{IDs: []int64{h.ID}})[0].State; now != want {
				t.Errorf("%s: mail of %s is %s, want %s", name, h.Record.Envelope.Sender, now, want)
			}
		}
		db.Close()
	}
}

// In a confirmation's time of grace nothing is deleted, and taking it back is whole, also for
// mail that was still being recalled.
func TestGrace(t *testing.T) {
	const b = "b@example.jp"
	db, now := clocked(t)
	ctx := t.Context()
	keep(t, db, mailOf(b, analyzer.Pass, 0, 7)) // 1: is being recalled
	keep(t, db, mailOf(b, analyzer.Hold, 0, 7)) // 2: the incident
	if _, err := db.Recall(ctx, *now); err != nil {
		t.Fatal(err)
	}
	e := ledger.Ending{To: ledger.IncidentConfirmed, By: "alice", Grace: time.Hour}
	if _, ok, err := db.EndIncident(ctx, 1, e); err != nil || !ok {
		t.Fatal(ok, err)
	}
	*now = now.Add(time.Minute)
	recalled := holds(t, db, ledger.HoldFilter{States: []ledger.State{ledger.Recalling}})
	if len(recalled) != 1 {
		t.Fatalf("%d being recalled", len(recalled))
	}
	if err := db.Finish(ctx, recalled[0].ID); err != nil { // it is on hold now
		t.Fatal(err)
	}
	for _, h := range holds(t, db, ledger.HoldFilter{}) {
		if h.State != ledger.Discarding || !h.Due.Equal(noon.Add(time.Hour)) || h.Work(*now) != ledger.WorkKeep ||
			h.Work(noon.Add(61*time.Minute)) != ledger.WorkDiscard {
			t.Errorf("%s of mail %d: %s, due %s", h.Name(), h.Record.ID, h.State, h.Due)
		}
	}
	back, ok, err := db.ReopenIncident(ctx, 1, "alice", "")
	if err != nil || !ok || back.Held != 2 || back.Late != 0 {
		t.Errorf("%+v, %v %v", back, ok, err)
	}
	if got := states(t, db); !slices.Contains(got, "1:held") || !slices.Contains(got, "2:held") {
		t.Errorf("%q", got)
	}
}

// Mail that was recalled for one incident belongs to its own sender's as soon as there is
// one: both accounts were stolen, and each confirmation deletes its own account's mail.
func TestRecalledMailGoesHome(t *testing.T) {
	const b, c = "b@example.jp", "c@example.jp"
	db, now := clocked(t)
	ctx := t.Context()
	keep(t, db, mailOf(c, analyzer.Pass, 0, 7))              // 1
	keep(t, db, mailOf("d@example.jp", analyzer.Pass, 0, 7)) // 2
	keep(t, db, mailOf(b, analyzer.Hold, 0, 7))              // 3: the first incident
	if _, err := db.Recall(ctx, *now); err != nil {
		t.Fatal(err)
	}
	if list := holds(t, db, ledger.HoldFilter{Incident: 1}); len(list) != 3 {
		t.Fatalf("%d holds of the first incident", len(list))
	}
	keep(t, db, mailOf(c, analyzer.Hold, 0, 7)) // 4: the second
	for incident, want := range map[int64]int{1: 2, 2: 2} {
		if list := holds(t, db, ledger.HoldFilter{Incident: incident}); len(list) != want {
			t.Errorf("%d holds of incident %d, want %d", len(list), incident, want)
		}
	}
	for _, h := range holds(t, db, ledger.HoldFilter{States: []ledger.State{ledger.Recalling}}) {
		if err := db.Finish(ctx, h.ID); err != nil {
			t.Fatal(err)
		}
	}
	for id := range int64(2) {
		if _, ok, err := db.EndIncident(ctx, id+1, ledger.Ending{To: ledger.IncidentConfirmed}); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	got := states(t, db)
	slices.Sort(got)
	want := []string{"1:discarding", "2:held", "3:discarding", "4:discarding"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// The thief was inside before the first suspicious mail.
func TestConfirmSince(t *testing.T) {
	db, _ := clocked(t)
	ctx := t.Context()
	at := func(before time.Duration, action analyzer.Action) {
		r := record("b@example.jp", action)
		r.Envelope.Time = noon.Add(-before)
		keep(t, db, r)
	}
	at(3*time.Hour, analyzer.Pass)
	clean, _ := encoded(t, db, "b@example.jp")
	at(2*time.Hour, analyzer.Pass)
	at(time.Hour, analyzer.Pass)
	at(0, analyzer.Hold)
	end := ledger.Ending{To: ledger.IncidentConfirmed, Since: noon.Add(-2 * time.Hour)}
	did, ok, err := db.EndIncident(ctx, 1, end)
	if err != nil || !ok || did.Unlearned != 2 {
		t.Fatalf("did %+v, %v %v", did, ok, err)
	}
	if got, _ := encoded(t, db, "b@example.jp"); !bytes.Equal(got, clean) {
		t.Error("the profile is not the one before the thief came")
	}
	list, err := db.Incidents(ctx, "b@example.jp")
	if err != nil || list[0].First != 2 {
		t.Errorf("the incident begins with %d, %v; want 2", list[0].First, err)
	}
	back, ok, err := db.ReopenIncident(ctx, 1, "alice", "too early")
	if err != nil || !ok || back != (ledger.Reopened{Held: 1, Learned: 2}) {
		t.Errorf("reopened %+v, %v %v", back, ok, err)
	}
	if list, _ = db.Incidents(ctx, ""); list[0].First != 4 || list[0].State != ledger.IncidentOpen {
		t.Errorf("reopened: %+v", list[0])
	}
}

// Reopening undoes what has not been carried out, and only that.
func TestReopen(t *testing.T) {
	for _, end := range []ledger.IncidentState{ledger.IncidentConfirmed, ledger.IncidentDismissed} {
		db, now := clocked(t)
		ctx := t.Context()
		keep(t, db, mailOf("c@example.jp", analyzer.Pass, 0, 7)) // will be gone
		keep(t, db, mailOf("b@example.jp", analyzer.Hold, 0, 7))
		keep(t, db, mailOf("b@example.jp", analyzer.Pass, 0))
		keep(t, db, mailOf("b@example.jp", analyzer.Hold, 0))
		keep(t, db, mailOf("b@example.jp", analyzer.Hold, 0))
		if _, err := db.Decide(ctx, 3, ledger.Discarding, "carol", "by hand"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Recall(ctx, *now); err != nil {
			t.Fatal(err)
		}
		if ok, err := done1(db.Vanish(ctx, 4)); err != nil || !ok {
			t.Fatal(ok, err)
		}
		before := profiles(t, db)
		if _, _, err := db.EndIncident(ctx, 1, ledger.Ending{To: end, By: "alice"}); err != nil {
			t.Fatal(err)
		}
		if ok, err := done1(db.Retry(ctx, errors.New("asked"), *now, 1)); err != nil || !ok {
			t.Fatal(ok, err) // the agent has begun with the first
		}
		back, ok, err := db.ReopenIncident(ctx, 1, "alice", "mistake")
		if err != nil || !ok || back.Held != 1 || back.Late != 1 {
			t.Errorf("%s: %+v, %v %v", end, back, ok, err)
		}
		want := []string{"2:discarding", "4:held", "5:discarding", "1:gone"}
		if end == ledger.IncidentDismissed {
			want[0] = "2:releasing"
		}
		if got := states(t, db); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", end, got, want)
		}
		if got := profiles(t, db); !slices.EqualFunc(got, before, bytes.Equal) {
			t.Errorf("%s: the profiles are not those before the end", end)
		}
		// The agent, which had not asked for the second yet, is told so.
		if ok, err := done1(db.Retry(ctx, errors.New("asked"), *now, 2)); err != nil || ok {
			t.Errorf("%s: a decision that was taken back is due: %v %v", end, ok, err)
		}
		if _, ok, err := db.ReopenIncident(ctx, 1, "", ""); ok || err != nil {
			t.Errorf("%s: an open incident was reopened, %v", end, err)
		}
		db.Close()
	}
}

func profiles(t *testing.T, db *DB) (list [][]byte) {
	t.Helper()
	for _, sender := range []string{"b@example.jp", "c@example.jp", ""} {
		data, _ := encoded(t, db, sender)
		list = append(list, data)
	}
	return list
}

func TestReopenBesideANewerIncident(t *testing.T) {
	db, _ := clocked(t)
	ctx := t.Context()
	keep(t, db, record("b@example.jp", analyzer.Hold))
	if _, _, err := db.EndIncident(ctx, 1, ledger.Ending{To: ledger.IncidentDismissed}); err != nil {
		t.Fatal(err)
	}
	keep(t, db, record("b@example.jp", analyzer.Hold))
	if _, ok, err := db.ReopenIncident(ctx, 1, "a", ""); ok || !errors.Is(err, ledger.ErrNewer) {
		t.Errorf("reopened %v, %v", ok, err)
	}
	if got := states(t, db); !slices.Equal(got, []string{"1:releasing", "2:held"}) {
		t.Errorf("a refused reopening changed %q", got)
	}
}
