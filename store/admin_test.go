package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

func TestConfirmUnlearns(t *testing.T) {
	for end, want := range map[ledger.IncidentState]int{ledger.IncidentConfirmed: 1, ledger.IncidentDismissed: 3,
		ledger.IncidentEnded: 3} {
		db, now := clocked(t)
		ctx := t.Context()
		sender := "b@example.jp"
		old := record(sender, analyzer.Pass)
		old.Envelope.Time = noon.Add(-time.Hour)
		keep(t, db, old)
		clean, _ := encoded(t, db, sender)
		keep(t, db, record(sender, analyzer.Hold))
		keep(t, db, record(sender, analyzer.Pass)) // slipped through
		keep(t, db, record("c@example.jp", analyzer.Pass))
		if _, err := db.Decide(ctx, 1, ledger.Releasing, "b", "mine"); err != nil { // the thief's click
			t.Fatal(err)
		}
		if err := db.Finish(ctx, 1); err != nil {
			t.Fatal(err)
		}
		*now = noon.Add(time.Minute)
		if ok, err := closeIncident(ctx, db, 1, end, "alice", "phoned"); err != nil || !ok {
			t.Fatalf("%s: %v %v", end, ok, err)
		}
		if ok, _ := closeIncident(ctx, db, 1, ledger.IncidentDismissed, "bob", ""); ok {
			t.Errorf("%s: closed twice", end)
		}
		p, _, err := db.Profile(ctx, sender)
		if err != nil || p.Mails() != want {
			t.Errorf("%s: profile of %d mails, %v; want %d", end, p.Mails(), err, want)
		}
		if after, _ := encoded(t, db, sender); bytes.Equal(after, clean) != (want == 1) {
			t.Errorf("%s: the profile is the one before the incident: %v", end, want != 1)
		}
		if open, _, _ := db.Incident(ctx, sender); open {
			t.Errorf("%s: still open", end)
		}
		list, err := db.Incidents(ctx, sender)
		if err != nil || len(list) != 1 || list[0].State != end || list[0].By != "alice" ||
			list[0].Reason != "phoned" || !list[0].Closed.Equal(*now) {
			t.Errorf("%s: incidents %+v, %v", end, list, err)
		}
		db.Close()
	}
	db, _ := clocked(t)
	if _, err := closeIncident(t.Context(), db, 1, ledger.IncidentOpen, "a", ""); err == nil {
		t.Error("an incident was closed to open")
	}
}

func TestOverrides(t *testing.T) {
	db, _ := clocked(t)
	ctx := t.Context()
	friday := noon.Add(72 * time.Hour)
	pass := analyzer.Override{Action: analyzer.Pass, Until: friday, By: "alice", Reason: "mailing"}
	for subject, o := range map[string]analyzer.Override{
		"sender:b@example.jp": pass,
		"class:account":       {Mode: analyzer.Observe, Until: friday, By: "alice"},
	} {
		if err := db.SetOverride(ctx, subject, o); err != nil {
			t.Fatal(err)
		}
	}
	got, ok, err := db.Override(ctx, "b@example.jp", analyzer.Account, noon)
	if err != nil || !ok || got != pass {
		t.Errorf("the sender's rule is %+v %v %v", got, ok, err)
	}
	got, ok, _ = db.Override(ctx, "c@example.jp", analyzer.Account, noon)
	if !ok || got.Mode != analyzer.Observe {
		t.Errorf("the class's rule is %+v %v", got, ok)
	}
	if _, ok, _ = db.Override(ctx, "c@example.jp", analyzer.Null, noon); ok {
		t.Error("another class has a rule")
	}
	if _, ok, _ = db.Override(ctx, "b@example.jp", analyzer.Account, friday); ok {
		t.Error("the rule is valid after its end")
	}
	rules, err := db.Overrides(ctx, "", noon)
	if err != nil || len(rules) != 2 || rules[1].Subject != "sender:b@example.jp" ||
		!rules[1].Created.Equal(noon) {
		t.Errorf("rules %+v, %v", rules, err)
	}
	for _, want := range []bool{true, false} {
		ok, err := db.ClearOverride(ctx, "sender:b@example.jp", "bob", "done")
		if err != nil || ok != want {
			t.Errorf("clear: %v %v, want %v", ok, err, want)
		}
	}
	acts, err := db.AuditList(ctx, ledger.ActFilter{Since: noon})
	if err != nil || len(acts) != 3 || acts[0].Verb != "clear" || acts[0].Actor != "bob" {
		t.Errorf("audit %+v, %v", acts, err)
	}
	for subject, o := range map[string]analyzer.Override{
		"b@example.jp": pass, "sender:": pass, "host:x": pass,
		"sender:a": {Action: analyzer.Delay, Until: friday}, "sender:c": {Until: friday},
		"sender:d": {Mode: "off", Until: friday}, "sender:e": {Action: analyzer.Pass, Until: noon},
	} {
		if err := db.SetOverride(ctx, subject, o); err == nil {
			t.Errorf("rule %+v for %s was accepted", o, subject)
		}
	}
}

func TestHeartbeat(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	if err := db.Heartbeat(ctx, "mx1", "3 kept"); err != nil {
		t.Fatal(err)
	}
	*now = noon.Add(time.Minute)
	if err := db.Heartbeat(ctx, "mx1", "4 kept"); err != nil {
		t.Fatal(err)
	}
	if seen, err := db.AgentSeen(ctx); err != nil || !seen.Equal(*now) {
		t.Errorf("the agent was seen %v, %v; want %v", seen, err, *now)
	}
}

func TestSettings(t *testing.T) {
	db, _ := clocked(t)
	ctx := t.Context()
	if _, ok, err := db.setting(ctx, "lines"); ok || err != nil {
		t.Errorf("an unset setting: %v %v", ok, err)
	}
	_, err := Open(ctx, place(t, filepath.Join(t.TempDir(), "x.db")), Options{Rand: strings.NewReader("few")})
	if err == nil {
		t.Error("a store was made with a short secret")
	}
}

func TestSendersAndStats(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	teachSome(t, db, now, 5)
	robot := record("app:10.0.0.0/8", analyzer.Hold)
	robot.Envelope.Class, robot.Envelope.Time = analyzer.Application, *now
	keep(t, db, robot)
	all, err := db.Senders(ctx, ledger.SenderFilter{})
	want := []ledger.Sender{
		{Name: "a@example.jp", Class: analyzer.Account, Mails: 3, Learned: 3, First: noon,
			Last: noon.Add(4 * time.Hour)},
		{Name: "b@example.jp", Class: analyzer.Account, Mails: 2, Learned: 2,
			First: noon.Add(time.Hour), Last: noon.Add(3 * time.Hour)},
		{Name: "app:10.0.0.0/8", Class: analyzer.Application, Mails: 1, Kept: 1, Odd: 1,
			First: *now, Last: *now},
	}
	if err != nil || !reflect.DeepEqual(all, want) {
		t.Errorf("senders %+v, %v; want %+v", all, err, want)
	}
	for name, c := range map[string]struct {
		f    ledger.SenderFilter
		want []ledger.Sender
	}{
		"name":  {ledger.SenderFilter{Name: "b@example.jp"}, want[1:2]},
		"class": {ledger.SenderFilter{Class: analyzer.Application}, want[2:]},
		"limit": {ledger.SenderFilter{Limit: 1}, want[:1]},
		"since": {ledger.SenderFilter{Since: *now}, want[2:]},
	} {
		if got, err := db.Senders(ctx, c.f); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
	s, err := db.stats(ctx)
	if err != nil || fmt.Sprint(s.Schema) != latest(t) || s.Mails != 6 ||
		!s.Oldest.Equal(noon) || s.Lessons != 5 ||
		s.Holds[ledger.Held] != 1 || s.Incidents[ledger.IncidentOpen] != 1 || s.Bytes == 0 || (s.LogBytes == 0) != db.onServer() {
		t.Errorf("stats %+v, %v", s, err)
	}
	if db.onServer() {
		return // which keeps its own log
	}
	if !db.checkpoint() {
		t.Error("nobody reads, but the checkpoint did not succeed")
	}
	if s, _ = db.stats(ctx); s.LogBytes != 0 {
		t.Errorf("%d bytes of log after a checkpoint", s.LogBytes)
	}
}

// A reader that does not end must not stop writing.
func TestCheckpointGivesWay(t *testing.T) {
	onlySQLite(t, "checkpoints")
	db, _ := clocked(t)
	tx, err := db.read.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // read only
	var n int
	if err := tx.QueryRow(`SELECT count(*) FROM journal`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	keep(t, db, record("a@example.jp", analyzer.Pass))
	const patience = 5 * time.Second // what a writer waits for others
	start := time.Now()
	if db.checkpoint() {
		t.Error("a checkpoint went past a reader")
	}
	if took := time.Since(start); took >= patience {
		t.Errorf("the checkpoint waited %s for a reader", took)
	}
	keep(t, db, record("a@example.jp", analyzer.Pass))
	var timeout int
	err = db.write.QueryRow(`PRAGMA busy_timeout`).Scan(&timeout)
	if err != nil || timeout != int(patience.Milliseconds()) {
		t.Errorf("busy timeout %d after a checkpoint, %v", timeout, err)
	}
}

func TestRecordReadsBackWhole(t *testing.T) {
	db, _ := clocked(t)
	r := fullRecord()
	keep(t, db, r)
	h := holds(t, db, ledger.HoldFilter{})[0]
	r.ID = 1
	if !reflect.DeepEqual(h.Record, r) {
		t.Errorf("wrote %+v\nread  %+v", r, h.Record)
	}
	recent, err := db.Recent(t.Context(), r.Envelope.Sender, noon)
	if err != nil || len(recent) != 1 || recent[0].URLs != nil || recent[0].Verdict.Evidence != nil ||
		recent[0].Verdict.Sum != r.Verdict.Sum || len(recent[0].Observation.Marks) != 1 {
		t.Errorf("recent %+v, %v", recent, err)
	}
	db.Close()
	for name, err := range map[string]error{
		"audit": db.Audit(t.Context(), "", "", "", ""),
		"override": db.SetOverride(t.Context(), "sender:b",
			analyzer.Override{Action: analyzer.Pass, Until: noon.Add(time.Hour)}),
	} {
		if !errors.Is(err, errClosed) {
			t.Errorf("%s on a closed store: %v", name, err)
		}
	}
}

func TestURLRules(t *testing.T) {
	db, _ := clocked(t)
	ctx := t.Context()
	block := analyzer.Override{Action: analyzer.Hold, By: "alice", Reason: "incident I1"}
	allow := analyzer.Override{Action: analyzer.Pass, Until: noon.Add(time.Hour), By: "bob"}
	for subject, o := range map[string]analyzer.Override{"url:lure.test": block,
		"url:shared.test/a%20b": allow} {
		if err := db.SetOverride(ctx, subject, o); err != nil {
			t.Fatal(err)
		}
	}
	rules, err := db.URLRules(ctx)
	if err != nil || len(rules) != 2 || rules[0].Override != block || rules[0].Pattern.Host != "lure.test" ||
		!rules[0].Created.Equal(noon) || rules[1].Pattern.Path != "/a b" || rules[1].Override != allow {
		t.Errorf("rules %+v, %v", rules, err)
	}
	for _, c := range []struct {
		kind string
		at   time.Time
		want int
	}{{"url", noon, 2}, {"url", noon.Add(time.Hour), 1}, {"", noon, 0}} {
		list, err := db.Overrides(ctx, c.kind, c.at)
		if err != nil || len(list) != c.want {
			t.Errorf("rules of kind %q at %s: %+v, %v; want %d", c.kind, c.at, list, err, c.want)
		}
	}
	acts, err := db.AuditList(ctx, ledger.ActFilter{Since: noon})
	if err != nil || len(acts) != 2 || acts[0].Verb+acts[1].Verb != "allowblock" &&
		acts[0].Verb+acts[1].Verb != "blockallow" {
		t.Errorf("audit %+v, %v", acts, err)
	}
	for subject, o := range map[string]analyzer.Override{
		"url:LURE.test": block, "url:http://lure.test": block, "url:co.jp": block,
		"url:a.test": {Mode: analyzer.Observe}, "url:b.test": {},
		"url:c.test": {Action: analyzer.Hold, Until: noon},
	} {
		if err := db.SetOverride(ctx, subject, o); err == nil {
			t.Errorf("rule %+v for %s was accepted", o, subject)
		}
	}
}

// A rule for what has become a registry's name since keeps no other from being read: without
// rules for links serve would not start.
func TestOldURLRuleIsRead(t *testing.T) {
	db, _ := clocked(t)
	block := analyzer.Override{Action: analyzer.Hold, By: "alice"}
	if err := db.SetOverride(t.Context(), "url:lure.test", block); err != nil {
		t.Fatal(err)
	}
	if err := db.update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE override SET subject = 'url:co.jp'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.SetOverride(t.Context(), "url:lure.test/a", block); err != nil {
		t.Fatal(err)
	}
	rules, err := db.URLRules(t.Context())
	if err != nil || len(rules) != 2 || rules[0].Pattern.Host != "co.jp" || rules[1].Pattern.Path != "/a" {
		t.Errorf("rules %+v, %v", rules, err)
	}
}
