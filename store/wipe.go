package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// What is deleted must not be readable in the file. Secure deletion overwrites rows and
// pages when they are freed; two places are left. The write-ahead log holds pages as they
// were, until it is emptied. And within pages in use SQLite leaves copies of rows that it
// moved from there while it balanced a tree: only writing the file anew ends these.

const (
	// maxRewrite is how large a file, in bytes, is written anew after a sender was
	// forgotten: mail waits meanwhile, 1.2 s for 50 MiB on a busy machine, of its budget of 5.
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
	do   func() error
	done chan error
}

// askRewrite notes, in the transaction that erases, that the file is to be written anew.
func askRewrite(tx *sql.Tx) error {
	_, err := tx.Exec(`INSERT INTO setting (key, value) VALUES (?, 'due')
		ON CONFLICT DO NOTHING`, rewriteKey)
	return err
}

// wipe writes the file anew where askRewrite asked for it, and empties the write-ahead log,
// as soon as readers allow within two seconds. What cannot be wiped now is logged; the next
// purge tries again.
func (db *DB) wipe(ctx context.Context) error {
	if db.onServer() { // whose VACUUM comes by itself
		return nil
	}
	rewrite, err := db.rewriteDue(ctx)
	if err != nil {
		return err
	}
	if rewrite { // once: mail waits as long
		err = db.committer(ctx, db.rewrite)
	}
	if err == nil {
		err = db.emptied(ctx)
	}
	if err == nil || errors.Is(err, errClosed) || ctx.Err() != nil {
		return err
	}
	db.log.Warn("deleted data may still be in the store's files, the next purge tries again",
		"store", db.path, "error", err)
	return nil
}

// emptied has the log emptied, and waits for readers for a while.
func (db *DB) emptied(ctx context.Context) (err error) {
	for range wipeTries {
		if err = db.committer(ctx, db.empty); !errors.Is(err, errRead) {
			return err
		}
		select {
		case <-time.After(wipePause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
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

// committer has the committer do something between two transactions.
func (db *DB) committer(ctx context.Context, do func() error) error {
	w := wiping{do, make(chan error, 1)}
	select {
	case db.wipes <- w:
		return db.await(job{done: w.done})
	case <-db.closed:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errRead says that somebody reads what is in the write-ahead log.
var errRead = errors.New("the store's log is being read")

// empty empties the write-ahead log. It is the committer's, as is the next one.
func (db *DB) empty() error {
	if db.written = !db.checkpoint(); db.written {
		return errRead
	}
	return nil
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
