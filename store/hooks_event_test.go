package store

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

const lease = time.Minute

// claim claims the hook's next event, nil for none.
func claim(t *testing.T, db *DB, hook string) *ledger.Event {
	t.Helper()
	e, err := db.ClaimEvent(t.Context(), hook, lease)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func setHooks(t *testing.T, db *DB, names ...string) {
	t.Helper()
	if err := db.SetHooks(t.Context(), names); err != nil {
		t.Fatal(err)
	}
}

// heard claims and ends everything that is due and returns the kinds.
func heard(t *testing.T, db *DB, hook string) (kinds []ledger.EventKind) {
	t.Helper()
	for e := claim(t, db, hook); e != nil; e = claim(t, db, hook) {
		kinds = append(kinds, e.Kind)
		if err := db.EndEvent(t.Context(), hook, e.N, &ledger.HookRun{Output: "ok"}, ledger.HookDone); err != nil {
			t.Fatal(err)
		}
	}
	return kinds
}

func TestEveryChangeIsOneEvent(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	setHooks(t, db, "soc")
	for range 3 {
		keep(t, db, record("b@example.jp", analyzer.Hold))
	}
	keep(t, db, record("c@example.jp", analyzer.Pass))
	e := claim(t, db, "soc")
	if e == nil || e.Kind != ledger.EventOpened || e.Incident != 1 || len(e.ID) != 32 || e.Runs != 1 ||
		!e.At.Equal(noon) || !e.First.Equal(*now) {
		t.Fatalf("the first event is %+v", e)
	}
	if again := claim(t, db, "soc"); again != nil {
		t.Errorf("two runs at once: %+v", again)
	}
	*now = now.Add(lease + time.Second) // who claimed it has died
	again := claim(t, db, "soc")
	if again == nil || again.ID != e.ID || again.Runs != 2 || again.First != e.First {
		t.Errorf("after a crash %+v, want run 2 of %+v", again, e)
	}
	if err := db.EndEvent(ctx, "soc", e.N, nil, ledger.HookSkipped); err != nil {
		t.Fatal(err)
	}
	if _, err := closeIncident(ctx, db, 1, ledger.IncidentConfirmed, "alice", "phoned"); err != nil {
		t.Fatal(err)
	}
	if e = claim(t, db, "soc"); e == nil || e.Kind != ledger.EventConfirmed || e.By != "alice" ||
		e.Reason != "phoned" || !e.At.Equal(*now) {
		t.Errorf("the second event is %+v", e)
	}
	if err := db.EndEvent(ctx, "soc", e.N, nil, ledger.HookDone); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{`UPDATE incident SET state = 'open', closed = 0`,
		`UPDATE incident SET state = 'open', reason = 'more'`, `UPDATE incident SET state = 'ended'`} {
		if _, err := db.write.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if got := heard(t, db, "soc"); !reflect.DeepEqual(got, []ledger.EventKind{ledger.EventReopened, ledger.EventEnded}) {
		t.Errorf("then %v", got)
	}
}

func TestEventsOfOneIncidentKeepTheirOrder(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	setHooks(t, db, "slow", "fast")
	keep(t, db, record("b@example.jp", analyzer.Hold))
	if _, err := closeIncident(ctx, db, 1, ledger.IncidentDismissed, "alice", ""); err != nil {
		t.Fatal(err)
	}
	keep(t, db, record("c@example.jp", analyzer.Hold))
	first := claim(t, db, "slow")
	err := db.RetryEvent(ctx, "slow", first.N, ledger.HookRun{Error: "down"}, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if got := heard(t, db, "slow"); !reflect.DeepEqual(got, []ledger.EventKind{ledger.EventOpened}) {
		t.Errorf("while I1 waits, I2 is told %v", got)
	}
	if got := heard(t, db, "fast"); len(got) != 3 {
		t.Errorf("the other hook is told %v", got)
	}
	*now = now.Add(time.Hour)
	if got := heard(t, db, "slow"); !reflect.DeepEqual(got, []ledger.EventKind{ledger.EventOpened, ledger.EventDismissed}) {
		t.Errorf("in the end I1 is told %v", got)
	}
	if got := heard(t, db, "nobody"); got != nil {
		t.Errorf("an unknown hook is told %v", got)
	}
}

func TestNewHooksAreNotToldThePast(t *testing.T) {
	db, _ := clocked(t)
	setHooks(t, db, "old", "gone")
	keep(t, db, record("b@example.jp", analyzer.Hold))
	setHooks(t, db, "old", "new")
	if known, err := db.HookKnown(t.Context(), "gone"); known || err != nil {
		t.Errorf("a removed hook is known: %v %v", known, err)
	}
	keep(t, db, record("c@example.jp", analyzer.Hold))
	setHooks(t, db, "old", "new", "gone") // back again
	for hook, want := range map[string]int{"old": 2, "new": 1, "gone": 0} {
		if got := heard(t, db, hook); len(got) != want {
			t.Errorf("%s is told %v, want %d", hook, got, want)
		}
	}
	setHooks(t, db)
	if known, _ := db.HookKnown(t.Context(), "old"); known {
		t.Error("no hook is configured, but one is known")
	}
}

func TestNotesAreBounded(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	setHooks(t, db, "lock", "soc")
	keep(t, db, record("b@example.jp", analyzer.Hold))
	long := strings.Repeat("筆", maxHookOutput)
	for range maxHookRuns + 5 {
		e := claim(t, db, "lock")
		if err := db.RetryEvent(ctx, "lock", e.N, ledger.HookRun{Error: "exit status 1", Output: long}, *now); err != nil {
			t.Fatal(err)
		}
	}
	e := claim(t, db, "lock")
	if err := db.EndEvent(ctx, "lock", e.N, &ledger.HookRun{Error: "gone", Output: long}, ledger.HookFailed); err != nil {
		t.Fatal(err)
	}
	heard(t, db, "soc")
	notes, err := db.Notes(ctx, 1)
	if err != nil || len(notes) != 2 || notes[0].Hook != "lock" || notes[0].Error != "gone" ||
		notes[0].Runs != maxHookRuns+6 || notes[0].State != ledger.HookFailed ||
		len(notes[0].Output) > maxHookOutput || !strings.HasSuffix(notes[0].Output, "筆") ||
		notes[1].Output != "ok" || notes[1].Event != ledger.EventOpened {
		t.Errorf("notes %.300v, %v", notes, err)
	}
	var runs int
	if err := db.read.QueryRow(`SELECT count(*) FROM hook_run`).Scan(&runs); err != nil ||
		runs != maxHookRuns+1 {
		t.Errorf("%d runs are kept, %v", runs, err)
	}
	acts, _ := db.AuditList(ctx, ledger.ActFilter{Limit: 1})
	if len(acts) != 1 || acts[0].Verb != "give-up" || acts[0].Actor != "hook lock" {
		t.Errorf("audit %+v", acts)
	}
}

func TestEventsArePurged(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	setHooks(t, db, "soc")
	keep(t, db, record("b@example.jp", analyzer.Hold))
	keep(t, db, record("c@example.jp", analyzer.Hold))
	heard(t, db, "soc")
	if _, err := closeIncident(ctx, db, 1, ledger.IncidentDismissed, "alice", ""); err != nil {
		t.Fatal(err)
	}
	*now = now.AddDate(0, 0, 30)
	if _, err := db.Purge(ctx, *now, 21*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"event": 1, "hook_run": 1, "hook_event": 1} {
		var n int
		if err := db.read.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil || n != want {
			t.Errorf("%s has %d rows after a purge, %v; want that of the open incident", table, n, err)
		}
	}
}

func TestBrief(t *testing.T) {
	db, _ := clocked(t)
	ctx := t.Context()
	for range 2 {
		keep(t, db, record("b@example.jp", analyzer.Hold))
	}
	heavy := record("b@example.jp", analyzer.Hold)
	heavy.Verdict.Points, heavy.Verdict.Evidence[0].Text = 11, "a heavier one"
	heavy.Hosts, heavy.Envelope.Recipients = []string{"other.test", "lure.test"}, []string{"x@a.test"}
	heavy.Envelope.Time = noon.Add(time.Minute)
	keep(t, db, heavy)
	if _, err := db.Decide(ctx, 1, ledger.Discarding, "alice", ""); err != nil {
		t.Fatal(err)
	}
	got, err := db.Brief(ctx, 1)
	want := &ledger.Brief{ID: 1, Case: 1, Sender: "b@example.jp", State: ledger.IncidentOpen,
		Opened: noon, Holds: 3, Waiting: 2, Last: noon.Add(time.Minute), Recipients: 3, Domains: 2,
		Hosts: []string{"lure.test", "other.test"}, Evidence: heavy.Verdict.Evidence}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if _, err := db.Brief(ctx, 9); err == nil {
		t.Error("an incident that is not there was read")
	}
}
