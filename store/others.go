package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"hisseki/analyzer"
	"hisseki/store/postgres"
)

const (
	// othersEvery is how often a node looks for what others recorded, if it hears nothing of them.
	othersEvery = 200 * time.Millisecond
	// othersPause is the least time from one look to the next: a busy site commits all the time.
	othersPause = 40 * time.Millisecond
	// othersQuiet is how many looks must find nothing before a node waits to be told. Who told of a
	// record tells of none for a pause, and a later one may be seen later than the next look.
	othersQuiet = 2
	// othersWithin is how long a look may take: a database that takes longer hangs.
	othersWithin = 5 * time.Second
	// othersAtOnce bounds how many records one look takes in.
	othersAtOnce = 2000
)

// others is what a node knows of the records of nodes that share its database.
type others struct {
	mu   sync.Mutex
	seen int64          // the last record that was looked at
	own  map[int64]bool // this node's records after it
	told time.Time      // when other nodes were last told of a record: the committer's

	publishing sync.Mutex // held while this node's records can be seen and are not in own
}

// wrote notes a record of this node's own. It is noted before the commit: a number that is rolled
// back is never given again.
func (o *others) wrote(id int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.own != nil && id > o.seen {
		o.own[id] = true
	}
}

// begin looks at nothing that was there before.
func (o *others) begin(ctx context.Context, read *sql.DB) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.own = make(map[int64]bool)
	return read.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM journal`).Scan(&o.seen)
}

// Others tells hear what other nodes record in the same database, until ctx ends: it looks when one
// of them says that it committed, and every 200 ms, and tells of looks that found nothing too. An SQLite
// file has no other nodes, and Others returns at once. trouble is told of every look that failed.
func (db *DB) Others(ctx context.Context, hear func([]analyzer.Elsewhere), trouble func(error)) {
	if !db.onServer() {
		return
	}
	woken := make(chan struct{}, 1)
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() {
		db.gate.Listen(ctx, func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
	})
	tick := time.NewTicker(othersEvery)
	defer tick.Stop()
	for quiet := 0; ; {
		next := time.After(othersPause)
		look, cancel := context.WithTimeout(ctx, othersWithin)
		found, err := db.lookAtOthers(look, hear)
		cancel()
		if err != nil && ctx.Err() == nil && !errors.Is(err, postgres.ErrAway) { // which is said already
			db.gate.Doubt() // whether it hangs or not
			trouble(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-next:
		}
		if quiet++; found {
			quiet = 0
		}
		if quiet < othersQuiet {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-tick.C:
		}
	}
}

// lookAtOthers tells hear of all records of others since the last look, and says whether there were
// any, of this node too.
func (db *DB) lookAtOthers(ctx context.Context, hear func([]analyzer.Elsewhere)) (found bool, err error) {
	for {
		list, last, n, err := db.othersSince(ctx)
		if err == nil && n > 0 {
			err = db.settle(ctx)
		}
		if err != nil {
			return found, wrapped("look for other hosts' mail", err)
		}
		hear(list)
		db.others.passed(last)
		found = found || n > 0
		if n < othersAtOnce {
			return found, nil
		}
	}
}

// tell says whether other nodes are to be told of records now: they look no more often anyway.
func (o *others) tell(now time.Time) bool {
	if now.Sub(o.told) < othersPause {
		return false
	}
	o.told = now
	return true
}

// passed notes up to where was looked.
func (o *others) passed(last int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen = max(o.seen, last)
	for id := range o.own {
		if id <= o.seen {
			delete(o.own, id)
		}
	}
}

// isOwn says whether a record is this node's.
func (o *others) isOwn(id int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.own[id]
}

// othersSince reads the next records, others' of them with what they carried, and returns the last
// record and how many there were. Ids rise in the order of commits, so none comes later that is
// lower (docs/design.md, "Several hosts").
func (db *DB) othersSince(ctx context.Context) (list []analyzer.Elsewhere, last int64, n int, err error) {
	db.others.mu.Lock()
	seen := db.others.seen
	db.others.mu.Unlock()
	last = seen
	rows, err := db.read.QueryContext(ctx, `SELECT
			id,
			sender,
			action,
			would,
			points,
			sum,
			observation
		FROM journal
		WHERE id > ?
		ORDER BY id
		LIMIT ?`, seen, othersAtOnce)
	if err != nil {
		return nil, last, 0, err
	}
	defer rows.Close()
	// After it this node has noted its own of what is in these rows.
	db.others.publishing.Lock()
	//lint:ignore SA2001 it only waits
	db.others.publishing.Unlock()
	for rows.Next() {
		var e analyzer.Elsewhere
		var obs sql.RawBytes
		if err := rows.Scan(&e.ID, &e.Sender, &e.Action, &e.Would, &e.Points, &e.Sum, &obs); err != nil {
			return nil, last, n, err
		}
		n, last = n+1, e.ID
		if db.others.isOwn(e.ID) {
			continue
		}
		if err := e.Observation.UnmarshalBinary(obs); err != nil {
			return nil, last, n, fmt.Errorf("journal row %d: %w", e.ID, err)
		}
		list = append(list, e)
	}
	return list, last, n, rows.Err()
}
