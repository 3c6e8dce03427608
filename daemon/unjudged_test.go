package daemon

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
	"hisseki/milter"
	"hisseki/store"
)

// full is a store that takes nothing while its disk is full.
type full struct {
	*store.DB
	err error
}

func (f *full) Begin(ctx context.Context, r *analyzer.Record) analyzer.Pending {
	if f.err != nil {
		return func() (analyzer.Recorded, error) { return analyzer.Recorded{}, f.err }
	}
	return f.DB.Begin(ctx, r)
}

func TestUnjudgedMailIsKept(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	f := &full{DB: db, err: errors.New("disk is full")}
	k := &unjudged{db: f}
	mail := func(action analyzer.Action) *milter.Unjudged {
		return &milter.Unjudged{Reason: "no verdict", Action: action, Bytes: 7, Read: func() {},
			Envelope: analyzer.Envelope{Time: time.Now(), Host: "mx.example.org", QueueID: "4Cabc123XYz",
				Sender: "bob@example.org", Class: analyzer.Account,
				Recipients: []string{"x@partner.test", "y@partner.test"}}}
	}
	if err := k.keep(t.Context(), mail(analyzer.Pass)); err == nil {
		t.Error("a full disk took a record")
	}
	if err := k.retry(t.Context()); err == nil {
		t.Error("nothing is said of mail that waits")
	}
	if err := k.retry(t.Context()); err != nil {
		t.Errorf("it is said again: %v", err)
	}
	f.err = nil
	if err := errors.Join(k.retry(t.Context()), k.keep(t.Context(), mail(analyzer.Hold))); err != nil {
		t.Fatal(err)
	}
	s, err := db.Status(t.Context(), time.Now().Add(-time.Hour))
	if err != nil || s.Would[analyzer.Unjudged] != 2 || s.Did[analyzer.Pass] != 1 ||
		s.Did[analyzer.Hold] != 1 || s.Holds[ledger.Held] != 1 || s.Incidents != 0 {
		t.Errorf("status %+v, %v", s, err)
	}
	holds, err := db.Queued(t.Context(), "mx.example.org")
	if err != nil || len(holds) != 1 || holds[0].State != ledger.Held {
		t.Errorf("what the failure action holds: %+v, %v", holds, err)
	}
}

// Mail that still waits for the store when serve ends is offered once more, and what stays out
// is said, also where it was said before.
func TestUnjudgedMailIsOfferedAtTheEnd(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	f := &full{DB: db, err: errors.New("disk is full")}
	k := &unjudged{db: f}
	u := &milter.Unjudged{Reason: "no verdict", Action: analyzer.Pass, Read: func() {}, Envelope: analyzer.Envelope{
		Time: time.Now(), Host: "mx.example.org", QueueID: "4Cabc123XYz", Sender: "bob@example.org",
		Class: analyzer.Account}}
	if err := k.keep(t.Context(), u); err == nil {
		t.Error("a full disk took a record")
	}
	for range 2 {
		if k.retry(t.Context()); len(k.later) != 1 {
			t.Fatalf("%d mails wait, want 1", len(k.later))
		}
		err := k.last(t.Context())
		if err == nil || err.Error() !=
			`mails that only this log names: 1, look for "mail not judged": disk is full` {
			t.Errorf("of mail that is not recorded it says: %v", err)
		}
	}
	f.err = nil
	if err := k.last(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := db.Status(t.Context(), time.Now().Add(-time.Hour))
	if err != nil || s.Would[analyzer.Unjudged] != 1 {
		t.Errorf("status %+v, %v", s, err)
	}
}

// Mail that there was no room for is counted among what stays out at the end.
func TestUnjudgedMailWithoutRoomIsCounted(t *testing.T) {
	k := &unjudged{db: &full{err: errors.New("disk is full")}}
	for range maxLater + 3 {
		k.postpone(&analyzer.Record{})
	}
	err := k.last(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "mails that only this log names: 2003,") {
		t.Errorf("it says: %v", err)
	}
}
