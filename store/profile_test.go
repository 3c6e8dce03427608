package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// Past takes a short cut where nothing is to be folded in; it must say what the long way
// says.
func TestPast(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	ctx := t.Context()
	past := func(sender string, mails, recent int, last int64) {
		t.Helper()
		got, err := db.Past(ctx, sender, noon, 100)
		if err != nil {
			t.Fatal(err)
		}
		if got.Profile.Mails() != mails || len(got.Recent) != recent || got.Last != last {
			t.Errorf("%q: profile of %d mails, %d recent, lesson %d; want %d, %d and %d", sender,
				got.Profile.Mails(), len(got.Recent), got.Last, mails, recent, last)
		}
	}
	save := func(sender string) {
		t.Helper()
		p, last, err := db.Profile(ctx, sender)
		if err == nil {
			err = db.SaveProfiles(ctx, analyzer.NewSaved(sender, p, last))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	before := func(sender string) *analyzer.Record {
		r := record(sender, analyzer.Pass)
		r.Envelope.Time = noon.Add(-time.Second)
		return r
	}
	past("never@example.jp", 0, 0, 0)
	keep(t, db, before("a@example.jp")) // lesson 1
	past("a@example.jp", 1, 0, 1)       // to be folded in
	save("a@example.jp")
	keep(t, db, record("b@example.jp", analyzer.Pass)) // lesson 2
	past("a@example.jp", 1, 0, 1)                      // settled: of b's lesson it need not know
	past("b@example.jp", 1, 1, 2)
	save("b@example.jp")
	past("b@example.jp", 1, 1, 2)
	keep(t, db, record("a@example.jp", analyzer.Pass)) // lesson 3
	keep(t, db, record("b@example.jp", analyzer.Hold))
	past("a@example.jp", 2, 1, 3)
	past("b@example.jp", 1, 2, 2) // what is held teaches nothing, but is recent
	if p, last, err := db.Profile(ctx, ""); err != nil || p.Mails() != 3 || last != 3 {
		t.Errorf("the organisation: %d mails, lesson %d, %v; want 3 and 3", p.Mails(), last, err)
	}
}

// A past has the newest mails and no more than were asked for, in order of time.
func TestPastIsBounded(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	for _, minute := range []int{3, 1, 2, 9, 2} { // as a replay of old folders records them
		r := record("a@example.jp", analyzer.Pass)
		r.Envelope.Time, r.Observation.At = at(minute), at(minute)
		r.Observation.SimHash = uint64(minute)
		keep(t, db, r)
	}
	past, err := db.Past(t.Context(), "a@example.jp", at(2), 3)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, r := range past.Recent {
		ids = append(ids, r.ID)
		if r.Points != 9.5 || r.Would != analyzer.Pass || !r.Observation.At.Equal(
			at(int(r.Observation.SimHash))) {
			t.Errorf("recent is %+v", r)
		}
	}
	if want := []int64{5, 1, 4}; !slices.Equal(ids, want) || past.Folded != 5 {
		t.Errorf("recent are %v, want %v; %d folded", ids, want, past.Folded)
	}
}

func TestSightings(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	for i := range 6 {
		r := record(fmt.Sprintf("%c@example.jp", 'a'+i), analyzer.Pass)
		r.Observation.Marks = []baseline.Key{7, baseline.Key(100 + i)}
		r.Envelope.Time = noon.Add(-time.Duration(i) * time.Hour)
		keep(t, db, r)
	}
	got, err := db.Sightings(t.Context(), []baseline.Key{1, 7, 105}, 4)
	last := analyzer.Sighting{At: noon.Add(-5 * time.Hour), Sender: "f@example.jp",
		Would: analyzer.Pass}
	if err != nil || len(got) != 3 || len(got[0]) != 0 || len(got[1]) != 4 ||
		got[1][0].Sender != "c@example.jp" || got[1][3] != last ||
		!slices.Equal(got[2], []analyzer.Sighting{last}) {
		t.Errorf("sightings %v, %v", got, err)
	}
}

// A profile that was encoded before its sender was forgotten must not come back.
func TestForgottenProfileIsNotSaved(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	keep(t, db, record("a@example.jp", analyzer.Pass))
	p, last, err := db.Profile(t.Context(), "a@example.jp")
	if err != nil {
		t.Fatal(err)
	}
	stale := analyzer.NewSaved("a@example.jp", p, last)
	if _, err := db.Forget(t.Context(), "a@example.jp", "admin", "asked"); err != nil {
		t.Fatal(err)
	}
	if err := db.SaveProfiles(t.Context(), stale); err != nil {
		t.Fatal(err)
	}
	var n int
	err = db.read.QueryRow(`SELECT count(*) FROM profile WHERE sender = 'a@example.jp'`).Scan(&n)
	if err != nil || n != 0 {
		t.Errorf("%d profiles of a forgotten sender, %v", n, err)
	}
}

// Extents says of many profiles how much each holds: of saved ones, those with later lessons,
// those that were never saved, those of an older program, and none.
func TestExtents(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	ctx := t.Context()
	var names []string
	for n := range 50 {
		name := fmt.Sprintf("user%d@example.jp", n)
		names = append(names, name)
		if n%5 == 0 {
			continue // never wrote
		}
		keep(t, db, record(name, analyzer.Pass))
		if n%5 == 1 {
			continue // never saved
		}
		p, last, err := db.Profile(ctx, name)
		if err == nil {
			err = db.SaveProfiles(ctx, analyzer.NewSaved(name, p, last))
		}
		if err != nil {
			t.Fatal(err)
		}
		if n%5 == 2 {
			later := record(name, analyzer.Pass)
			later.Envelope.Recipients = []string{"new@example.net"}
			later.Observation.Keys[baseline.Recipient] = []baseline.Key{99}
			keep(t, db, later)
		}
	}
	if _, err := db.write.Exec(`UPDATE profile SET extent = '' WHERE sender LIKE 'user%4@%'`); err != nil {
		t.Fatal(err)
	}
	for behind := range 2 {
		got := make(map[string]*baseline.Extent)
		if err := db.Extents(ctx, names, behind, func(sender string, e *baseline.Extent) error {
			got[sender] = e
			return nil
		}); err != nil || len(got) != len(names) {
			t.Fatal(len(got), err)
		}
		for n, name := range names {
			p, _, err := db.Profile(ctx, name)
			if err != nil {
				t.Fatal(err)
			}
			want := p.Count(baseline.Recipient)
			if n%5 == 2 {
				want -= behind // the later mail's is left out
			}
			if e := got[name]; e.Mails() != p.Mails() || e.Count(baseline.Recipient) != want {
				t.Errorf("%d behind, %s: %d mails, %d recipients; want %d, %d", behind, name, e.Mails(),
					e.Count(baseline.Recipient), p.Mails(), want)
			}
		}
	}
	enough := errors.New("enough")
	if err := db.Extents(ctx, names, 0, func(string, *baseline.Extent) error {
		return enough
	}); !errors.Is(err, enough) {
		t.Errorf("the caller's error: %v", err)
	}
}

// What was forgotten since a profile was saved is not in its extent.
func TestExtentOfTheForgotten(t *testing.T) {
	for signs, want := range map[string]struct {
		sum, lessons int
		ok           bool
	}{"": {0, 0, true}, "1": {1, 1, true}, "1,1,-1": {1, 3, true}, "-1": {-1, 1, true}, "1,0,1": {0, 2, false}} {
		if sum, n, ok := sumOf(signs); sum != want.sum || n != want.lessons || ok != want.ok {
			t.Errorf("%q: %d of %d, %v", signs, sum, n, ok)
		}
	}
}
