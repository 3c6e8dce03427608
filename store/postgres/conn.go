package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// conn is a connection that takes statements with SQLite's placeholders.
type conn struct {
	*stdlib.Conn
	commit  string // of a writer: it tells other nodes, in the same round trip; "" for readers
	gate    *Gate
	term    int64 // of the primary that it goes to
	patient bool  // the URL says how long the server waits amid a transaction
	amid    bool  // a writer's transaction
}

// ResetSession is asked before a connection is used again. One to a server that was the primary
// before is not: it may be frozen, or answer with what was true then.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.gate.termNow() != c.term {
		return driver.ErrBadConn
	}
	return c.Conn.ResetSession(ctx)
}

func (c *conn) Prepare(query string) (driver.Stmt, error) { return c.Conn.Prepare(Numbered(query)) }

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.Conn.PrepareContext(ctx, Numbered(query))
	c.doubted(err)
	return s, c.said(err)
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (
	driver.Result, error) {
	r, err := c.Conn.ExecContext(ctx, Numbered(query), args)
	c.doubted(err)
	return r, c.said(err)
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (
	driver.Rows, error) {
	r, err := c.Conn.QueryContext(ctx, Numbered(query), args)
	c.doubted(err)
	return r, c.said(err)
}

// said is a statement's error with what to do. That a connection ended amid a transaction the driver
// says in no words.
func (c *conn) said(err error) error {
	if c.amid && (errors.Is(err, driver.ErrBadConn) || Ended(err)) {
		c.gate.patience.grow(time.Now())
		return endedError{fmt.Errorf("%w: the server ended the transaction, and nothing of it is kept: try again. It ends one "+
			"whose process says nothing for %v, as on a busy host; idle_in_transaction_session_timeout in the "+
			"URL makes that longer", err, idleTimeout)}
	}
	return forbidden(err)
}

// endedError says that the server ended a transaction before it was to be committed.
type endedError struct{ error }

func (e endedError) Unwrap() error { return e.error }

// idleInTransaction is what a server says to a session that said nothing for too long (PostgreSQL,
// appendix A).
const idleInTransaction = "25P03"

// Ended says whether an error means that the server ended a transaction whose process said nothing for a
// while, and that nothing of it is kept, for certain: it may be run again.
func Ended(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, new(endedError)) || errors.As(err, &said) && said.Code == idleInTransaction
}

// unsent says that nothing of a message was written. pgconn.SafeToRetry says so too of a connection that
// broke while the answer to a COMMIT was awaited ("conn closed").
func unsent(err error) bool {
	var broken *net.OpError
	return errors.As(err, &broken) && broken.Op == "write" && pgconn.SafeToRetry(err)
}

// forbidden adds what to do to "permission denied for table override": the configuration names
// serve's role, and a reviewer's command needs another.
func forbidden(err error) error {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == insufficientPrivilege {
		return Explained(err)
	}
	return err
}

// unsyncedKey marks a context.
type unsyncedKey struct{}

// Unsynced returns a context for a writer's transaction whose commit does not wait until it is durable: a
// crash of the server may undo it. Whoever needs to know calls Settle.
func Unsynced(ctx context.Context) context.Context {
	return context.WithValue(ctx, unsyncedKey{}, true)
}

// BeginTx begins a transaction; a writer's waits for those of all hosts before it.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if c.commit == "" || opts.ReadOnly {
		tx, err := c.Conn.BeginTx(ctx, opts)
		c.doubted(err)
		return tx, err
	}
	if opts.Isolation != driver.IsolationLevel(sql.LevelDefault) {
		return nil, fmt.Errorf("unsupported isolation: %v", opts.Isolation)
	}
	pg := c.Conn.Conn()
	if pg.IsClosed() {
		return nil, driver.ErrBadConn
	}
	tx, err := pg.BeginTx(ctx, pgx.TxOptions{BeginQuery: c.beginning(ctx), CommitQuery: c.commit})
	if err != nil {
		if !pg.IsClosed() && pg.PgConn().TxStatus() != 'I' {
			_, _ = pg.Exec(ctx, "rollback")
		}
		c.doubted(err)
		return nil, Explained(err)
	}
	c.amid = true
	return locked{ctx, tx, c}, nil
}

// locked is a transaction that has the lock.
type locked struct {
	ctx context.Context
	tx  pgx.Tx
	of  *conn
}

func (l locked) Commit() error {
	l.of.amid = false
	closed := l.of.Conn.Conn().IsClosed()
	err := l.tx.Commit(l.ctx)
	if err != nil && (closed || unsent(err)) {
		err = endedError{err}
	}
	if Ended(err) {
		l.of.gate.patience.grow(time.Now())
	}
	l.of.doubted(err)
	return err
}

func (l locked) Rollback() error {
	l.of.amid = false
	return l.tx.Rollback(l.ctx)
}

// CheckNamedValue puts a value into a form that the server takes: whole numbers for booleans, as
// the tables have them, and text without what PostgreSQL's text cannot hold. Mail is hostile: a
// subject may have NUL and bytes that are no UTF-8.
func (c *conn) CheckNamedValue(v *driver.NamedValue) (err error) {
	switch v.Value.(type) {
	case []int64, []float64, []string, [][]byte: // a column, as of Columns
		return nil
	}
	v.Value, err = plain(v.Value)
	return err
}

// plain is a value as the server takes it.
func plain(v any) (any, error) {
	value, err := driver.DefaultParameterConverter.ConvertValue(v)
	switch x := value.(type) {
	case bool:
		value = int64(0)
		if x {
			value = int64(1)
		}
	case string:
		value = Text(x)
	}
	return value, err
}

// Text is a text as the server keeps it: what is no UTF-8, and NUL, is U+FFFD.
func Text(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\ufffd")
	}
	return s
}
