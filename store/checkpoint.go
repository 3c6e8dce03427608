package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Checkpoints move the write-ahead log into the file. SQLite's own run within a commit,
// where mail waits for them: every hundredth mail took ten times as long. So a copier
// moves the bulk on a connection of its own while commits go on, and the committer then
// moves the little that came meanwhile, so that the log begins anew and stays short.
const (
	// copyEvery is how many commits justify a copy. One dirties about 15 pages: the log
	// stays near 64 MiB, which journalSize leaves it.
	copyEvery = 1024
	// sweptPerCommit is how many rows of a purge dirty as many pages as a mail's commit.
	sweptPerCommit = 4
	// ownCheckpoint, in pages, is when SQLite does it after all: the copier is in trouble.
	ownCheckpoint = 32_768
	// checkpointEvery truncates the log, which SQLite never does by itself.
	checkpointEvery = time.Minute
)

// startCopier opens the copier's connection.
func (db *DB) startCopier() error {
	if _, err := db.write.Exec(fmt.Sprintf(`PRAGMA wal_autocheckpoint = %d`,
		ownCheckpoint)); err != nil {
		return fmt.Errorf("set up checkpoints: %w", err)
	}
	var err error
	if db.copier, err = sql.Open(driver, dsn(db.path, "rw", url.Values{})); err != nil {
		return fmt.Errorf("open store %s for checkpoints: %w", db.path, err)
	}
	db.copier.SetMaxOpenConns(1)
	go db.copyLoop()
	return nil
}

// copyLoop is the copier.
func (db *DB) copyLoop() {
	defer close(db.stopped)
	for range db.due {
		if err := passive(db.copier); err != nil {
			db.log.Warn("store not checkpointed", "error", err)
			continue
		}
		select {
		case db.copied <- struct{}{}:
		default: // the committer knows already
		}
	}
}

// count asks for a copy after enough commits. It is the committer's, as are the next two.
func (db *DB) count() {
	db.written = true
	db.commits += 1 + int(db.swept.Swap(0)/sweptPerCommit)
	if db.commits >= copyEvery && db.askToCopy() {
		db.commits = 0
	}
}

// askToEmpty asks for a copy after which the log is to be emptied, if there is any.
func (db *DB) askToEmpty() {
	if db.written && db.askToCopy() {
		db.emptying = true
	}
}

// askToCopy says whether the copier took it: it may still be at the last one.
func (db *DB) askToCopy() bool {
	select {
	case db.due <- struct{}{}:
		return true
	default:
		return false
	}
}

// copyRest moves what was committed while the copier worked. It is the committer's.
func (db *DB) copyRest() {
	if db.emptying {
		db.emptying = false
		db.written = !db.checkpoint()
		return
	}
	if err := passive(db.write); err != nil {
		db.log.Warn("store not checkpointed", "error", err)
	}
}

// stopCopying ends the copier. It is the committer's, which sends no more then.
func (db *DB) stopCopying() {
	close(db.due)
	<-db.stopped
	if db.copier == nil { // a server keeps its own log
		return
	}
	if err := db.copier.Close(); err != nil {
		db.log.Warn("store not checkpointed", "error", err)
	}
}

// passive checkpoints as far as readers and writers allow, and waits for nobody.
func passive(db *sql.DB) error {
	var busy, log, moved int
	return db.QueryRowContext(context.Background(), `PRAGMA wal_checkpoint(PASSIVE)`).
		Scan(&busy, &log, &moved)
}

// checkpoint moves the write-ahead log into the file and empties it. It says whether
// that succeeded; busy readers are not an error, the next round may do better.
func (db *DB) checkpoint() bool {
	var busy, log, moved int
	err := db.impatient(func() error {
		return db.write.QueryRow(`PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved)
	})
	if err != nil {
		db.log.Warn("store not checkpointed", "error", err)
	}
	return err == nil && busy == 0
}

// impatient has the committer do something for which it waits for others 50 ms only, since
// mail queues up behind it.
func (db *DB) impatient(do func() error) error {
	if _, err := db.write.Exec(`PRAGMA busy_timeout = 50`); err != nil {
		return err
	}
	err := do()
	_, back := db.write.Exec(`PRAGMA busy_timeout = 5000`)
	return errors.Join(err, back)
}
