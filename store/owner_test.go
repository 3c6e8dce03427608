package store_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"hisseki/store"
)

// TestRootCreates: what root teaches a store that is not there yet can be opened by the
// user whose folder it lies in.
func TestRootCreates(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const user = 65534 // nobody
	dir := t.TempDir()
	if err := os.Chown(dir, user, user); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "h.db")
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		file, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if owner := file.Sys().(*syscall.Stat_t); owner.Uid != user || owner.Gid != user {
			t.Errorf("%s belongs to %d:%d, want the folder's %d", filepath.Base(name),
				owner.Uid, owner.Gid, user)
		}
	}
}
