package store

import (
	"context"
	"database/sql"
	"time"
)

// A purge removes rows in steps that are over before anybody notices: the committer does
// one thing after another, and every mail's record waits behind a step.
const (
	// stepTime is how long a step may take, beside its share of a commit. A mail's answer
	// takes as long without a purge.
	stepTime = 2 * time.Millisecond
	// maxStep bounds a step, in rows, where rows are quick: what they leave in the
	// write-ahead log is paid for later.
	maxStep = 100
	// pageSize is how many rows are looked up at once to be removed step by step.
	pageSize = 500
)

// sweeper removes rows beside a daemon that has mail to record.
type sweeper struct {
	db   *DB
	ctx  context.Context
	size int // rows of the next step, by what the last one took
	// later steps leave the disk to others: a crash of the server may undo them, and they are done again.
	later bool
	// spent is what the server says that the last step took there, 0 where it says nothing. What a busy
	// host takes for the way there is no reason for a smaller step.
	spent time.Duration
}

func (db *DB) sweeper(ctx context.Context) *sweeper { return &sweeper{db: db, ctx: ctx, size: 8} }

// steps has remove take away rows, some of the ids at a time, and returns how many went.
// remove gets the ids as listOf binds them, and must do the same when it is run again.
// Between steps others have as much time as a step took with its commit.
func (s *sweeper) steps(ids []int64, remove func(tx *sql.Tx, ids string) (int, error)) (
	removed int, err error) {
	for len(ids) > 0 {
		part := ids[:min(s.size, len(ids))]
		ids = ids[len(part):]
		begun, n, took := time.Now(), 0, time.Duration(0)
		err := s.db.enqueue(job{ctx: s.ctx, do: func(tx *sql.Tx) error {
			begun := time.Now()
			var err error
			s.spent = 0
			n, err = remove(tx, listOf(part))
			if took = s.spent; took == 0 {
				took = time.Since(begun)
			}
			return err
		}, shares: true, later: s.later, done: make(chan error, 1), rows: 1})()
		removed += n
		if err != nil {
			return removed, err
		}
		s.adapt(len(part), took)
		s.db.swept.Add(int64(n))
		if err := s.pause(time.Since(begun)); err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// adapt sets the size of the next step by what one of so many rows took.
func (s *sweeper) adapt(rows int, took time.Duration) {
	if rows < s.size && took < stepTime {
		return // the end of a list says nothing of full steps
	}
	fits := int(float64(rows) * float64(stepTime) / float64(max(took, time.Microsecond)))
	// Slowly up: one quick step may have found its pages in memory. Down at once.
	s.size = max(1, min(fits, 2*s.size, maxStep))
}

// pause leaves the store to others for a while.
func (s *sweeper) pause(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// all removes what next finds, page after page. next returns ids that follow after, at most
// pageSize, in order.
func (s *sweeper) all(next func(after int64) ([]int64, error),
	remove func(tx *sql.Tx, ids string) (int, error)) (removed int, err error) {
	for after := int64(-1 << 62); ; {
		ids, err := next(after)
		if err != nil || len(ids) == 0 {
			return removed, err
		}
		n, err := s.steps(ids, remove)
		removed += n
		if err != nil {
			return removed, err
		}
		after = ids[len(ids)-1]
	}
}

// rows returns a next for all: query gets after, its own arguments, and how many rows at
// most.
func (s *sweeper) rows(query string, args ...any) func(after int64) ([]int64, error) {
	return func(after int64) ([]int64, error) {
		rows, err := s.db.read.QueryContext(s.ctx, query, append(append([]any{after}, args...),
			pageSize)...)
		if err != nil {
			return nil, err
		}
		return ints(rows)
	}
}

// deletion returns a remove for steps that runs statements, each with the ids and its own
// arguments; what the last one removed counts.
func deletion(statements ...string) func(tx *sql.Tx, ids string) (int, error) {
	return func(tx *sql.Tx, ids string) (n int, err error) {
		for _, text := range statements {
			if n, err = affected(tx.Exec(text, ids)); err != nil {
				return 0, err
			}
		}
		return n, nil
	}
}
