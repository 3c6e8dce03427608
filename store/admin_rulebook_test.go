package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// What this process writes stands at once, what another one writes soon.
func TestRulesAreNeverStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	serve, admin := open(t, path), open(t, path)
	rule := func() bool {
		t.Helper()
		_, ok, err := serve.Override(t.Context(), "a@example.jp", analyzer.Account, noon)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	incident := func() bool {
		t.Helper()
		ok, _, err := serve.Incident(t.Context(), "a@example.jp")
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	logins := func() bool { return told(t, serve, "a@example.jp", noon, time.Time{}) != "" }
	if rule() || incident() || logins() {
		t.Fatal("a new store has rules, incidents or logins")
	}
	keep(t, serve, record("a@example.jp", analyzer.Hold))
	if !incident() {
		t.Error("the incident that the last mail opened is not known")
	}
	set := func(db *DB, until time.Time) {
		t.Helper()
		o := analyzer.Override{Action: analyzer.Pass, Until: until, By: "alice", Reason: "test"}
		if err := db.SetOverride(t.Context(), "sender:a@example.jp", o); err != nil {
			t.Fatal(err)
		}
	}
	set(serve, noon.Add(time.Hour))
	if !rule() {
		t.Error("the rule that was just set is not known")
	}
	done, err := admin.ClearOverride(t.Context(), "sender:a@example.jp", "alice", "test")
	if err != nil || !done {
		t.Fatalf("clear the rule: %t, %v", done, err)
	}
	for end := time.Now().Add(10 * time.Second); rule(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a rule that another process removed stands for ten seconds")
		}
	}
	attempt(t, admin, "a@example.jp", analyzer.LoginFailure, "192.0.2.1", noon, true)
	for end := time.Now().Add(10 * time.Second); !logins(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the first login that another process kept is not known for ten seconds")
		}
	}
}

// The book is changed in place: it must say what a book says that is read anew, after
// whatever another process did.
func TestTheBookFollows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	serve, admin := open(t, path), open(t, path)
	ctx := t.Context()
	end := func(id int64, to ledger.IncidentState) func() error {
		return func() error {
			_, _, err := admin.EndIncident(ctx, id, ledger.Ending{To: to, By: "a", Keep: true})
			return err
		}
	}
	hold := func(sender string) func() error {
		return func() error {
			keep(t, admin, record(sender, analyzer.Hold))
			return nil
		}
	}
	rule := func(subject string) func() error {
		return func() error {
			return admin.SetOverride(ctx, subject, analyzer.Override{Mode: analyzer.Observe,
				Until: time.Now().Add(time.Hour), By: "a", Reason: "r"})
		}
	}
	const who = "b@example.jp"
	for n, step := range []func() error{
		hold(who), hold("c@example.jp"), hold("d@example.jp"), end(1, ledger.IncidentDismissed),
		rule("sender:" + who), rule("class:account"), hold(who), end(4, ledger.IncidentConfirmed),
		func() error {
			if _, err := admin.Decide(ctx, 1, ledger.Releasing, "a", ""); err != nil {
				return err
			}
			return errors.Join(admin.Finish(ctx, 1), func() error {
				_, err := admin.Vanish(ctx, 4)
				return err
			}())
		},
		func() error { _, _, err := admin.ReopenIncident(ctx, 1, "a", "r"); return err },
		end(1, ledger.IncidentEnded),
		func() error { // opened and gone before serve looks
			keep(t, admin, record("e@example.jp", analyzer.Hold))
			if err := end(5, ledger.IncidentEnded)(); err != nil {
				return err
			}
			if _, err := admin.Vanish(ctx, 5); err != nil {
				return err
			}
			_, err := admin.Forget(ctx, "e@example.jp", "a", "asked")
			return err
		},
		func() error { _, err := admin.Forget(ctx, who, "a", "asked"); return err },
		func() error { _, err := admin.ClearOverride(ctx, "class:account", "a", "r"); return err },
	} {
		if err := step(); err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		serve.book.changed() // as after bookAge
		fresh := open(t, path)
		if got, want := bookOf(t, serve), bookOf(t, fresh); got != want {
			t.Errorf("step %d: the book says\n%swant\n%s", n, got, want)
		}
		fresh.Close()
	}
}

func bookOf(t *testing.T, db *DB) (text string) {
	t.Helper()
	if err := db.consult(t.Context(), func(b *rulebook) {
		text = fmt.Sprintf("%v\n%v\n%v\n", b.open, b.of, b.logs)
	}); err != nil {
		t.Fatal(err)
	}
	return text
}
