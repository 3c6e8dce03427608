package store

import (
	"bytes"
	"testing"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

const application = "app:198.51.100.0/24|petra@example.jp"

// ofSites records ordinary mail with one site each.
func ofSites(t *testing.T, db *DB, sender string, class analyzer.Class, sites ...baseline.Key) {
	t.Helper()
	for _, site := range sites {
		r := record(sender, analyzer.Pass)
		r.Envelope.Class = class
		r.Observation.Keys[baseline.Site] = []baseline.Key{site}
		keep(t, db, r)
	}
}

func profileOf(t *testing.T, db *DB, sender string) *baseline.Profile {
	t.Helper()
	p, _, err := db.Profile(t.Context(), sender)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What an application taught becomes the account's, whether the account has a past or not, and
// the organisation does not notice.
func TestAdopt(t *testing.T) {
	for name, known := range map[string]bool{"an account without a past": false, "a known account": true} {
		db, _ := clocked(t)
		ctx := t.Context()
		want := 3
		if known {
			ofSites(t, db, account, analyzer.Account, 9)
			p, last, err := db.Profile(ctx, account)
			if err == nil {
				err = db.SaveProfiles(ctx, analyzer.NewSaved(account, p, last))
			}
			if err != nil {
				t.Fatal(err)
			}
			ofSites(t, db, account, analyzer.Account, 8)
			want = 5
		}
		ofSites(t, db, application, analyzer.Application, 1, 2, 3)
		ofSites(t, db, "b@example.jp", analyzer.Account, 4)
		org, _ := profileOf(t, db, "").MarshalBinary()
		n, err := db.AdoptSender(ctx, application, account, "root", "m365")
		if err != nil || n != 3 {
			t.Fatalf("%s: %d mails, %v", name, n, err)
		}
		p := profileOf(t, db, account)
		if p.Mails() != want || p.Count(baseline.Site) != want || profileOf(t, db, application).Mails() != 0 {
			t.Errorf("%s: learned from %d mails, %d sites", name, p.Mails(), p.Count(baseline.Site))
		}
		if now, _ := profileOf(t, db, "").MarshalBinary(); !bytes.Equal(org, now) {
			t.Errorf("%s: the organisation's profile changed", name)
		}
		// What a daemon has in memory of either is dropped, and not saved over it.
		if err := db.SaveProfiles(ctx, analyzer.NewSaved(application, &baseline.Profile{}, 3)); err != nil {
			t.Fatal(err)
		}
		list, err := db.Senders(ctx, ledger.SenderFilter{Class: analyzer.Account})
		if err != nil || len(list) != 2 || list[0].Name != account || list[0].Mails != want {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
		// Unlearning one of its mails is exact.
		ids, err := db.Recent(ctx, account, noon.AddDate(0, 0, -1))
		if err != nil || len(ids) != want {
			t.Fatalf("%s: %d records, %v", name, len(ids), err)
		}
		if n, err := db.AdoptSender(ctx, application, account, "root", ""); n != 0 || err != nil {
			t.Errorf("%s: again: %d, %v", name, n, err)
		}
	}
}

// Mail that is kept must be decided first.
func TestAdoptRefusesOpenQuestions(t *testing.T) {
	db, _ := clocked(t)
	held := record(application, analyzer.Hold)
	held.Envelope.Class = analyzer.Application
	keep(t, db, held)
	if _, err := db.AdoptSender(t.Context(), application, account, "root", ""); err == nil {
		t.Error("adopted with mail on hold")
	}
}
