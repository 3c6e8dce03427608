package analyzer_test

import (
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/store"
)

// Settled profiles are saved as such, those of senders in memory and of those who are read
// later.
func TestSettledProfilesAreSaved(t *testing.T) {
	db, ctx := known(t), t.Context()
	a := enforcing(db)
	mail := func(who string) {
		t.Helper()
		at := attackDay.Add(9 * time.Hour)
		m := letter(who, at, "192.0.2.10", "p1@partner1.example.org", honest)
		if _, err := a.Judge(ctx, m, analyzer.Conditions{}); err != nil {
			t.Fatal(err)
		}
	}
	mail("a@example.jp")
	now := time.Now().Add(2 * time.Hour) // lessons of the last hour stay
	purged, err := db.Purge(ctx, now, now.Sub(attackDay.AddDate(0, 0, -30)))
	if err != nil || purged.Mails == 0 {
		t.Fatal(purged, err)
	}
	before := baseline.SlotOf(purged.Oldest)
	if from := attackDay.AddDate(0, 0, -30); purged.Oldest.Before(from) || purged.Oldest.After(from.Add(4*time.Hour)) {
		t.Errorf("the oldest mail is of %v", purged.Oldest)
	}
	if err := a.Settle(ctx, purged.Oldest); err != nil {
		t.Fatal(err)
	}
	mail("b@example.jp") // read from the store now
	if err := a.Save(ctx); err != nil {
		t.Fatal(err)
	}
	for sender, settled := range map[string]bool{"": true, "a@example.jp": true, "b@example.jp": true,
		"c@example.jp": false} { // who did not write
		if got := !profileOf(t, db, sender).Settle(before, baseline.KeepOldShared); got != settled {
			t.Errorf("the profile of %q is settled: %t", sender, got)
		}
	}
}

func profileOf(t *testing.T, db *store.DB, sender string) *baseline.Profile {
	t.Helper()
	p, _, err := db.Profile(t.Context(), sender)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
