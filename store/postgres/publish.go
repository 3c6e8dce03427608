package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Rows that need nothing of what is stored do not need the writers' lock until they are on the
// disk. They are committed unsynced, which takes the lock for as long as it takes to insert them; the
// transaction behind it is an empty one whose commit waits for the disk and the synchronous standbys, as
// synchronous_commit says, and so for all that was committed before it. Many nodes wait for the same
// sync. Both go to the server in one write and are answered together: one round trip.

// Turn is the part of a WITH clause that takes the writers' lock. Who selects FROM turn has it.
var Turn = fmt.Sprintf("turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(%d))", Lock)

const (
	// unsynced are the settings of a transaction that does not wait for the disk, and waits for other
	// writers only as long as a mail can wait.
	unsynced = `SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '500', true)`
	// andTell is unsynced for one that others hear of, after the commit.
	andTell = unsynced + `, pg_notify('` + channel + `', '')`
	// synced commits something, durably. What it writes means nothing: a logical message that no one reads.
	synced = `SELECT pg_logical_emit_message(true, 'hisseki', ''::text)`
)

// mostPublished is how many bytes one publication may have: more than what a socket's buffer takes at once
// may be cut in two where this process is stopped, and the server waits for the rest with the lock.
const mostPublished = 64 << 10

// ErrLarge says that a publication has too many bytes, and nothing was sent.
var ErrLarge = errors.New("too many rows for one publication")

// ErrUnsynced says that the server refused to wait for the disk: its role may not call
// pg_logical_emit_message, which everybody may where nobody took it away.
var ErrUnsynced = errors.New("the server refuses to wait until what was committed is durable")

// NotDone is an error of a publication that left nothing behind, for certain.
type NotDone struct{ Err error }

func (e NotDone) Error() string { return e.Err.Error() }

// Unwrap returns why.
func (e NotDone) Unwrap() error { return e.Err }

// Publish commits what a statement does, which selects FROM Turn and returns rows of two whole numbers.
// seen is told these as soon as other nodes may see what was done; Publish returns when it is durable. Other
// nodes are told where tell says so. A column is a []int64, []float64, []string or [][]byte. An error that is no NotDone leaves open whether
// it was done.
func Publish(ctx context.Context, db *sql.DB, query string, columns []any, tell bool,
	seen func([][2]int64)) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return NotDone{err}
	}
	defer c.Close()
	return c.Raw(func(raw any) error {
		c, ok := raw.(*conn)
		if !ok {
			return NotDone{fmt.Errorf("publish by a %T", raw)}
		}
		err := c.publish(ctx, query, columns, tell, seen)
		c.doubted(err)
		if c.Conn.Conn().IsClosed() {
			return errors.Join(err, driver.ErrBadConn) // database/sql forgets it
		}
		return err
	})
}

func (c *conn) publish(ctx context.Context, query string, columns []any, tell bool,
	seen func([][2]int64)) error {
	pg := c.Conn.Conn()
	settings := unsynced
	if tell {
		settings = andTell
	}
	first, err := pg.Prepare(ctx, settings, settings)
	if err != nil {
		return NotDone{Explained(err)}
	}
	insert, err := pg.Prepare(ctx, query, query)
	if err != nil {
		return NotDone{Explained(err)}
	}
	last, err := pg.Prepare(ctx, synced, synced)
	if err != nil {
		return NotDone{Explained(err)}
	}
	var params pgx.ExtendedQueryBuilder
	if err := params.Build(pg.TypeMap(), insert, columns); err != nil {
		return NotDone{err}
	}
	size := 0
	for _, v := range params.ParamValues {
		size += len(v)
	}
	if size > mostPublished {
		return NotDone{ErrLarge}
	}
	p := pg.PgConn().StartPipeline(ctx)
	p.SendQueryStatement(first, nil, nil, nil)
	p.SendQueryStatement(insert, params.ParamValues, params.ParamFormats, params.ResultFormats)
	p.SendPipelineSync()
	p.SendQueryStatement(last, nil, nil, nil)
	err = p.Sync()
	switch {
	case err == nil:
		err = published(p, seen)
	case unsent(err):
		err = NotDone{err}
	}
	return errors.Join(err, p.Close())
}

// published reads the answers to a publication.
func published(p *pgconn.Pipeline, seen func([][2]int64)) error {
	rows, err := answers(p)
	if refused(err) {
		err = NotDone{Explained(err)}
	}
	if err == nil {
		seen(rows)
	}
	_, late := answers(p)
	if refused(late) {
		late = fmt.Errorf("%w: %w", ErrUnsynced, Explained(late))
	}
	if err == nil {
		return late
	}
	return err
}

// refused says whether the server refused a transaction and goes on: nothing of it is kept. Severity is
// in the language of lc_messages ("FEHLER").
func refused(err error) bool {
	said := (*pgconn.PgError)(nil)
	return errors.As(err, &said) && said.SeverityUnlocalized == "ERROR"
}

// answers reads what is answered up to a Sync: rows of two whole numbers of the last statement that
// has such rows, or the first error.
func answers(p *pgconn.Pipeline) (rows [][2]int64, err error) {
	for {
		got, failed := p.GetResults()
		if err == nil {
			err = failed
		}
		switch got := got.(type) {
		case *pgconn.ResultReader:
			list, failed := pairs(got)
			if err == nil {
				rows, err = list, failed
			}
		case *pgconn.PipelineSync:
			return rows, err
		default:
			if pg := (*pgconn.PgError)(nil); !errors.As(failed, &pg) {
				return nil, errors.Join(err, errUnanswered)
			}
		}
	}
}

var errUnanswered = errors.New("the server did not answer")

// pairs reads and closes rows of two whole numbers; others are passed over.
func pairs(r *pgconn.ResultReader) (rows [][2]int64, err error) {
	for r.NextRow() {
		if v := r.Values(); len(v) == 2 && len(v[0]) == 8 && len(v[1]) == 8 {
			rows = append(rows, [2]int64{
				int64(binary.BigEndian.Uint64(v[0])), int64(binary.BigEndian.Uint64(v[1]))})
		}
	}
	_, err = r.Close()
	return rows, err
}

// Settle waits until all that is committed is durable.
func Settle(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, synced)
	return err
}

// Columns turns rows into a column for each of their places, as Publish takes them. Each place has
// values of one type.
func Columns(rows [][]any) ([]any, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	columns := make([]any, len(rows[0]))
	for i := range columns {
		column, err := columnOf(rows, i)
		if err != nil {
			return nil, err
		}
		columns[i] = column
	}
	return columns, nil
}

func columnOf(rows [][]any, i int) (any, error) {
	var whole []int64
	var real []float64
	var texts []string
	var blobs [][]byte
	for _, row := range rows {
		v, err := plain(row[i])
		if err != nil {
			return nil, err
		}
		switch v := v.(type) {
		case int64:
			whole = append(whole, v)
		case float64:
			real = append(real, v)
		case string:
			texts = append(texts, v)
		case []byte:
			blobs = append(blobs, v)
		default:
			return nil, fmt.Errorf("a column has a %T", v)
		}
	}
	for _, column := range []struct {
		n      int
		values any
	}{{len(whole), whole}, {len(real), real}, {len(texts), texts}, {len(blobs), blobs}} {
		if column.n == len(rows) {
			return column.values, nil
		}
	}
	return nil, fmt.Errorf("column %d has values of several types", i)
}
