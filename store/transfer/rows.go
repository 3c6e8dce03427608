package transfer

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"

	"hisseki/store/postgres"
)

const (
	// batchRows and batchBytes are how much is in memory at once, and in one transaction.
	batchRows  = 1000
	batchBytes = 4 << 20
	// statementValues bounds the placeholders of a statement: SQLite takes 32,766.
	statementValues = 8000
)

// row is a row on its way.
type row struct {
	values   []any // as the target takes them
	key      []any // as the source has it
	replaced bool
	bytes    int
}

// scanRow reads a row of table.rows.
func (t table) scanRow(rows *sql.Rows, toServer bool) (r row, err error) {
	raw := make([]any, len(t.columns)+len(t.key))
	into := make([]any, len(raw))
	for i := range raw {
		into[i] = &raw[i]
	}
	if err := rows.Scan(into...); err != nil {
		return r, err
	}
	r.values, r.key = raw[:len(t.columns)], raw[len(t.columns):]
	for i, c := range t.columns {
		v, err := c.kind.value(raw[i])
		if err != nil {
			return r, fmt.Errorf("column %s: %w", c.name, err)
		}
		switch s := v.(type) {
		case string:
			if toServer {
				v = postgres.Text(s)
				r.replaced = r.replaced || v != s
			}
			r.bytes += len(s)
		case []byte:
			r.bytes += len(s)
		}
		r.values[i] = v
	}
	return r, nil
}

// value gives a value its column's type. A file's columns take any: a text in a BLOB is bytes.
func (k kind) value(v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case int64:
		switch k {
		case whole:
			return x, nil
		case real:
			return float64(x), nil
		}
	case float64:
		if k == real {
			return x, nil
		}
	case string:
		switch k {
		case text:
			return x, nil
		case blob:
			return append([]byte{}, x...), nil // never nil, which is NULL
		}
	case []byte:
		switch k {
		case text:
			return string(x), nil
		case blob:
			return append([]byte{}, x...), nil
		}
	}
	return nil, fmt.Errorf("a %T is no value for it", v)
}

// rowSum is a hash of a row's values. The sum over a table does not depend on the order of rows.
func rowSum(values []any) uint64 {
	h := sha256.New()
	var head [9]byte
	put := func(kind byte, n uint64, data []byte) {
		head[0] = kind
		binary.BigEndian.PutUint64(head[1:], n)
		h.Write(head[:])
		h.Write(data)
	}
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			put(0, 0, nil)
		case int64:
			put(byte(whole), uint64(v), nil)
		case float64:
			put(byte(real), math.Float64bits(v+0), nil) // -0 is 0 in a file
		case string:
			put(byte(text), uint64(len(v)), []byte(v))
		case []byte:
			put(byte(blob), uint64(len(v)), v)
		}
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// copyTable copies what the target does not have yet of a table.
func (r *run) copyTable(ctx context.Context, t table) error {
	s := r.progress.Tables[t.name]
	if s == nil {
		s = &share{}
		r.progress.Tables[t.name] = s
		if err := r.emptied(ctx, t); err != nil {
			return err
		}
	}
	if s.Done {
		return nil
	}
	all, err := t.count(ctx, r.tx)
	if err != nil {
		return err
	}
	var after []any
	for _, k := range s.After {
		after = append(after, k.value())
	}
	b := batch{run: r, table: t, share: s, all: all}
	err = each(ctx, r.tx, t.rows(len(after) > 0), func(rows *sql.Rows) error { return b.add(ctx, rows) }, after...)
	if err == nil {
		s.Done = true
		err = b.flush(ctx)
	}
	return err
}

// emptied takes away what the target's triggers made while the table's parents were copied (an
// incident makes an event): the source has these rows too.
func (r *run) emptied(ctx context.Context, t table) error {
	n, err := t.count(ctx, r.to.read)
	if err != nil || n == 0 {
		return err
	}
	return r.inTarget(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM "`+t.name+`" WHERE `+t.condition())
		return err
	})
}

// batch are the rows that are in memory.
type batch struct {
	run   *run
	table table
	share *share
	all   int64 // rows of the table
	rows  []row
	bytes int
}

func (b *batch) add(ctx context.Context, rows *sql.Rows) error {
	x, err := b.table.scanRow(rows, b.run.to.server)
	if err != nil {
		return err
	}
	b.rows, b.bytes = append(b.rows, x), b.bytes+x.bytes
	if len(b.rows) < batchRows && b.bytes < batchBytes {
		return nil
	}
	return b.flush(ctx)
}

// flush writes the rows and how far the copy is then, in one transaction.
func (b *batch) flush(ctx context.Context) error {
	if n := len(b.rows); n > 0 {
		b.share.After = nil
		for _, v := range b.rows[n-1].key {
			k, err := keyedOf(v)
			if err != nil {
				return err
			}
			b.share.After = append(b.share.After, k)
		}
	}
	b.share.Rows += int64(len(b.rows))
	err := b.run.inTarget(ctx, func(tx *sql.Tx) error {
		if err := b.insert(ctx, tx); err != nil {
			return err
		}
		return b.run.keep(ctx, tx)
	})
	b.rows, b.bytes = b.rows[:0], 0
	if b.share.Rows > 0 {
		b.run.say("%s: %d of %d rows", b.table.name, b.share.Rows, b.all)
	}
	return err
}

// insert writes many rows in a statement. From the first one on whose text had to be changed
// they are written one by one: two keys may have become the same.
func (b *batch) insert(ctx context.Context, tx *sql.Tx) error {
	rows := b.rows
	size := max(1, min(statementValues/len(b.table.columns), 200))
	for len(rows) > 0 {
		n := 1
		if len(rows) >= size {
			n = size
		}
		if b.share.Replaced > 0 || anyReplaced(rows[:n]) {
			if err := b.insertOne(ctx, tx, rows[0]); err != nil {
				return err
			}
			rows = rows[1:]
			continue
		}
		args := make([]any, 0, n*len(b.table.columns))
		for i := range rows[:n] {
			args = append(args, rows[i].values...)
		}
		if _, err := tx.ExecContext(ctx, b.table.insert(n), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func anyReplaced(rows []row) bool {
	for i := range rows {
		if rows[i].replaced {
			return true
		}
	}
	return false
}

func (b *batch) insertOne(ctx context.Context, tx *sql.Tx, x row) error {
	done, err := tx.ExecContext(ctx, b.table.insert(1)+" ON CONFLICT DO NOTHING", x.values...)
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	if err != nil {
		return err
	}
	if x.replaced {
		b.share.Replaced++
	}
	if n == 0 {
		b.share.Merged++
		b.share.Sum += rowSum(x.values)
	}
	return nil
}
