package store

import (
	"path/filepath"
	"testing"
	"time"

	"hisseki/analyzer"
)

// Past takes a short cut where nothing is to be folded in; it must tell what the long way
// tells.
func TestPast(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	ctx := t.Context()
	past := func(sender string, mails, recent int, last int64) {
		t.Helper()
		got, err := db.Past(ctx, sender, noon)
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
			err = db.SaveProfiles(ctx, analyzer.Saved{Sender: sender, Profile: p, Last: last})
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
	past("", 3, 3, 3)
}
