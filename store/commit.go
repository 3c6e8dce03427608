package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// maxBatch bounds a group commit. A hundred rows share one fsync; more only make the
// first of them wait.
const maxBatch = 100

// errClosed is what a write gets after Close.
var errClosed = errors.New("the store is closed")

// errReadOnly is what a write gets on a store of OpenReadOnly.
var errReadOnly = errors.New("the store is open for reading only")

// job is one write: do runs inside the batch's transaction.
type job struct {
	ctx  context.Context // a job that nobody waits for any more is not begun
	do   func(*sql.Tx) error
	done chan error
}

// update runs do in a transaction that is durable when update returns nil. Writes that
// arrive together share one commit; an error of one does not touch the others.
func (db *DB) update(ctx context.Context, do func(*sql.Tx) error) error {
	if db.write == nil {
		return errReadOnly
	}
	j := job{ctx, do, make(chan error, 1)}
	select {
	case db.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closed:
		return errClosed
	}
	select {
	case err := <-j.done: // not ctx: the caller must know what became of it
		return err
	case <-db.closed:
		select {
		case err := <-j.done:
			return err
		default:
			return errClosed
		}
	}
}

// commitLoop is the only writer.
func (db *DB) commitLoop() {
	defer close(db.closed)
	defer db.stopCopying()
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	written := false
	for {
		select {
		case j := <-db.jobs:
			db.commit(j)
			written = true
			db.count()
		case <-db.copied:
			db.copyRest()
		case <-tick.C:
			if written {
				written = !db.checkpoint()
			}
		case <-db.done:
			for {
				select {
				case j := <-db.jobs:
					db.commit(j)
				default:
					return
				}
			}
		}
	}
}

// commit runs one job and whatever else is waiting as one transaction.
func (db *DB) commit(first job) {
	batch := []job{first}
	for len(batch) < maxBatch {
		select {
		case j := <-db.jobs:
			batch = append(batch, j)
			continue
		default:
		}
		break
	}
	errs, begun := make([]error, len(batch)), time.Now()
	err := db.runBatch(batch, errs)
	if err == nil {
		db.opt.Committed(len(batch), time.Since(begun))
	}
	for i, j := range batch {
		if errs[i] == nil {
			errs[i] = err
		}
		j.done <- errs[i]
	}
}

func (db *DB) runBatch(batch []job, errs []error) error {
	ctx := context.Background()
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()  //nolint:errcheck // after a commit there is nothing to roll back
	if len(batch) == 1 { // nobody else to keep it from
		if errs[0] = batch[0].begin(tx); errs[0] != nil {
			return nil
		}
		return commit(tx)
	}
	for i, j := range batch {
		if _, err := tx.Exec(`SAVEPOINT job`); err != nil {
			return fmt.Errorf("savepoint: %w", err)
		}
		if errs[i] = j.begin(tx); errs[i] != nil {
			if _, err := tx.Exec(`ROLLBACK TO job`); err != nil {
				return fmt.Errorf("roll back one write: %w", err)
			}
		}
		if _, err := tx.Exec(`RELEASE job`); err != nil {
			return fmt.Errorf("release savepoint: %w", err)
		}
	}
	return commit(tx)
}

// begin runs a job. After a wait for a lock its mail may long have got the failure
// action; a record of it would be of a mail that is gone.
func (j *job) begin(tx *sql.Tx) error {
	if err := j.ctx.Err(); err != nil {
		return fmt.Errorf("not begun: %w", err)
	}
	return j.do(tx)
}

func commit(tx *sql.Tx) error {
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
