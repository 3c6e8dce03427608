package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// What is deleted must not be readable in the file. Secure deletion overwrites rows and
// pages when they are freed; two places are left. The write-ahead log holds pages as they
// were, until it is emptied. And within pages in use SQLite leaves copies of rows that it
// moved from there while it balanced a tree: only writing the file anew ends these.

const (
	// maxRewrite is how large a file, in bytes, is written anew after a sender was
	// forgotten: mail waits meanwhile, about a second for 100 MB, of its budget of five.
	maxRewrite = 64 << 20
	// wipeTries and wipePause are how often and after what time the log is tried again when
	// somebody still reads what is in it.
	wipeTries = 20
	wipePause = 100 * time.Millisecond
)

// rewriteKey is the setting that says that the file is to be written anew.
const rewriteKey = "rewrite"

// wiping is a request to the committer.
type wiping struct {
	rewrite bool
	done    chan error // nil: all is wiped
}

// askRewrite notes, in the transaction that erases, that the file is to be written anew.
func askRewrite(tx *sql.Tx) error {
	_, err := tx.Exec(`INSERT OR IGNORE INTO setting (key, value) VALUES (?, 1)`, rewriteKey)
	return err
}

// wipe empties the write-ahead log, as soon as readers allow within two seconds, and writes
// the file anew where askRewrite asked for it. What cannot be wiped now is logged; the next
// purge tries again.
func (db *DB) wipe(ctx context.Context) error {
	rewrite, err := db.rewriteDue(ctx)
	if err != nil {
		return err
	}
	for range wipeTries {
		w := wiping{rewrite, make(chan error, 1)}
		select {
		case db.wipes <- w:
		case <-db.closed:
			return errClosed
		case <-ctx.Done():
			return ctx.Err()
		}
		if err = db.await(job{done: w.done}); err == nil {
			return nil
		}
		select {
		case <-time.After(wipePause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	db.log.Warn("deleted data is still in the store's log, the next purge tries again",
		"store", db.path, "error", err)
	return nil
}

// rewriteDue says whether the file is to be written anew, and is small enough.
func (db *DB) rewriteDue(ctx context.Context) (bool, error) {
	var due bool
	var bytes int64
	err := db.read.QueryRowContext(ctx, `SELECT
			EXISTS (SELECT 1 FROM setting WHERE key = ?),
			(SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)`,
		rewriteKey).Scan(&due, &bytes)
	if err != nil {
		return false, fmt.Errorf("read what is to be wiped: %w", err)
	}
	if due && bytes > maxRewrite {
		db.log.Info("the store is too large to be written anew beside mail: copies of rows that "+
			"SQLite moved may be left within its pages", "store", db.path, "bytes", bytes,
			"hint", "stop hisseki and run VACUUM with sqlite3")
	}
	return due && bytes <= maxRewrite, nil
}

// serveWipe is the committer's part.
func (db *DB) serveWipe(w wiping) {
	if w.rewrite {
		if err := db.rewrite(); err != nil {
			w.done <- err
			return
		}
	}
	if !db.checkpoint() {
		db.written = true
		w.done <- fmt.Errorf("the log of store %s is being read", db.path)
		return
	}
	db.written = false
	w.done <- nil
}

// rewrite writes the file anew, and then notes that it did.
func (db *DB) rewrite() error {
	err := db.impatient(func() error {
		_, err := db.write.Exec(`VACUUM`)
		return err
	})
	if err == nil {
		_, err = db.write.Exec(`DELETE FROM setting WHERE key = ?`, rewriteKey)
	}
	return wrapped("write store "+db.path+" anew", err)
}
