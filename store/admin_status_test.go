package store

import (
	"path/filepath"
	"testing"
	"time"

	"hisseki/analyzer"
)

// Mail of an archive that is taught today went nowhere today, whatever its date.
func TestStatusCountsLiveMailOnly(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	for _, action := range []analyzer.Action{analyzer.Pass, analyzer.Pass, analyzer.Delay} {
		keep(t, db, record("b@example.jp", action))
		taught := record("b@example.jp", action)
		taught.Envelope.Host, taught.Envelope.QueueID = "", ""
		taught.Verdict.Action = analyzer.Pass
		keep(t, db, taught)
	}
	s, err := db.Status(t.Context(), noon.Add(-time.Hour))
	if err != nil || s.Did[analyzer.Pass] != 2 || s.Did[analyzer.Delay] != 1 || s.Would[analyzer.Delay] != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A database server says how big its biggest tables are.
func TestStatusHasSizes(t *testing.T) {
	onlyServer(t)
	db := openFor(t)
	keep(t, db, record("a@example.jp", analyzer.Hold))
	s, err := db.Status(t.Context(), noon.Add(-time.Hour))
	if err != nil || len(s.Tables) != shownTables || s.Tables[0].Bytes < s.Tables[1].Bytes || s.Tables[0].Bytes < 8192 {
		t.Errorf("tables %+v, %v; want %d, the biggest first", s.Tables, err, shownTables)
	}
}
