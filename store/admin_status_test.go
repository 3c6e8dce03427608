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
