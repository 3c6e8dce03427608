package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestRescueFollowsNoLink: whoever may write to the folder puts a link where the copy was, and the
// file behind it keeps its mode and owner.
func TestRescueFollowsNoLink(t *testing.T) {
	onlySQLite(t, "links are of files")
	db, _ := clocked(t)
	for name, link := range map[string]func(old, new string) error{"symbolic": os.Symlink, "hard": os.Link} {
		secret := filepath.Join(t.TempDir(), "shadow")
		if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		tmp := filepath.Join(filepath.Dir(secret), "h.db.rescue")
		if err := link(secret, tmp); err != nil {
			t.Fatal(err)
		}
		err := db.like(tmp)
		info, _ := os.Stat(secret)
		if err == nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, mode %v", name, err, info.Mode())
		}
		if name == "hard" && !errors.Is(err, errUntrusted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
