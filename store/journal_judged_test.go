package store

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Calibration learns of each mail what was decided, and what it turned out to be.
func TestEachJudged(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	at := func(sender string, minutes int, action analyzer.Action) int64 {
		r := record(sender, action)
		r.Envelope.Time = noon.Add(time.Duration(minutes) * time.Minute)
		r.Verdict.Lure, r.Verdict.Cause, r.Verdict.Sum = 1.5, "mail", 7
		return keep(t, db, r)
	}
	robot := record("app", analyzer.Pass)
	robot.Envelope.Class = analyzer.Application
	keep(t, db, robot)
	at("a@example.jp", -90, analyzer.Hold) // to be discarded
	at("b@example.jp", -80, analyzer.Pass) // before the theft
	at("b@example.jp", -60, analyzer.Hold)
	at("b@example.jp", -50, analyzer.Pass)
	at("c@example.jp", -40, analyzer.Pass)
	discarded := holds(t, db, ledger.HoldFilter{Sender: "a@example.jp"})[0]
	if ok, err := db.Decide(t.Context(), discarded.ID, ledger.Discarding, "admin", ""); !ok || err != nil {
		t.Fatal(ok, err)
	}
	theft, err := db.Incidents(t.Context(), "b@example.jp", ledger.IncidentOpen)
	if err != nil || len(theft) != 1 {
		t.Fatal(theft, err)
	}
	_, err = closeIncident(t.Context(), db, theft[0].ID, ledger.IncidentConfirmed, "admin", "")
	if err != nil {
		t.Fatal(err)
	}
	at("b@example.jp", 60, analyzer.Pass) // after it
	var got []ledger.Judged
	err = db.EachJudged(t.Context(), time.Time{}, func(m *ledger.Judged) error {
		got = append(got, *m)
		return nil
	})
	if err != nil || len(got) != 6 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []struct {
		sender    string
		discarded bool
		confirmed bool
	}{
		{"a@example.jp", true, false}, {"b@example.jp", false, false}, {"b@example.jp", false, true},
		{"b@example.jp", false, true}, {"c@example.jp", false, false}, {"b@example.jp", false, false},
	} {
		m := got[i]
		if m.Sender != want.sender || (m.State == ledger.Discarding) != want.discarded ||
			m.Confirmed != want.confirmed {
			t.Errorf("mail %d: %+v, want %+v", i, m, want)
		}
		v := m.Verdict
		if v.Points != 9.5 || v.Sum != 7 || v.Lure != 1.5 || v.Cause != "mail" || v.Action != v.Would {
			t.Errorf("mail %d: %+v", i, v)
		}
	}
	if open := []bool{got[0].Open, got[2].Open, got[5].Open}; open[1] || open[2] || !open[0] {
		t.Errorf("of an open incident: %v", open)
	}
	stop := errors.New("stop")
	err = db.EachJudged(t.Context(), noon, func(*ledger.Judged) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("an error of the reader is lost: %v", err)
	}
}

func TestThresholds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	db := open(t, path)
	if got, err := db.Thresholds(t.Context()); err != nil || got != (analyzer.Thresholds{}) {
		t.Errorf("nothing was calibrated: %+v, %v", got, err)
	}
	for _, want := range []analyzer.Thresholds{{Hold: 12, Sum: 8, Delay: 5},
		{Hold: 13, Sum: 9, Delay: 5.5}, {}} {
		if err := db.SetThresholds(t.Context(), want, "admin", "why"); err != nil {
			t.Fatal(err)
		}
		if got, err := db.Thresholds(t.Context()); err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
	acts, err := db.AuditList(t.Context(), ledger.ActFilter{})
	if err != nil || len(acts) != 3 || acts[0].Reason != "follow history: why" ||
		acts[2].Reason != "hold 12.00, sum 8.00, delay 5.00: why" || acts[2].Verb != "calibrate" {
		t.Errorf("audit log: %+v, %v", acts, err)
	}
	raw(t, db.path, `INSERT INTO setting (key, value) VALUES ('`+thresholdsKey+`', '{')`)
	if _, err := db.Thresholds(t.Context()); err == nil {
		t.Error("a broken setting was read")
	}
}
