package store

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRestoreFollowsNoLink: root restores into a folder of serve's, and whoever has serve's rights
// exchanges there whatever root makes by a link to a file of root's. It stays as it was, and root's.
func TestRestoreFollowsNoLink(t *testing.T) {
	onlySQLite(t, "a backup is a file")
	if os.Geteuid() != 0 {
		t.Skip("needs root: a folder of another user's")
	}
	dir := t.TempDir()
	backup, victim, folder := filepath.Join(dir, "backup"), filepath.Join(dir, "shadow"), filepath.Join(dir, "serve")
	filled(t, backup).Close()
	if err := os.Mkdir(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(folder, 4711, 4711); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(victim, nil, 0o600); err != nil { // SQLite writes into an empty file
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var enemy sync.WaitGroup
	end := sync.OnceFunc(func() { close(stop); enemy.Wait() })
	defer end()
	enemy.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			names, _ := os.ReadDir(folder)
			for _, e := range names {
				if strings.HasPrefix(e.Name(), ".hisseki-") && e.Type().IsRegular() {
					_ = os.Remove(filepath.Join(folder, e.Name()))
					_ = os.Symlink(victim, filepath.Join(folder, e.Name()))
				}
			}
		}
	})
	for _, do := range []func() error{
		func() error {
			_, err := Restore(t.Context(), Restoring{From: backup, To: filepath.Join(folder, "h.db"), By: "alice", Now: time.Now()})
			return err
		},
		func() error {
			_, err := Backup(t.Context(), backup, filepath.Join(folder, "copy"))
			return err
		},
	} {
		for range 20 {
			_ = do() // it may fail
			info, err := os.Stat(victim)
			if err != nil || info.Size() != 0 || uid(info) != 0 || info.Mode().Perm() != 0o600 {
				t.Fatalf("root's file has now %d bytes, uid %d, mode %o, %v", info.Size(), uid(info), info.Mode(), err)
			}
			_ = os.Remove(filepath.Join(folder, "h.db"))
			_ = os.Remove(filepath.Join(folder, "copy"))
		}
	}
	end()
	// Left alone it works, and the store is the folder's owner's, closed to others.
	path := filepath.Join(folder, "h.db")
	if _, err := Restore(t.Context(), Restoring{From: backup, To: path, By: "alice", Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || uid(info) != 4711 || info.Mode().Perm() != 0o600 {
		t.Errorf("restored: uid %d, %v, %v", uid(info), info.Mode(), err)
	}
	names, _ := os.ReadDir(folder)
	for _, e := range names {
		if e.Type().IsRegular() && e.Name() != "h.db" {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}
