package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"hisseki/analyzer"
	"hisseki/ledger"
)

var reasons = []analyzer.Evidence{
	{Signal: "url-unknown", Points: 2.36, Observed: "lure.test", Usual: "29 known sites",
		Text: "a link to lure.test, unknown to this account, to the organisation and among much " +
			"visited sites"},
	{Signal: "hour-new", Points: 1.24, Observed: "week end 2", Usual: "2 parts of the week",
		Text: "sent in a part of the week in which this account never sends"},
}

func readBack(t *testing.T, db *DB) *analyzer.Record {
	t.Helper()
	list := holds(t, db, ledger.HoldFilter{})
	if len(list) != 1 {
		t.Fatalf("%d holds, want 1", len(list))
	}
	return list[0].Record
}

func TestEvidenceIsKeptInFewBytes(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	r := record("a@example.jp", analyzer.Hold)
	r.Verdict.Evidence = reasons
	keep(t, db, r)
	if got := readBack(t, db).Verdict.Evidence; !reflect.DeepEqual(got, reasons) {
		t.Errorf("read back %+v, want %+v", got, reasons)
	}
	var size int
	if err := db.read.QueryRow(`SELECT length(evidence) FROM journal`).Scan(&size); err != nil {
		t.Fatal(err)
	}
	if size > 100 {
		t.Errorf("%d bytes for two signals, want less than a quarter of their text", size)
	}
}

// Stores of earlier programs have evidence in detail, and evidence compressed by the very
// words of the day they were written.
func TestOldEvidenceStaysReadable(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	keep(t, db, record("a@example.jp", analyzer.Hold))
	for name, c := range map[string]struct{ detail, evidence string }{
		"before schema 8": {`{"evidence":[["url-unknown",2.36,"lure.test","29 known sites","` +
			reasons[0].Text + `"]]}`, ""},
		"words 1": {`{}`, "KLUv/UEAAQgAPQEAaFtsdXJlLnRlc10sXV0HABxVOIGwwgSThoxCKQ3YkBv/lYe4octX"},
	} {
		t.Run(name, func(t *testing.T) {
			packed, err := base64.StdEncoding.DecodeString(c.evidence)
			if err != nil {
				t.Fatal(err)
			}
			err = db.update(context.Background(), func(tx *sql.Tx) error {
				_, err := tx.Exec(`UPDATE journal SET detail = ?, evidence = ?`, c.detail, packed)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			got := readBack(t, db).Verdict.Evidence
			if len(got) == 0 || got[0] != reasons[0] {
				t.Errorf("read %+v, want %+v first", got, reasons[0])
			}
		})
	}
}

func TestBrokenEvidenceIsAnError(t *testing.T) {
	p, err := newPacker()
	if err != nil {
		t.Fatal(err)
	}
	bomb, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"noise": []byte("not compressed"),
		"bomb":  bomb.EncodeAll([]byte(`["`+strings.Repeat("a", 64<<20)+`"]`), nil),
	} {
		if d, err := p.detail([]byte(`{}`), data); err == nil {
			t.Errorf("%s: read %d signals without an error", name, len(d.Evidence))
		}
	}
}
