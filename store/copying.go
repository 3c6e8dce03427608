package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Package transfer copies a whole store into another one. It reads and writes rows as they are, so
// it gets the connections (Options.Copying). Here is what a store does about that.

// copyKey is the setting of a store that a copy has begun to fill: how far it is.
const copyKey = "copying"

// whole refuses a copy that has not come to its end: mail would be judged by half a memory.
func (db *DB) whole(ctx context.Context, from *sql.DB) error {
	var begun bool
	err := from.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM setting WHERE key = ?)`, copyKey).Scan(&begun)
	if err != nil {
		return withheld("read the settings of store "+db.path, err)
	}
	if begun {
		return fmt.Errorf("store %s is the unfinished copy of another one: run the same hisseki store copy "+
			"again, it goes on where it was", db.path)
	}
	return nil
}

// whoLocks is F_OFD_GETLK of Linux's fcntl: it asks who keeps a lock from being had.
const whoLocks = 36

// alone refuses a file that any process has open, this one too. Whoever has it open in WAL mode
// keeps one of the lock bytes (restore.go).
func (db *DB) alone() error {
	f, err := os.OpenFile(db.path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: lockStart, Len: lockBytes}
	err = errors.Join(syscall.FcntlFlock(f.Fd(), whoLocks, &lock), f.Close())
	if err != nil {
		return fmt.Errorf("ask who has store %s open: %w", db.path, err)
	}
	if lock.Type != syscall.F_UNLCK {
		return fmt.Errorf("store %s %w by process %d: stop whatever uses it (systemctl stop hisseki "+
			"hisseki-agent hisseki-web) and try again, or copy a backup of it", db.path, errInUse, lock.Pid)
	}
	return nil
}

// trustPlace looks at the store's files before any of them is opened.
func (db *DB) trustPlace() error {
	if err := trustFiles(db.path); err != nil || db.opt.Copying == nil {
		return err
	}
	return db.alone()
}

// lend gives a copy its connections. write is nil where the store is open for reading only.
func (db *DB) lend() {
	if db.opt.Copying != nil {
		db.opt.Copying(db.read, db.write)
	}
}
