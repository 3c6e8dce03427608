package main

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// TestLateVerdict: a lure that Postfix had to be answered about without a verdict, as the store took no
// record, has passed. It is judged afterwards from what was kept, is found in the queue, where it
// waits for another try, put on hold and deleted as a reviewer says; the mail of somebody else's that
// passed with it is judged too, and goes on.
func TestLateVerdict(t *testing.T) {
	t.Parallel()
	r := &recalling{site: newSite(t, siteOptions{delay: 5, hold: 8, delayFor: time.Hour})}
	past, ordinary, theft := plot()
	r.learn(past)
	r.startServe()
	r.startAgent()
	r.serve.says(0, "the agent is alive")
	db := r.store()
	lure, own := theft[0], ordinary[0]
	for i := range ordinary {
		if own = ordinary[i]; own.Login != lure.Login {
			break
		}
	}
	r.answer(&lure, "450 4.2.0 try later")
	r.answer(&own, "")

	sent := time.Now()
	end := r.lock()
	id := r.send(&lure)
	r.send(&own)
	r.arrives(&own, sent) // nobody waits for the store
	r.comes(id, "deferred")
	if n := strings.Count(r.serve.said(), unjudged); n != 2 {
		t.Errorf("%d mails were not judged, want 2:\n%s", n, r.serve.said())
	}
	end()

	r.comes(id, "hold")
	wait(t, "both verdicts", func() bool {
		s, err := db.Status(t.Context(), sent.Add(-time.Minute))
		return err == nil && s.Later == 0 && s.Would[analyzer.Unjudged] == 0
	})
	if n := strings.Count(r.serve.said(), "judged later"); n != 2 {
		t.Errorf("%d mails were judged later, want 2:\n%s", n, r.serve.said())
	}
	if n := r.journalSince(db, sent); n != 2 {
		t.Errorf("%d records of two mails", n)
	}
	wait(t, "the lure held", func() bool {
		held := r.holds(db, ledger.HoldFilter{Incident: 1})
		return len(held) == 1 && held[0].State == ledger.Held
	})
	r.answer(&lure, "")
	r.hisseki("incident", "confirm", "I1", "--yes", "--at-once", "--reason", "a test")
	r.comes(id, "")
	if len(r.Sink.To(lure.Recipients[0])) > 0 {
		t.Error("the lure arrived")
	}
}

// lock keeps everybody else from writing to the store until end.
func (s *site) lock() (end func()) {
	s.t.Helper()
	raw, err := sql.Open("sqlite3", "file:"+s.db+"?_txlock=immediate&_busy_timeout=60000")
	if err != nil {
		s.t.Fatal(err)
	}
	tx, err := raw.Begin()
	if err != nil {
		s.t.Fatal(err)
	}
	return func() {
		s.t.Helper()
		if err := tx.Rollback(); err != nil {
			s.t.Error(err)
		}
		if err := raw.Close(); err != nil {
			s.t.Error(err)
		}
	}
}
