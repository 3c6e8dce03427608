package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// TestRescue deletes the file of an open store, with and without its log beside it: what
// was recorded before and after is there again.
func TestRescue(t *testing.T) {
	onlySQLite(t, "a file can be deleted")
	for name, files := range map[string][]string{
		"file": {""}, "file and log": {"", "-wal", "-shm"},
	} {
		path := filepath.Join(t.TempDir(), "h.db")
		db := open(t, path)
		keep(t, db, record("b@example.jp", analyzer.Hold))
		if err := db.Lost(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, suffix := range files {
			if err := os.Remove(path + suffix); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Lost(); !errors.Is(err, ErrLost) {
			t.Errorf("%s: the loss is not noticed: %v", name, err)
		}
		keep(t, db, record("b@example.jp", analyzer.Hold))
		if err := db.Rescue(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		again := open(t, path)
		keep(t, again, record("b@example.jp", analyzer.Hold))
		if err := db.Close(); err != nil { // must not take the new file's log away
			t.Errorf("%s: %v", name, err)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
		again = open(t, path)
		if n := len(holds(t, again, ledger.HoldFilter{})); n != 3 {
			t.Errorf("%s: %d of 3 holds are there", name, n)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
		again.Close()
	}
}

func TestReplacedStoreIsLeftAlone(t *testing.T) {
	onlySQLite(t, "a file can be replaced")
	path := filepath.Join(t.TempDir(), "h.db")
	db := open(t, path)
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("a backup"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Lost(); !errors.Is(err, ErrLost) {
		t.Errorf("a replaced file is not noticed: %v", err)
	}
	if err := db.Rescue(t.Context()); err == nil {
		t.Error("a replaced file is written over")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "a backup" {
		t.Errorf("the new file is %q, %v", text, err)
	}
}
