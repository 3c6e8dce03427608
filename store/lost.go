package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// ErrLost says that the store's file was deleted or replaced while it was open.
var ErrLost = errors.New("deleted or replaced while in use")

// Lost says with ErrLost that the file at the store's path is no longer the open one.
// What is written from then on is gone with this process, unless Rescue comes first.
func (db *DB) Lost() error {
	if db.onServer() {
		return nil
	}
	now, err := os.Stat(db.path)
	if err == nil && os.SameFile(now, db.file) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil // the folder cannot be looked at: that says nothing
	}
	return fmt.Errorf("store %s was %w", db.path, ErrLost)
}

// Rescue writes all that was committed to a deleted file back to the store's path. A file
// that is there by now is left alone. The store must be closed afterwards: it still
// writes to the deleted file.
func (db *DB) Rescue(ctx context.Context) error {
	if db.write == nil {
		return errReadOnly
	}
	if _, err := os.Lstat(db.path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("rescue store %s: another file is there, it is used from now on", db.path)
	}
	tmp := db.path + ".rescue"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("rescue store: %w", err)
	}
	if _, err := db.write.ExecContext(ctx, `VACUUM INTO ?`, tmp); err != nil {
		return fmt.Errorf("rescue store %s: %w", db.path, err)
	}
	if err := db.putBack(tmp); err != nil {
		return errors.Join(fmt.Errorf("rescue store %s: %w", db.path, err), os.Remove(tmp))
	}
	return nil
}

// like gives a copy the lost file's mode and owner: by its descriptor, for whoever may write to the
// folder could have put a link in its place.
func (db *DB) like(tmp string) (err error) {
	f, err := os.OpenFile(tmp, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !info.Mode().IsRegular() || ok && s.Nlink != 1 {
		return untrusted(tmp, "it is a link or not an ordinary file: remove it")
	}
	if owner, ok := db.file.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		if err := f.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return f.Chmod(db.file.Mode().Perm())
}

// putBack gives the copy the lost file's mode, owner and name.
func (db *DB) putBack(tmp string) error {
	if err := db.like(tmp); err != nil {
		return err
	}
	// The log beside it belongs to the deleted file.
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(db.path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Link(tmp, db.path); err != nil { // never over a file that came meanwhile
		return err
	}
	return os.Remove(tmp)
}
