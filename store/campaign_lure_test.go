package store

import (
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// siteKey is the key of a site: that of a mail whose evidence names it.
func siteKey(t *testing.T, db *DB, host string) baseline.Key {
	t.Helper()
	salt, err := db.Salt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sites := analyzer.LureSites(salt, &analyzer.Record{URLs: []string{"https://" + host + "/"},
		Hosts: []string{host}, Verdict: analyzer.Verdict{Evidence: []analyzer.Evidence{
			{Signal: analyzer.URLUnknown, Points: 2, Observed: host}}}})
	if len(sites) != 1 || sites[0].Pattern != host {
		t.Fatalf("%s is %+v", host, sites)
	}
	return sites[0].Key
}

// linking is a mail with unknown links, of which the evidence names the first, and links
// that somebody knew.
func linking(t *testing.T, db *DB, sender string, action analyzer.Action, unknown []string,
	known ...string) *analyzer.Record {
	r := record(sender, action)
	r.Hosts, r.Verdict.Evidence, r.Observation.Marks = nil, nil, nil
	r.Observation.Keys[baseline.Site] = nil
	for i, host := range append(slices.Clone(unknown), known...) {
		key := siteKey(t, db, host)
		r.Hosts, r.URLs = append(r.Hosts, host), append(r.URLs, "https://www."+host+"/d/1?id=2")
		r.Observation.Keys[baseline.Site] = append(r.Observation.Keys[baseline.Site], key)
		if i < len(unknown) {
			r.Observation.Marks = append(r.Observation.Marks, key)
		}
		if i == 0 && len(unknown) > 0 {
			r.Verdict.Evidence = []analyzer.Evidence{{Signal: analyzer.URLUnknown, Points: 2, Observed: host}}
		}
	}
	slices.Sort(r.Observation.Keys[baseline.Site])
	return r
}

// An attacker puts a colleague's fresh link and the organisation's own sites before and
// beside his lure; the lure is what has to be suggested first, and what is known never.
func TestLuresAreRanked(t *testing.T) {
	const b, c = "b@example.jp", "c@example.jp"
	db, now := clocked(t)
	ctx := t.Context()
	old := linking(t, db, c, analyzer.Pass, nil, "partner.example.org")
	old.Envelope.Time, old.Observation.At = noon.AddDate(0, 0, -3), noon.AddDate(0, 0, -3)
	keep(t, db, old)
	keep(t, db, linking(t, db, c, analyzer.Pass, []string{"aaa-fresh.example.org"}))
	for i := range 4 {
		unknown := []string{"aaa-fresh.example.org", "lure.example.org"}
		if i == 0 {
			unknown = append(unknown, "aab-once.example.org")
		}
		keep(t, db, linking(t, db, b, analyzer.Hold, unknown, "partner.example.org"))
	}
	let := linking(t, db, b, analyzer.Hold, []string{"let-go.example.org"})
	keep(t, db, let)
	if _, err := db.DecideHolds(ctx, []int64{5}, ledger.Decision{To: ledger.Releasing, By: "a"}); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Recall(ctx, *now); err != nil || n != 1 { // the colleague's mail
		t.Fatalf("%d recalled, %v", n, err)
	}
	got, err := db.Lures(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, l := range got {
		order = append(order, l.Pattern)
	}
	want := []string{"lure.example.org", "aab-once.example.org", "aaa-fresh.example.org"}
	if !slices.Equal(order, want) {
		t.Fatalf("%q, want %q", order, want)
	}
	if got[0].Mails != 4 || got[0].Elsewhere || !got[2].Elsewhere {
		t.Errorf("%+v", got)
	}
	if scope, err := db.Scope(ctx, 1); err != nil || !slices.Equal(scope.Lures, got) {
		t.Errorf("of the scope %+v, %v", scope.Lures, err)
	}
	// What the organisation knows for a day by now is not suggested any more.
	known := linking(t, db, c, analyzer.Pass, nil, "lure.example.org")
	known.Observation.To = 3 // to two circles of people, or it were not earned
	keep(t, db, known)
	*now = now.Add(50 * time.Hour)
	if got, err = db.Lures(ctx, 1); err != nil || slices.ContainsFunc(got, func(l ledger.Lure) bool {
		return l.Pattern == "lure.example.org"
	}) {
		t.Errorf("%+v, %v", got, err)
	}
}
