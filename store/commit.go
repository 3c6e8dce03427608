package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"hisseki/store/postgres"
)

// maxBatch bounds a group commit. A hundred rows share one fsync; more only make the
// first of them wait.
const maxBatch = 100

// errClosed is what a write gets after Close.
var errClosed = errors.New("the store is closed")

// errReadOnly is what a write gets on a store of OpenReadOnly.
var errReadOnly = errors.New("the store is open for reading only")

// job is one write: do runs inside a transaction.
type job struct {
	ctx    context.Context // a job that nobody waits for any more is not begun
	do     func(*sql.Tx) error
	shares bool // do may run again after a rollback, so it may share a transaction
	done   chan error
	sender string     // whose writes keep their order, "" for nobody's
	rows   int        // that it writes, about: what goes to random places of an index counts as four
	record *recording // of a record that needs nothing of what is stored, else nil
	later  bool       // whoever waits for it has it made durable himself, see noted and Purge
}

// update runs do in a transaction of its own that is durable when update returns nil.
func (db *DB) update(ctx context.Context, do func(*sql.Tx) error) error {
	defer db.book.changed()
	return db.enqueue(job{ctx: ctx, do: do, done: make(chan error, 1)})()
}

// share is update for the writes that there are many of: those that arrive together are
// committed together, and an error of one does not touch the others. do must do the same
// when it is run again after a rollback. Writes are done in the order in which share
// returns; what it returns waits until the write is durable.
func (db *DB) share(ctx context.Context, do func(*sql.Tx) error) (wait func() error) {
	return db.enqueue(job{ctx: ctx, do: do, shares: true, done: make(chan error, 1), rows: 1})
}

// enqueue gives a job its place in the order of writes. While the queue is full it waits
// for one, as long as the job's context lasts.
func (db *DB) enqueue(j job) (wait func() error) {
	failed := func(err error) func() error { return func() error { return err } }
	if db.write == nil {
		return failed(errReadOnly)
	}
	if db.gate != nil {
		if err := db.refused(j.ctx); err != nil {
			return failed(err)
		}
	}
	select {
	case db.jobs <- j:
	case <-j.ctx.Done():
		return failed(j.ctx.Err())
	case <-db.closed:
		return failed(errClosed)
	}
	return func() error { return db.await(j) }
}

// await says what became of a job. It does not end with the job's context: the caller must
// know.
func (db *DB) await(j job) error {
	select {
	case err := <-j.done:
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
	always := make(chan struct{})
	close(always)
	for {
		var long chan struct{} // ready while a long write waits
		if db.lanes.waiting() {
			long = always
		}
		select {
		case j := <-db.jobs:
			db.commit(j)
			db.count()
		case <-long:
			db.commitLong()
			db.count()
		case w := <-db.wipes:
			w.done <- w.do()
		case <-db.copied:
			db.copyRest()
		case <-tick.C:
			db.askToEmpty()
		case <-db.done:
			for {
				select {
				case j := <-db.jobs:
					db.commit(j)
				default:
					for db.lanes.waiting() {
						db.commitAll(db.lanes.next())
					}
					return
				}
			}
		}
	}
}

// commit runs one job, with whatever else is waiting and may share its transaction. Long ones
// go to their lane.
func (db *DB) commit(first job) {
	var batch []job
	var alone job
	rows := 0
	for j, more := first, true; more; j, more = db.waiting(rows, len(batch)) {
		if !j.shares {
			alone = j
			break
		}
		if !db.lanes.take(j) {
			batch = append(batch, j)
			rows += j.rows
		}
	}
	if db.lanes.due() {
		batch = append(batch, db.lanes.next()...)
	}
	db.commitAll(batch)
	if alone.do != nil {
		db.together([]job{alone}, true)
	}
}

// commitLong commits long writes while no other waits.
func (db *DB) commitLong() {
	select {
	case j := <-db.jobs:
		db.commit(j)
	default:
		db.commitAll(db.lanes.next())
	}
}

// waiting returns the next job for a batch that has so many rows and writes already.
func (db *DB) waiting(rows, writes int) (j job, more bool) {
	if rows >= batchRows || writes >= maxBatch {
		return j, false
	}
	for tries := 0; ; tries++ {
		select {
		case j = <-db.jobs:
			return j, true
		default:
		}
		if !db.onServer() || tries >= yields {
			return j, false
		}
		runtime.Gosched()
	}
}

// yields is how often the committer lets others run before a batch for a server is closed. Those who were
// answered by the last one are about to write again; the first of them alone would take a round trip and a
// sync, for which all others wait. With nobody about to write it takes a microsecond.
const yields = 2

// commitAll commits jobs together, or else one by one.
func (db *DB) commitAll(batch []job) {
	if db.onServer() {
		batch = db.publish(batch)
	}
	if len(batch) == 0 {
		return
	}
	for _, j := range db.together(batch, false) {
		for tries, again := 1, []job{j}; len(again) > 0; tries++ {
			again = db.together(again, tries == mostTries)
		}
	}
}

// mostTries is how often a write is tried for itself where a server ends its transactions.
const mostTries = 3

// together commits jobs in one transaction and reports to each what became of it. When one of
// several fails nothing is done and all are returned, to be run one by one: savepoints,
// which would keep the others, cost SQLite a copy of every page that it changes. So is one whose
// transaction a server ended since this process said nothing for a while. last is of jobs that are
// not run again.
func (db *DB) together(batch []job, last bool) []job {
	begun := time.Now()
	ctx, after := db.unhurried(batch)
	defer after()
	if !last {
		ctx = postgres.Repeatable(ctx)
	}
	had := db.committing()
	tx, err := db.write.BeginTx(ctx, nil)
	had()
	if err != nil {
		tell(batch, fmt.Errorf("begin: %w", err))
		return nil
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if batch = awaited(batch); len(batch) == 0 {
		return nil
	}
	if err := db.trustStill(tx); err != nil {
		tell(batch, err)
		return nil
	}
	for _, j := range batch {
		err := run(j, tx)
		if err != nil && !last && (len(batch) > 1 || postgres.Ended(err)) {
			return batch
		}
		if err != nil {
			db.reportPanic(err)
			tell(batch, err)
			return nil
		}
	}
	done := db.committing()
	err = tx.Commit()
	done()
	if !last && postgres.Ended(err) {
		return batch
	}
	if err != nil {
		err = fmt.Errorf("commit: %w", err)
	} else {
		db.opt.Committed(len(batch), time.Since(begun))
	}
	tell(batch, err)
	return nil
}

// panicError is a panic in a write: a bug, and perhaps one that a mail can bring about. It
// fails that write and nothing else; a daemon that it ended would meet the same mail again
// and again.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("internal error: %v", e.value) }

// run does a job inside a transaction, which is to be rolled back after an error.
func run(j job, tx *sql.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{p, debug.Stack()}
		}
	}()
	return j.do(tx)
}

func (db *DB) reportPanic(err error) {
	if p := (*panicError)(nil); errors.As(err, &p) {
		db.opt.Panicked()
		db.log.Error("internal error", "stage", "write", "error", fmt.Sprint(p.value),
			"stack", string(p.stack))
	}
}

// awaited drops the jobs that nobody waits for. After a wait for a lock a mail may long
// have got the failure action; a record of it would be of a mail that is gone.
func awaited(batch []job) []job {
	var left []job
	for _, j := range batch {
		if err := j.ctx.Err(); err != nil {
			j.done <- fmt.Errorf("not begun: %w", err)
			continue
		}
		left = append(left, j)
	}
	return left
}

func tell(batch []job, err error) {
	for _, j := range batch {
		j.done <- err
	}
}
