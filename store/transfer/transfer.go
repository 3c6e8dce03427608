// Package transfer copies a whole store from an SQLite file to a PostgreSQL database, or back
// (`hisseki store copy`). Rows are copied as they are, with their ids, signatures and the store's
// secret, table by table and each behind those that it refers to. The list of tables is the schema's:
// one that a migration adds is copied without anybody thinking of it.
//
// How far a copy is stands in its target, in the transaction of the rows themselves, so that a
// copy that was ended goes on where it was; until it is whole nobody else opens the target. At the
// end both sides are read again: the same rows in each table, and the same bytes of each
// sender's profile with all lessons folded in.
package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"hisseki/ledger"
	"hisseki/store"
	"hisseki/store/postgres"
)

// Copying says what is copied where.
type Copying struct {
	From, To string        // one is a path, the other a postgres:// URL
	Alive    time.Duration // how old the heartbeat of a living agent may be
	Now      func() time.Time
	Signs    ledger.Signs // signs the line of the audit log
	By       string       // who is named there
	Say      func(string) // is told how far it is, a line each time
}

// Copied says what was copied, and compared.
type Copied struct {
	Tables, Rows, Profiles int64
	Replaced               int64 // rows with bytes that PostgreSQL's text cannot hold: U+FFFD is in their place
	Merged                 int64 // rows that are the same as another one after that, and were left out
}

// side is one of the two stores.
type side struct {
	*store.DB
	name        string // as people may see it
	server      bool
	read, write *sql.DB
}

// Copy copies a store and compares the two. What stands in the way is said before anything is
// written. After an error, or the end of ctx, the same call goes on where it was.
func Copy(ctx context.Context, c Copying) (done Copied, err error) {
	if postgres.IsURL(c.From) == postgres.IsURL(c.To) {
		return done, errors.New("one of FROM and TO must be a file and the other a postgres:// URL: " +
			"hisseki backup copies a file, pg_dump a database")
	}
	from, err := c.source(ctx)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := c.target(ctx)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	r := &run{Copying: c, from: from, to: to}
	if err := r.all(ctx); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("interrupted: run the same command again, it goes on where it was: %w", ctx.Err())
		}
		return r.done, err
	}
	return r.done, nil
}

// source opens what is copied.
func (c *Copying) source(ctx context.Context) (*side, error) {
	s := newSide(c.From)
	db, err := store.OpenReadOnly(ctx, named(c.From), store.Options{Now: c.Now,
		Copying: func(read, _ *sql.DB) { s.read = read }})
	if err != nil {
		return nil, err
	}
	s.DB = db
	if err := s.unused(ctx, c.Now().Add(-c.Alive)); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// target opens, or makes, the store that is filled.
func (c *Copying) target(ctx context.Context) (*side, error) {
	s := newSide(c.To)
	db, err := store.Open(ctx, named(c.To), store.Options{Now: c.Now, Signs: c.Signs,
		Copying: func(read, write *sql.DB) { s.read, s.write = read, write }})
	if err != nil {
		return nil, err
	}
	s.DB = db
	// Of its heartbeats those are the source's that are copied already.
	if err := s.unused(ctx, time.Time{}); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func newSide(place string) *side {
	if postgres.IsURL(place) {
		return &side{name: postgres.Shown(place), server: true}
	}
	return &side{name: place}
}

// run is a copy under way.
type run struct {
	Copying
	from, to *side
	tx       *sql.Tx // one state of the source, whoever writes to it
	tables   []table
	progress *progress
	done     Copied
	said     time.Time
}

func (r *run) all(ctx context.Context) (err error) {
	r.tx, err = r.from.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read store %s: %w", r.from.name, err)
	}
	defer r.tx.Rollback() //nolint:errcheck // read only
	if r.tables, err = r.catalogs(ctx); err != nil {
		return err
	}
	before, err := lastOf(ctx, r.tx)
	if err != nil {
		return err
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	for _, t := range r.tables {
		if err := r.copyTable(ctx, t); err != nil {
			return fmt.Errorf("copy table %s: %w", t.name, err)
		}
	}
	if err := r.to.setSequences(ctx, r.tables); err != nil {
		return fmt.Errorf("set the sequences of %s: %w", r.to.name, err)
	}
	if err := r.verify(ctx); err != nil {
		return err
	}
	if after, err := lastOf(ctx, r.from.read); err != nil || after != before {
		return errors.Join(err, fmt.Errorf("store %s was written to meanwhile: stop whatever uses it, empty %s "+
			"and copy anew", r.from.name, r.to.name))
	}
	return r.end(ctx)
}

// querier is a transaction or connections.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// lastOf returns the last ids of what every write leaves a trace in.
func lastOf(ctx context.Context, q querier) (last [3]int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT
			(SELECT coalesce(max(id), 0) FROM journal),
			(SELECT coalesce(max(id), 0) FROM lesson),
			(SELECT coalesce(max(id), 0) FROM audit)`).Scan(&last[0], &last[1], &last[2])
	return last, err
}

// sayEvery is how often is told how far a long copy is.
const sayEvery = 2 * time.Second

// say tells how far it is, now and then.
func (r *run) say(format string, args ...any) {
	if now := r.Now(); now.Sub(r.said) >= sayEvery {
		r.said = now
		r.Say(fmt.Sprintf(format, args...))
	}
}
