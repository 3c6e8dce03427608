package store

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// clocked opens a store whose clock the test moves.
func clocked(t *testing.T) (*DB, *time.Time) {
	t.Helper()
	now := noon
	db, err := Open(t.Context(), prepared(t, filepath.Join(t.TempDir(), "h.db")),
		Options{Now: func() time.Time { return now }, Version: "1.2"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, &now
}

// closeIncident ends an open incident and leaves its holds as they are.
func closeIncident(ctx context.Context, db *DB, id int64, to ledger.IncidentState, by, reason string,
) (bool, error) {
	_, done, err := db.EndIncident(ctx, id, ledger.Ending{To: to, By: by, Reason: reason, Keep: true})
	return done, err
}

// dueHolds are those that the agent should act on now.
func dueHolds(ctx context.Context, db *DB, now time.Time) ([]ledger.Hold, error) {
	return db.Holds(ctx, ledger.HoldFilter{MTA: "mx.example.jp", DueBy: now,
		States: []ledger.State{ledger.Delayed, ledger.Releasing, ledger.Discarding,
			ledger.Recalling}})
}

func delay(due time.Time) *analyzer.Record {
	r := record("b@example.jp", analyzer.Delay)
	r.Due = due
	return r
}

// done1 says whether something was done of one hold.
func done1(done []int64, err error) (bool, error) { return len(done) == 1, err }

// Every transition from every state: it happens where it may, and nowhere else.
func TestTransitions(t *testing.T) {
	to := map[string]func(*DB) (bool, error){
		"release": func(db *DB) (bool, error) { return db.Decide(t.Context(), 1, ledger.Releasing, "a", "r") },
		"discard": func(db *DB) (bool, error) { return db.Decide(t.Context(), 1, ledger.Discarding, "a", "r") },
		"end":     func(db *DB) (bool, error) { return done1(db.EndDelay(t.Context(), 1)) },
		"vanish":  func(db *DB) (bool, error) { return done1(db.Vanish(t.Context(), 1)) },
		"reopen":  func(db *DB) (bool, error) { return true, db.Reopen(t.Context(), 1) },
		"finish":  func(db *DB) (bool, error) { return true, db.Finish(t.Context(), 1) },
		"promote": func(db *DB) (bool, error) {
			r := record("b@example.jp", analyzer.Hold)
			_, err := db.Begin(t.Context(), r)()
			return true, err
		},
	}
	after := map[ledger.State]map[string]ledger.State{
		ledger.Delayed: {"release": ledger.Releasing, "discard": ledger.Discarding, "end": ledger.Releasing, "vanish": ledger.Vanished,
			"promote": ledger.Held},
		ledger.Held:       {"release": ledger.Releasing, "discard": ledger.Discarding, "vanish": ledger.Vanished},
		ledger.Recalling:  {"finish": ledger.Held, "vanish": ledger.Gone},
		ledger.Releasing:  {"finish": ledger.Released, "vanish": ledger.Vanished},
		ledger.Discarding: {"finish": ledger.Discarded, "vanish": ledger.Vanished},
		ledger.Released:   {"reopen": ledger.Releasing},
		ledger.Discarded:  {"reopen": ledger.Discarding},
		ledger.Vanished:   {"reopen": ledger.Held},
		ledger.Gone:       {"reopen": ledger.Held},
	}
	for from, moves := range after {
		for name, do := range to {
			db, _ := clocked(t)
			keep(t, db, delay(noon.Add(time.Minute)))
			if _, err := db.write.Exec(`UPDATE hold SET state = ?`, from); err != nil {
				t.Fatal(err)
			}
			happened, err := do(db)
			want, may := moves[name]
			if !may {
				want = from
			}
			got := holds(t, db, ledger.HoldFilter{IDs: []int64{1}})[0].State
			if err != nil || got != want {
				t.Errorf("%s of a %s mail: %s, %v; want %s", name, from, got, err, want)
			}
			if name != "finish" && name != "promote" && name != "reopen" && happened != may {
				t.Errorf("%s of a %s mail says %v", name, from, happened)
			}
			db.Close()
		}
	}
}

func TestWhatIsTaught(t *testing.T) {
	for name, c := range map[string]struct {
		end     func(*DB) (bool, error)
		lessons int
	}{
		"owner's release": {func(db *DB) (bool, error) {
			return db.Decide(t.Context(), 1, ledger.Releasing, "alice", "mine")
		}, 1},
		"timer": {func(db *DB) (bool, error) { return done1(db.EndDelay(t.Context(), 1)) }, 1},
		"discard": {func(db *DB) (bool, error) {
			return db.Decide(t.Context(), 1, ledger.Discarding, "a", "")
		}, 0},
		"vanish": {func(db *DB) (bool, error) { return done1(db.Vanish(t.Context(), 1)) }, 0},
	} {
		db, _ := clocked(t)
		keep(t, db, delay(noon))
		if ok, err := c.end(db); err != nil || !ok {
			t.Fatalf("%s: %v %v", name, ok, err)
		}
		for range 2 { // the second does nothing
			if err := db.Finish(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		got, err := db.Lessons(t.Context(), 0, 10)
		if err != nil || len(got) != c.lessons {
			t.Errorf("%s: %d lessons, %v; want %d", name, len(got), err, c.lessons)
		}
		recent, err := db.Recent(t.Context(), "", noon)
		if err != nil || len(recent) != 1 || recent[0].Learned != (c.lessons == 1) {
			t.Errorf("%s: record %+v, %v", name, recent, err)
		}
	}
}

func TestDueHoldsAndRetry(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	keep(t, db, delay(noon.Add(time.Minute)))
	keep(t, db, record("c@example.jp", analyzer.Hold))
	elsewhere := delay(noon)
	elsewhere.Envelope.Host = "mx2.example.jp"
	keep(t, db, elsewhere)
	due := func(at time.Time) string {
		t.Helper()
		list, err := dueHolds(ctx, db, at)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, h := range list {
			names = append(names, h.Name())
		}
		return strings.Join(names, " ")
	}
	if got := due(noon); got != "" {
		t.Errorf("due at once: %s", got)
	}
	if got := due(noon.Add(time.Minute)); got != "H1" {
		t.Errorf("due after a minute: %s, want H1", got)
	}
	if _, err := db.Decide(ctx, 2, ledger.Discarding, "a", ""); err != nil {
		t.Fatal(err)
	}
	if got := due(noon); got != "H2" {
		t.Errorf("due after a decision: %s, want H2", got)
	}
	ok, err := done1(db.Retry(ctx, errors.New("postsuper: no"), noon.Add(time.Hour), 2))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if got := due(noon.Add(59 * time.Minute)); got != "H1" {
		t.Errorf("due before the next try: %s, want H1", got)
	}
	*now = noon.Add(time.Hour)
	h := holds(t, db, ledger.HoldFilter{IDs: []int64{2}})[0]
	if got := due(*now); got != "H1 H2" || h.Attempts != 1 || h.Error != "postsuper: no" ||
		h.State != ledger.Discarding {
		t.Errorf("due at the next try: %s, hold %+v", got, h)
	}
	if err := db.Finish(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if h := holds(t, db, ledger.HoldFilter{IDs: []int64{2}})[0]; h.Error != "" || !h.Due.IsZero() {
		t.Errorf("a discarded mail still has %+v", h)
	}
}

func TestPromotion(t *testing.T) {
	db, _ := clocked(t)
	first := keep(t, db, delay(noon.Add(time.Minute)))
	other := delay(noon.Add(time.Minute))
	other.Envelope.Sender = "c@example.jp"
	keep(t, db, other)
	keep(t, db, delay(noon.Add(time.Minute)))
	if _, err := db.EndDelay(t.Context(), 3); err != nil { // released early, say
		t.Fatal(err)
	}
	keep(t, db, delay(noon)) // its time is over, the agent is about to let it go
	if open, _, err := db.Incident(t.Context(), "b@example.jp"); err != nil || open {
		t.Errorf("an incident was opened for delays: %v %v", open, err)
	}
	kept, err := db.Begin(t.Context(), record("b@example.jp", analyzer.Hold))()
	if err != nil || !slices.Equal(kept.Promoted, []int64{first}) {
		t.Errorf("promoted %v, %v; want record %d", kept.Promoted, err, first)
	}
	list := holds(t, db, ledger.HoldFilter{States: []ledger.State{ledger.Held}})
	if len(list) != 2 || list[0].Record.ID != first || !list[0].Promoted.Equal(noon) ||
		!list[0].Due.IsZero() || list[0].Incident != list[1].Incident || !list[1].Promoted.IsZero() {
		t.Fatalf("held are %+v", list)
	}
	incidents, err := db.Incidents(t.Context(), "", ledger.IncidentOpen)
	if err != nil || len(incidents) != 1 || incidents[0].First != first || incidents[0].Holds != 2 {
		t.Errorf("incidents %+v, %v; want one that begins with record %d", incidents, err, first)
	}
}

// A record that fails half-way must leave nothing: no row without its hold.
func TestRecordIsWhole(t *testing.T) {
	db, _ := clocked(t)
	failInserts(t, db, "lesson", "on purpose")
	r := record("b@example.jp", analyzer.Hold)
	r.Learn = true
	_, err := db.Begin(t.Context(), r)()
	if err == nil || !strings.Contains(err.Error(), "on purpose") {
		t.Fatalf("error %v", err)
	}
	s, err := db.stats(t.Context())
	if err != nil || s.Mails != 0 || len(s.Holds) != 0 || len(s.Incidents) != 0 {
		t.Errorf("left behind: %+v, %v", s, err)
	}
}

// fullRecord has something in every field that is kept.
func fullRecord() *analyzer.Record {
	r := record("b@example.jp", analyzer.Hold)
	e, v := &r.Envelope, &r.Verdict
	e.Login, e.AuthType = "B@Example.jp", "PLAIN"
	e.Client, e.ClientName = netip.MustParseAddr("2001:db8::7"), "dsl.example.net"
	e.Helo, e.TLS, e.Daemon = "[192.0.2.1]", "TLSv1.3 X", "submission"
	v.Sum, v.PassIf, v.Incident, v.LittleHist = 11.25, "would pass if ...", true, true
	v.Evidence[0].Observed, v.Evidence[0].Usual = "lure.test", "none of 40 sites"
	r.Observation.Marks = []baseline.Key{5}
	r.MessageID, r.HeaderFrom, r.Bytes = "<1@example.jp>", "b@example.jp", 4321
	r.URLs, r.Files = []string{"https://lure.test/x"}, []string{"a.zip 00ff zip"}
	r.Excerpt = "添付をご確認"
	return r
}
