package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

const long = "4Cbbc123XYz4Q" // a queue id that Postfix never uses again

// logged keeps lines of one log, each a second after the one before.
func logged(t *testing.T, db *DB, lines ...ledger.LogLine) ledger.LogKept {
	t.Helper()
	for i := range lines {
		if lines[i].At.IsZero() {
			lines[i].At = noon.Add(time.Duration(i+1) * time.Second)
		}
		if lines[i].Event == "" {
			lines[i].Event = ledger.LogOutcome
		}
	}
	kept, err := db.KeepLog(t.Context(), &ledger.LogBatch{Host: "mx.example.jp", Lines: lines,
		Position: ledger.LogPosition{Source: "/var/log/mail.log", Head: "h"}})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// mailed keeps a record with a queue id.
func mailed(t *testing.T, db *DB, queueID string, action analyzer.Action, at time.Time) int64 {
	t.Helper()
	r := record("b@example.jp", action)
	r.Envelope.QueueID, r.Envelope.Time = queueID, at
	return keep(t, db, r)
}

func fates(t *testing.T, db *DB, journal ...int64) string {
	t.Helper()
	list, err := db.Fates(t.Context(), journal...)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range list {
		out = append(out, fmt.Sprintf("%d:%s=%s", f.Journal, f.Recipient[:1], f.Fate))
	}
	return strings.Join(out, " ")
}

func TestDeliveryKeepsTheLatest(t *testing.T) {
	db, _ := clocked(t)
	id := mailed(t, db, long, analyzer.Pass, noon)
	deferral := ledger.LogLine{QueueID: long, Recipient: "a@example.org", Outcome: ledger.OutcomeDeferred,
		Relay: "none", Reply: "connect: refused", DSN: "4.4.1"}
	again := deferral
	sent := ledger.LogLine{QueueID: long, Recipient: "a@example.org", Outcome: ledger.OutcomeDelivered,
		Relay: "mx.example.org[192.0.2.1]:25", Reply: "250 2.0.0 kept", DSN: "2.0.0"}
	logged(t, db, deferral, again, sent)
	for range 2 { // the second time all is read again, as from an older copy of the log
		got, err := db.Deliveries(t.Context(), id)
		want := ledger.Delivery{Journal: id, Recipient: "a@example.org", Original: "a@example.org",
			Outcome: ledger.OutcomeDelivered, At: noon.Add(3 * time.Second),
			Deferred: noon.Add(time.Second), Relay: sent.Relay, Reply: sent.Reply, DSN: "2.0.0"}
		if err != nil || len(got) != 1 || got[0] != want {
			t.Fatalf("deliveries %+v, %v; want %+v", got, err, want)
		}
		logged(t, db, deferral, again, sent)
	}
	if got := fates(t, db, id); got != "1:a=delivered 1:b=unknown" {
		t.Error(got)
	}
}

// fateCase is what the verdict, the log and the hold say, and the fates of a and b.
type fateCase struct {
	action analyzer.Action
	state  ledger.State // of a hold that the test makes, "" for none
	lines  []ledger.LogLine
	want   string
}

// out is a line about a recipient.
func out(rcpt string, o ledger.Outcome) ledger.LogLine {
	return ledger.LogLine{QueueID: long, Recipient: rcpt + "@example.org", Outcome: o}
}

// all is a line about a whole mail.
func all(o ledger.Outcome) ledger.LogLine { return ledger.LogLine{QueueID: long, Outcome: o} }

var fateCases = map[string]fateCase{
	"nothing": {want: "1:a=unknown 1:b=unknown"},
	"both": {lines: []ledger.LogLine{out("a", ledger.OutcomeDelivered), out("b", ledger.OutcomeBounced)},
		want: "1:a=delivered 1:b=bounced"},
	"waiting": {lines: []ledger.LogLine{out("a", ledger.OutcomeDeferred)}, want: "1:a=deferred 1:b=unknown"},
	"given up": {lines: []ledger.LogLine{out("a", ledger.OutcomeDelivered), out("b", ledger.OutcomeDeferred),
		all(ledger.OutcomeExpired)}, want: "1:a=delivered 1:b=expired"},
	"deleted by hand": {lines: []ledger.LogLine{out("a", ledger.OutcomeDelivered), all(ledger.OutcomeDiscarded)},
		want: "1:a=delivered 1:b=discarded"},
	"held by hand": {lines: []ledger.LogLine{out("a", ledger.OutcomeDeferred), all(ledger.OutcomeHeld)},
		want: "1:a=held-by-postfix 1:b=held-by-postfix"},
	"taken by a filter": {lines: []ledger.LogLine{out("a", ledger.OutcomePassed), out("b", ledger.OutcomePassed),
		out("b", ledger.OutcomeBounced)}, want: "1:a=delivered 1:b=bounced"},
	"held behind a filter": {lines: []ledger.LogLine{out("a", ledger.OutcomePassed), all(ledger.OutcomeHeld)},
		want: "1:a=held-by-postfix 1:b=held-by-postfix"},
	"refused at its end": {lines: []ledger.LogLine{all(ledger.OutcomeRejected)}, want: "1:a=rejected 1:b=rejected"},
	"let go by hand": {lines: []ledger.LogLine{all(ledger.OutcomeHeld), all(ledger.OutcomeQueued)},
		want: "1:a=released 1:b=released"},
	"case of address": {lines: []ledger.LogLine{out("A", ledger.OutcomeDelivered)},
		want: "1:a=delivered 1:b=unknown"},
	"held":    {action: analyzer.Hold, want: "1:a=held 1:b=held"},
	"delayed": {action: analyzer.Delay, want: "1:a=delayed 1:b=delayed"},
	"recalled": {state: ledger.Held, lines: []ledger.LogLine{out("a", ledger.OutcomeDelivered),
		out("b", ledger.OutcomeDeferred)}, want: "1:a=delivered 1:b=recalled"},
	"recall asked for": {state: ledger.Recalling, lines: []ledger.LogLine{out("a", ledger.OutcomeDelivered),
		out("b", ledger.OutcomeDeferred)}, want: "1:a=delivered 1:b=deferred"},
	"recall too late": {state: ledger.Gone, lines: []ledger.LogLine{out("a", ledger.OutcomeDelivered),
		out("b", ledger.OutcomeDelivered)}, want: "1:a=delivered 1:b=delivered"},
	"recalled, being discarded": {state: ledger.Discarding, want: "1:a=recalled 1:b=recalled"},
	"being discarded":           {action: analyzer.Hold, state: ledger.Discarding, want: "1:a=held 1:b=held"},
	"discarded": {action: analyzer.Hold, state: ledger.Discarded,
		want: "1:a=discarded 1:b=discarded"},
	"recall discarded": {state: ledger.Discarded, lines: []ledger.LogLine{out("b", ledger.OutcomeDeferred)},
		want: "1:a=discarded 1:b=discarded"},
	"released": {action: analyzer.Hold, state: ledger.Released, want: "1:a=released 1:b=released"},
	"released, on its way": {action: analyzer.Hold, state: ledger.Released,
		lines: []ledger.LogLine{out("a", ledger.OutcomeDelivered), out("b", ledger.OutcomeDeferred)},
		want:  "1:a=delivered 1:b=deferred"},
	"gone": {action: analyzer.Hold, state: ledger.Vanished, want: "1:a=unknown 1:b=unknown"},
}

// What the log and the hold say together, in every state that matters.
func TestFates(t *testing.T) {
	for name, c := range fateCases {
		t.Run(name, func(t *testing.T) {
			db, _ := clocked(t)
			action := c.action
			if action == "" {
				action = analyzer.Pass
			}
			id := mailed(t, db, long, action, noon)
			switch {
			case c.state != "" && action == analyzer.Pass:
				raw(t, db.path, fmt.Sprintf(`INSERT INTO hold (journal, state, due, decided, recalled)
					VALUES (1, '%s', 0, %d, 1)`, c.state, noon.Unix()))
			case c.state != "":
				raw(t, db.path, fmt.Sprintf(`UPDATE hold SET state = '%s', decided = %d`, c.state,
					noon.Unix()))
			}
			logged(t, db, c.lines...)
			if got := fates(t, db, id); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A mail to an alias is told of once per mailbox, and somebody got it when one did.
func TestAliasExpansion(t *testing.T) {
	db, _ := clocked(t)
	id := mailed(t, db, long, analyzer.Pass, noon)
	logged(t, db,
		ledger.LogLine{QueueID: long, Recipient: "x@example.org", Original: "a@example.org",
			Outcome: ledger.OutcomeBounced},
		ledger.LogLine{QueueID: long, Recipient: "y@example.org", Original: "a@example.org",
			Outcome: ledger.OutcomeDelivered})
	if got := fates(t, db, id); got != "1:a=delivered 1:b=unknown" {
		t.Error(got)
	}
	if got, err := db.Deliveries(t.Context(), id); err != nil || len(got) != 2 {
		t.Errorf("%d deliveries, %v; want one per mailbox", len(got), err)
	}
}

func TestQueueIDs(t *testing.T) {
	const short = "3F1A22B0C5"
	line := func(id string, o ledger.Outcome, after time.Duration) ledger.LogLine {
		return ledger.LogLine{QueueID: id, Recipient: "a@example.org", Outcome: o, At: noon.Add(after)}
	}
	gone := func(after time.Duration) ledger.LogLine {
		return ledger.LogLine{Event: ledger.LogGone, QueueID: short, At: noon.Add(after)}
	}
	db, _ := clocked(t)
	first := mailed(t, db, short, analyzer.Pass, noon)
	kept := logged(t, db, line(short, ledger.OutcomeDelivered, time.Second), gone(2*time.Second),
		line(short, ledger.OutcomeBounced, time.Minute), // mail that never passed the milter
		line("4Cthr000000z1", ledger.OutcomeBounced, time.Minute))
	if kept != (ledger.LogKept{Lines: 2, Strange: 2}) {
		t.Errorf("kept %+v", kept)
	}
	second := mailed(t, db, short, analyzer.Pass, noon.Add(2*time.Minute))
	logged(t, db, line(short, ledger.OutcomeDeferred, 3*time.Minute))
	if got := fates(t, db, first, second); got !=
		"1:a=delivered 1:b=unknown 2:a=deferred 2:b=unknown" {
		t.Error(got)
	}
	// postsuper -r gives a mail another queue id.
	third := mailed(t, db, long, analyzer.Pass, noon)
	logged(t, db, ledger.LogLine{Event: ledger.LogRequeued, QueueID: long, Next: "4Cnxt000000z2"},
		line("4Cnxt000000z2", ledger.OutcomeDelivered, time.Hour))
	if got := fates(t, db, third); got != "3:a=delivered 3:b=unknown" {
		t.Error(got)
	}
	// Another record's id stays that record's; the mail that went on under it shares its end, as
	// one that was judged again behind a content filter.
	logged(t, db, ledger.LogLine{Event: ledger.LogRequeued, QueueID: short, Next: long, At: noon.Add(time.Hour)},
		ledger.LogLine{QueueID: long, Recipient: "b@example.org", Outcome: ledger.OutcomeBounced})
	if got := fates(t, db, second, third); got !=
		"2:a=deferred 2:b=bounced 3:a=delivered 3:b=bounced" {
		t.Error(got)
	}
	// Another host's mail of the same id is another mail.
	other, err := db.KeepLog(t.Context(), &ledger.LogBatch{Host: "mx2.example.jp",
		Lines: []ledger.LogLine{{Event: ledger.LogOutcome, QueueID: long, Recipient: "b@example.org",
			Outcome: ledger.OutcomeBounced, At: noon}}})
	if err != nil || other.Strange != 1 {
		t.Errorf("kept %+v, %v", other, err)
	}
}

// A batch and its position are kept both or not at all.
func TestPositionGoesWithTheLines(t *testing.T) {
	db, _ := clocked(t)
	id := mailed(t, db, long, analyzer.Pass, noon)
	batch := ledger.LogBatch{
		Lines: []ledger.LogLine{
			{Event: ledger.LogOutcome, QueueID: long, Recipient: "a@example.org", Outcome: ledger.OutcomeDelivered,
				At: noon}},
		Position: ledger.LogPosition{Source: "/l", Head: "first", Device: 1<<64 - 1, Inode: 7, Offset: 90},
	}
	mend := failInserts(t, db, "log_position", "disk full")
	if _, err := db.KeepLog(t.Context(), &batch); err == nil {
		t.Fatal("no error from a full disk")
	}
	if got, _ := db.Deliveries(t.Context(), id); len(got) != 0 {
		t.Errorf("lines without their position: %+v", got)
	}
	mend()
	if _, err := db.KeepLog(t.Context(), &batch); err != nil {
		t.Fatal(err)
	}
	batch.Position.Offset = 120
	if _, err := db.KeepLog(t.Context(), &batch); err != nil {
		t.Fatal(err)
	}
	want := batch.Position
	want.At = noon
	got, err := db.LogPositions(t.Context(), "/l", "")
	if err != nil || !slices.Equal(got, []ledger.LogPosition{want}) {
		t.Errorf("positions %+v, %v; want %+v", got, err, want)
	}
	if got, _ := db.LogPositions(t.Context(), "", "other"); len(got) != 0 {
		t.Errorf("positions of another file: %+v", got)
	}
}

// Mail that a content filter gave back and that was judged twice is one mail: what is said of it
// under the second queue id is said of both records.
func TestMailJudgedTwice(t *testing.T) {
	for outcome, want := range map[ledger.Outcome]ledger.Fate{ledger.OutcomeBounced: ledger.FateBounced,
		ledger.OutcomeHeld: ledger.FateHeldByPostfix, ledger.OutcomeDelivered: ledger.FateDelivered} {
		db, _ := clocked(t)
		const next = "4Cnxt000000z2"
		first := mailed(t, db, long, analyzer.Pass, noon)
		second := mailed(t, db, next, analyzer.Pass, noon)
		logged(t, db, ledger.LogLine{QueueID: long, Recipient: "a@example.org", Outcome: ledger.OutcomePassed},
			ledger.LogLine{Event: ledger.LogRequeued, QueueID: long, Next: next},
			ledger.LogLine{QueueID: next, Outcome: outcome})
		fates, err := db.Fates(t.Context(), first, second)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fates {
			if f.Fate != want {
				t.Errorf("%s under the second queue id: record %d has %s", outcome, f.Journal, f.Fate)
			}
		}
	}
}

func TestPurgeTakesTheLogAlong(t *testing.T) {
	db, now := clocked(t)
	old := mailed(t, db, long, analyzer.Pass, noon)
	logged(t, db, ledger.LogLine{QueueID: long, Recipient: "a@example.org", Outcome: ledger.OutcomeDelivered},
		ledger.LogLine{Event: ledger.LogRequeued, QueueID: long, Next: "4Cnxt000000z2"})
	attempt(t, db, "c@example.jp", analyzer.LoginSuccess, "192.0.2.1", noon, false)
	keep(t, db, record("d@example.jp", analyzer.Hold)) // opens an incident
	attempt(t, db, "d@example.jp", analyzer.LoginFailure, "192.0.2.1", noon, true)
	*now = noon.Add(3 * day)
	if _, err := db.KeepLog(t.Context(), &ledger.LogBatch{
		Position: ledger.LogPosition{Source: "/var/log/mail.log", Head: "newer"}}); err != nil {
		t.Fatal(err)
	}
	p, err := db.Purge(t.Context(), *now, 2*day)
	if err != nil || p.Mails != 1 || p.Logins != 1 {
		t.Errorf("purged %+v, %v", p, err)
	}
	if got, err := db.Deliveries(t.Context(), old); err != nil || len(got) != 0 {
		t.Errorf("deliveries of a purged mail: %+v, %v", got, err)
	}
	if got, _ := db.LogPositions(t.Context(), "", ""); len(got) != 1 || got[0].Head != "newer" {
		t.Errorf("positions %+v", got)
	}
	if got, _ := db.Logins(t.Context(), "d@example.jp", noon, *now); len(got) != 1 {
		t.Errorf("an open incident lost its logins: %+v", got)
	}
}

// The agent is given the id under which a mail goes on, not that of another host's mail, and not
// one under which it was judged again.
func TestQueuedNamesTheCurrentID(t *testing.T) {
	db, _ := clocked(t)
	const own, second, third, again = "4Cabc123XYz4Q", "4Cabc124XYz4Q", "4Cabc125XYz4Q", "4Cabc126XYz4Q"
	mailed(t, db, own, analyzer.Hold, noon)
	queueID := func() string {
		list, err := db.Queued(t.Context(), "mx.example.jp")
		if err != nil || len(list) == 0 {
			t.Fatal(list, err)
		}
		return list[0].QueueID
	}
	if id := queueID(); id != own {
		t.Errorf("at first it is %s", id)
	}
	for _, l := range []ledger.LogLine{{QueueID: own, Next: second}, {QueueID: second, Next: third}} {
		l.Event, l.At = ledger.LogRequeued, noon.Add(time.Minute)
		if l.Next == third {
			l.At = noon.Add(time.Hour)
		}
		logged(t, db, l)
		if id := queueID(); id != l.Next {
			t.Errorf("it went on as %s, and is given as %s", l.Next, id)
		}
	}
	mailed(t, db, again, analyzer.Pass, noon.Add(2*time.Hour))
	logged(t, db, ledger.LogLine{Event: ledger.LogRequeued, QueueID: third, Next: again, At: noon.Add(2 * time.Hour)})
	if id := queueID(); id == again {
		t.Error("a mail that was judged again has two holds of one id")
	}
}
