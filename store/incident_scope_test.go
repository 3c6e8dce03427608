package store

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// from sets a mail's time, client and network; a new network is evidence.
func from(r *analyzer.Record, at time.Time, client string, fresh bool) *analyzer.Record {
	r.Envelope.Time, r.Observation.At = at, at
	r.Envelope.Client = netip.MustParseAddr(client)
	r.Observation.Keys[baseline.Network] = []baseline.Key{baseline.Key(r.Envelope.Client.As4()[0])}
	if fresh {
		r.Verdict.Evidence = append(r.Verdict.Evidence, analyzer.Evidence{Signal: "network-new"})
	}
	return r
}

const (
	home  = "10.0.0.1"
	thief = "203.0.113.9"
	who   = "b@example.jp"
)

// attacked keeps a month of one account and its end.
func attacked(t *testing.T, db *DB) {
	t.Helper()
	pass, hold := analyzer.Pass, analyzer.Hold
	for _, r := range []*analyzer.Record{
		from(mailOf(who, pass, lureText, 7), noon.Add(-suspectSpan-day), thief, true),   // 1
		from(mailOf(who, pass, otherText, 8), noon.Add(-20*day), home, false),           // 2
		from(mailOf(who, pass, 0, 7), noon.Add(-9*day), home, false),                    // 3 link
		from(mailOf(who, pass, lureAgain), noon.Add(-8*day), home, false),               // 4 text
		from(mailOf(who, pass, otherText), noon.Add(-time.Hour), thief, true),           // 5 network
		from(mailOf("c@example.jp", pass, lureText), noon.Add(-time.Hour), home, false), // 6
		from(mailOf("c@example.jp", pass, 0, 7), noon.Add(-time.Hour), home, false),     // 7 link
		from(mailOf("d@example.jp", pass, 0), noon.Add(-time.Hour), thief, false),       // 8 address
		from(mailOf(who, hold, lureText, 7), noon, thief, true),                         // 9
		from(mailOf(who, hold, otherText, 5), noon.Add(time.Minute), home, false),       // 10 released
		from(mailOf(who, pass, otherText, 5), noon.Add(time.Minute), home, false),       // 11 like 10
		from(mailOf(who, pass, lureText), noon.Add(time.Hour), home, false),             // 12 after it
	} {
		keep(t, db, r)
	}
	if ok, err := db.Decide(t.Context(), 2, ledger.Releasing, "alice", "mine"); err != nil || !ok {
		t.Fatal(ok, err)
	}
}

func TestSuspects(t *testing.T) {
	db, _ := clocked(t)
	attacked(t, db)
	s, err := db.Scope(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range s.Suspects {
		got = append(got, fmt.Sprintf("%d %v", x.Record.ID, x.Traits))
		if x.Points <= x.Record.Verdict.Points || len(x.Record.Envelope.Recipients) != 2 {
			t.Errorf("suspect %+v: %v points", x.Record, x.Points)
		}
	}
	want := []string{"3 [link]", "4 [text]", "5 [network]", "6 [text]", "7 [link]", "8 [network]",
		"12 [text]"}
	// 6 is another sender's mail with neither link nor address in common: it is not read.
	want = slices.Delete(want, 3, 4)
	if !slices.Equal(got, want) {
		t.Errorf("suspects %q, want %q", got, want)
	}
}

func TestScope(t *testing.T) {
	db, now := clocked(t)
	attacked(t, db)
	if _, err := db.Recall(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	attempt(t, db, who, analyzer.LoginFailure, thief, noon.Add(-2*time.Hour), true)
	attempt(t, db, who, analyzer.LoginFailure, thief, noon.Add(-guessSpan-day), true)
	attempt(t, db, who, analyzer.LoginSuccess, thief, noon.Add(-time.Hour), true)
	keep(t, db, from(mailOf("c@example.jp", analyzer.Hold, 0, 7), noon.Add(2*time.Hour), home, false))
	*now = noon.Add(3 * time.Hour)
	s, err := db.Scope(t.Context(), 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	var kept, suspects []int64
	for _, h := range s.Holds {
		kept = append(kept, h.Record.ID)
	}
	for _, x := range s.Suspects {
		suspects = append(suspects, x.Record.ID)
	}
	// 7 and 12 might still be queued and were asked back; 13 opened the second incident.
	if !slices.Equal(kept, []int64{7, 9, 10, 12, 13}) || !slices.Equal(suspects, []int64{3, 4, 5, 8}) {
		t.Errorf("mail %v and suspects %v", kept, suspects)
	}
	if len(s.Logins) != 2 || s.Logins[0].Result != analyzer.LoginFailure {
		t.Errorf("logins %+v", s.Logins)
	}
	if got := s.Usual[who]; !slices.Equal(got, []time.Time{noon.Add(-20 * day)}) {
		t.Errorf("usual mail at %v, want only what is not suspect", got)
	}
	for _, id := range append(kept, suspects...) {
		if len(s.Fates[id]) != 2 {
			t.Errorf("mail %d has %d fates", id, len(s.Fates[id]))
		}
	}
	if !s.At.Equal(*now) || len(s.Incidents) != 2 || s.Incidents[1].Case != 1 {
		t.Errorf("scope %+v", s.Incidents)
	}
	if _, err := db.Scope(t.Context(), 1, 3); !errors.Is(err, errNoIncident) {
		t.Errorf("a scope of nobody's incident: %v", err)
	}
}

// TestSuspectsOfAGateway: behind webmail that names nobody's address all mail comes from one
// client. Only the newest of it is looked at, however much there is.
func TestSuspectsOfAGateway(t *testing.T) {
	db, _ := clocked(t)
	attacked(t, db)
	if _, err := db.write.Exec(`WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
		INSERT INTO journal (at, host, queue_id, sender, class, mail_from, header_from, client, message_id,
			subject, bytes, action, would, points, sum, due, learned, observation, detail, evidence, simhash)
		SELECT at - 60 - n, host, 'q' || n, 'e' || n || '@example.jp', class, mail_from, header_from, client,
			message_id, subject, bytes, action, would, points, sum, due, learned, observation, detail, evidence,
			simhash
		FROM n, journal
		WHERE id = 8`, 2*wholeReach.ofClient); err != nil {
		t.Fatal(err)
	}
	s, err := db.Scope(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	others, nearest := 0, false
	for _, x := range s.Suspects {
		if x.Record.Envelope.Sender[0] == 'e' {
			others++
			nearest = nearest || x.Record.Envelope.Sender == "e1@example.jp"
		}
	}
	if others == 0 || others >= wholeReach.ofClient || !nearest {
		t.Errorf("%d of %d mails of a gateway are suspects; the newest: %t", others, 2*wholeReach.ofClient, nearest)
	}
}
