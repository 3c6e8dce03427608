package store

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// Two texts that are nearly the same, and one that is not.
const (
	lureText  = 0x0f0f0f0f0f0f0f0f
	lureAgain = lureText ^ 0b1011
	otherText = ^uint64(lureText)
)

// mailOf is a record with its text and unknown links.
func mailOf(sender string, action analyzer.Action, text uint64,
	links ...baseline.Key) *analyzer.Record {
	r := record(sender, action)
	r.Observation.SimHash, r.Observation.Marks = text, links
	return r
}

// states lists an incident's holds as "journal:state".
func states(t *testing.T, db *DB) []string {
	t.Helper()
	var out []string
	for _, h := range holds(t, db, ledger.HoldFilter{}) {
		out = append(out, fmt.Sprintf("%d:%s", h.Record.ID, h.State))
	}
	return out
}

func TestRecall(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	old := mailOf("b@example.jp", analyzer.Pass, lureText, 7)
	old.Envelope.Time = noon.Add(-ledger.RecallSpan - time.Hour)
	keep(t, db, old)                                                    // 1: cannot be queued any more
	keep(t, db, mailOf("b@example.jp", analyzer.Pass, lureAgain))       // 2: same text
	keep(t, db, mailOf("b@example.jp", analyzer.Pass, otherText, 8))    // 3: his own business
	keep(t, db, mailOf("c@example.jp", analyzer.Pass, otherText, 5, 7)) // 4: same link, another sender
	keep(t, db, mailOf("c@example.jp", analyzer.Pass, lureText, 9))     // 5: others' texts say nothing
	late := mailOf("d@example.jp", analyzer.Delay, otherText, 7)
	late.Due = noon.Add(time.Minute)
	keep(t, db, late)                                         // 6: waits
	timed := mailOf("b@example.jp", analyzer.Delay, lureText) // 7: left by its timer
	mine := mailOf("b@example.jp", analyzer.Delay, lureAgain) // 8: let go by a person
	keep(t, db, timed)
	keep(t, db, mine)
	for id, by := range map[int64]string{2: "", 3: "alice"} {
		if by == "" {
			if ok, err := done1(db.EndDelay(ctx, id)); err != nil || !ok {
				t.Fatal(ok, err)
			}
		} else if ok, err := db.Decide(ctx, id, ledger.Releasing, by, ""); err != nil || !ok {
			t.Fatal(ok, err)
		}
		if err := db.Finish(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := db.Recall(ctx, *now); err != nil || n != 0 {
		t.Fatalf("without an incident %d recalled, %v", n, err)
	}
	until := analyzer.Override{Action: analyzer.Pass, Until: noon.Add(time.Hour), By: "a", Reason: "r"}
	if err := db.SetOverride(ctx, "sender:e@example.jp", until); err != nil {
		t.Fatal(err)
	}
	keep(t, db, mailOf("e@example.jp", analyzer.Pass, otherText, 7)) // 9: an admin lets it go
	keep(t, db, mailOf("b@example.jp", analyzer.Hold, lureText, 7))  // 10: the incident
	for _, want := range []int{4, 0, 0} {
		if n, err := db.Recall(ctx, *now); err != nil || n != want {
			t.Fatalf("%d recalled, %v; want %d", n, err, want)
		}
	}
	want := []string{"6:held", "7:recalling", "8:released", "10:held", "2:recalling", "4:recalling"}
	got := states(t, db)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("after the recall %q, want %q", got, want)
	}
	for _, h := range holds(t, db, ledger.HoldFilter{Incident: 1}) {
		if h.Record.Learned {
			t.Errorf("mail %d is still learned", h.Record.ID)
		}
	}
	due, err := dueHolds(ctx, db, *now)
	if err != nil || len(due) != 3 {
		t.Errorf("%d due, %v; want the three recalls", len(due), err)
	}
}

// What the agent finds decides between held and gone; the incident's end overtakes it.
func TestRecallEnds(t *testing.T) {
	for name, c := range map[string]struct {
		end  ledger.Ending
		held ledger.State // of the mail that was found in the queue
		// learned says whether the found and the missed mail are in the profiles in the end.
		found, missed bool
	}{
		"open":      {ledger.Ending{}, ledger.Held, false, false},
		"confirmed": {ledger.Ending{To: ledger.IncidentConfirmed}, ledger.Held, false, false}, // others' mail
		"kept":      {ledger.Ending{To: ledger.IncidentConfirmed, Keep: true}, ledger.Held, false, false},
		"dismissed": {ledger.Ending{To: ledger.IncidentDismissed}, ledger.Releasing, true, true},
	} {
		for _, before := range []bool{true, false} { // the end comes before or after the agent
			db, now := clocked(t)
			ctx := t.Context()
			keep(t, db, mailOf("c@example.jp", analyzer.Pass, 0, 7))
			keep(t, db, mailOf("d@example.jp", analyzer.Pass, 0, 7))
			keep(t, db, mailOf("b@example.jp", analyzer.Hold, 0, 7))
			if _, err := db.Recall(ctx, *now); err != nil {
				t.Fatal(err)
			}
			end := func() {
				if c.end.To == "" {
					return
				}
				if _, ok, err := db.EndIncident(ctx, 1, c.end); err != nil || !ok {
					t.Fatalf("%s: %v %v", name, ok, err)
				}
			}
			if before {
				end()
			}
			if err := db.Finish(ctx, 2); err != nil {
				t.Fatal(err)
			}
			if ok, err := done1(db.Vanish(ctx, 3)); err != nil || !ok {
				t.Fatalf("%s: vanish %v %v", name, ok, err)
			}
			if !before {
				end()
			}
			list := holds(t, db, ledger.HoldFilter{IDs: []int64{2, 3}})
			if list[0].State != c.held || list[1].State != ledger.Gone {
				t.Errorf("%s: %s and %s, want %s and gone", name, list[0].State, list[1].State, c.held)
			}
			if err := db.Finish(ctx, 2); err != nil {
				t.Fatal(err)
			}
			list = holds(t, db, ledger.HoldFilter{IDs: []int64{2, 3}})
			if list[0].Record.Learned != c.found || list[1].Record.Learned != c.missed {
				t.Errorf("%s: learned %v and %v", name, list[0].Record.Learned, list[1].Record.Learned)
			}
			db.Close()
		}
	}
}

// The profiles after a confirmation are those of a run without the attack, also those of
// a second account whose mail passed.
func TestConfirmedAttackLeavesNoTrace(t *testing.T) {
	clean, _ := clocked(t)
	db, now := clocked(t)
	ctx := t.Context()
	for _, d := range []*DB{clean, db} {
		keep(t, d, record("b@example.jp", analyzer.Pass))
		keep(t, d, record("c@example.jp", analyzer.Pass))
	}
	*now = noon.Add(time.Hour)
	for i, sender := range []string{"b@example.jp", "c@example.jp", "b@example.jp"} {
		r := mailOf(sender, analyzer.Pass, 0, 7)
		if i == 2 {
			r = mailOf(sender, analyzer.Hold, 0, 7)
		}
		r.Envelope.Time = *now
		keep(t, db, r)
	}
	if n, err := db.Recall(ctx, *now); err != nil || n != 2 {
		t.Fatalf("%d recalled, %v", n, err)
	}
	if _, ok, err := db.EndIncident(ctx, 1, ledger.Ending{To: ledger.IncidentConfirmed}); err != nil || !ok {
		t.Fatal(ok, err)
	}
	for _, sender := range []string{"b@example.jp", "c@example.jp", ""} {
		want, _ := encoded(t, clean, sender)
		if got, _ := encoded(t, db, sender); !bytes.Equal(got, want) {
			t.Errorf("the profile of %q is not the one without the attack", sender)
		}
	}
}

func TestCases(t *testing.T) {
	db, now := clocked(t)
	cases := func() (list []int64) {
		found, err := db.FindIncidents(t.Context(), ledger.IncidentFilter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range found {
			list = append(list, i.Case)
		}
		return list
	}
	expect := func(what string, want ...int64) {
		t.Helper()
		if got := cases(); !slices.Equal(got, want) {
			t.Errorf("%s: cases %v, want %v", what, got, want)
		}
	}
	keep(t, db, mailOf("a@example.jp", analyzer.Hold, 0, 1))
	keep(t, db, mailOf("b@example.jp", analyzer.Hold, otherText, 2))
	expect("two links", 1, 2)
	keep(t, db, mailOf("c@example.jp", analyzer.Hold, lureText, 1))
	expect("the same link", 1, 2, 1)
	keep(t, db, mailOf("d@example.jp", analyzer.Hold, lureAgain, 9))
	expect("the same text", 1, 2, 1, 1)
	keep(t, db, mailOf("b@example.jp", analyzer.Hold, 0, 9))
	expect("a mail that ties two cases", 1, 1, 1, 1)
	if _, ok, err := db.EndIncident(t.Context(), 1, ledger.Ending{To: ledger.IncidentDismissed}); !ok {
		t.Fatal(err)
	}
	keep(t, db, mailOf("e@example.jp", analyzer.Hold, 0, 1))
	expect("c is open still", 1, 1, 1, 1, 1)
	for id := range int64(5) {
		if _, _, err := db.EndIncident(t.Context(), id+1, ledger.Ending{To: ledger.IncidentConfirmed}); err != nil {
			t.Fatal(err)
		}
	}
	r := mailOf("f@example.jp", analyzer.Hold, 0, 1)
	r.Envelope.Time = noon.Add(ledger.CaseSpan + time.Hour)
	*now = r.Envelope.Time
	keep(t, db, r)
	expect("a month later", 1, 1, 1, 1, 1, 6)
	mates, err := db.FindIncidents(t.Context(), ledger.IncidentFilter{Case: 1})
	if err != nil || len(mates) != 5 {
		t.Errorf("%d incidents in the case, %v", len(mates), err)
	}
	if mates[0].States[ledger.Releasing] != 1 || mates[1].Holds != 2 || mates[1].States[ledger.Discarding] != 2 {
		t.Errorf("states %v and %v", mates[0].States, mates[1].States)
	}
}

// Opening an older store gives its incidents their case; marks come with new mail.
func TestUpgradedIncidentJoinsACase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	oldStore(t, path)
	db := open(t, path)
	keep(t, db, mailOf("b@example.jp", analyzer.Hold, 0, 7))
	keep(t, db, mailOf("c@example.jp", analyzer.Hold, 0, 7))
	list, err := db.FindIncidents(t.Context(), ledger.IncidentFilter{})
	if err != nil || len(list) != 2 || list[0].Case != 3 || list[1].Case != 3 {
		t.Errorf("incidents %+v, %v; want both in case 3", list, err)
	}
}

// While a rule holds all mail of a sender, the owner's own is held too: what is ordinary
// in it recalls nobody's mail and joins no case.
func TestMailHeldByARuleRecallsLittle(t *testing.T) {
	for name, c := range map[string]struct {
		cause    string
		points   float64
		evidence analyzer.Signal
		want     int
	}{
		"judged":          {"mail", 9, "", 1},
		"rule, ordinary":  {"rule", 1, "", 0},
		"habit, ordinary": {"habit", 1, "", 0},
		"rule, unusual":   {"rule", 4, "", 1},
		"blocked link":    {"rule", 0, "url-blocked", 1},
	} {
		db, now := clocked(t)
		keep(t, db, mailOf("c@example.jp", analyzer.Pass, 0, 7))
		r := mailOf("b@example.jp", analyzer.Hold, 0, 7)
		r.Verdict.Cause, r.Verdict.Points = c.cause, c.points
		r.Verdict.Evidence = []analyzer.Evidence{{Signal: c.evidence}}
		keep(t, db, r)
		if n, err := db.Recall(t.Context(), *now); err != nil || n != c.want {
			t.Errorf("%s: %d recalled, %v; want %d", name, n, err, c.want)
		}
		keep(t, db, mailOf("d@example.jp", analyzer.Hold, 0, 7))
		list, err := db.FindIncidents(t.Context(), ledger.IncidentFilter{Case: 1})
		if err != nil || len(list) != 1+c.want {
			t.Errorf("%s: %d incidents in the case, %v; want %d", name, len(list), err, 1+c.want)
		}
		db.Close()
	}
}

// Forgetting the account of an incident leaves a colleague's recalled mail as it is.
func TestForgetAfterARecall(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	keep(t, db, mailOf("c@example.jp", analyzer.Pass, 0, 7))
	keep(t, db, mailOf("b@example.jp", analyzer.Hold, 0, 7))
	if n, err := db.Recall(ctx, *now); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if err := db.Finish(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Decide(ctx, 1, ledger.Discarding, "a", ""); err != nil {
		t.Fatal(err)
	}
	if err := db.Finish(ctx, 1); err != nil {
		t.Fatal(err)
	}
	end := ledger.Ending{To: ledger.IncidentConfirmed, Keep: true}
	if _, ok, err := db.EndIncident(ctx, 1, end); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, err := db.Forget(ctx, "b@example.jp", "a", "asked"); err != nil {
		t.Fatal(err)
	}
	if got := states(t, db); !slices.Equal(got, []string{"1:held"}) {
		t.Errorf("after forgetting %q", got)
	}
	if list := holds(t, db, ledger.HoldFilter{}); list[0].Incident != 0 {
		t.Errorf("a hold of incident %d, which is forgotten", list[0].Incident)
	}
}
