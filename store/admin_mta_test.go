package store

import (
	"path/filepath"
	"testing"

	"hisseki/analyzer"
)

// Mail that was taught from an archive came through no MTA that could lack an agent.
func TestArchivesAreNotAnMTA(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	past := record("b@example.jp", analyzer.Pass)
	past.Envelope.Host, past.Envelope.QueueID = "", ""
	keep(t, db, past)
	list, err := db.MTAs(t.Context())
	if err != nil || len(list) != 0 {
		t.Fatalf("an archive alone: %+v, %v", list, err)
	}
	keep(t, db, record("b@example.jp", analyzer.Pass))
	unnamed := record("b@example.jp", analyzer.Pass) // Postfix did not send its name
	unnamed.Envelope.Host = ""
	keep(t, db, unnamed)
	list, err = db.MTAs(t.Context())
	if err != nil || len(list) != 2 || list[0].Host != "" || list[1].Host != "mx.example.jp" || list[1].Mails != 1 {
		t.Errorf("with two of serve's: %+v, %v", list, err)
	}
}
