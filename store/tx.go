package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// scanner is a row of a query.
type scanner interface{ Scan(...any) error }

// where collects conditions of a query; all must hold.
type where struct {
	parts []string
	args  []any
}

func (w *where) add(cond string, args ...any) {
	w.parts = append(w.parts, cond)
	w.args = append(w.args, args...)
}

func (w *where) text() string {
	if len(w.parts) == 0 {
		return "1 = 1"
	}
	return strings.Join(w.parts, " AND ")
}

// in adds a choice of values; none is not a condition.
func in[T any](w *where, column string, values []T) {
	if len(values) > 0 {
		list := anyOf
		if _, whole := any(values[0]).(int64); whole {
			list = anyID
		}
		w.add(column+" IN "+list, listOf(values))
	}
}

// between adds [since, until) for a column of unix seconds; a zero time is not a bound.
func (w *where) between(column string, since, until time.Time) {
	if !since.IsZero() {
		w.add(column+" >= ?", since.Unix())
	}
	if !until.IsZero() {
		w.add(column+" < ?", until.Unix())
	}
}

// anyOf stands for any number of values that are bound as one by listOf: "id IN "+anyOf.
// A placeholder for each would end at 32,766, and every number of them would be planned
// anew.
const anyOf = "(SELECT value FROM json_each(?))"

// anyID is anyOf for whole numbers. A list's values are texts to PostgreSQL.
const anyID = "(SELECT CAST(value AS BIGINT) FROM json_each(?))"

// addressLines joins the addresses of rows of recipient, in the envelope's order.
const addressLines = "coalesce(string_agg(address, '\n' ORDER BY rowid), '')"

// listOf binds values for anyOf. Whole numbers, strings and what is made of these always
// have a JSON form.
func listOf[T any](values []T) string {
	if len(values) == 0 {
		return "[]" // not null, which is a list of one
	}
	data, err := json.Marshal(values)
	if err != nil {
		panic("store: " + err.Error())
	}
	return string(data)
}

// literals writes constants of the ledger into a statement that is put together once.
func literals[T ~string](values []T) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + strings.ReplaceAll(string(v), "'", "''") + "'"
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

// anyLimit is what LIMIT takes for n rows, where 0 means all.
func anyLimit(n int) int {
	if n <= 0 {
		return math.MaxInt64
	}
	return n
}

// ints reads and closes rows of one whole number.
func ints(rows *sql.Rows) ([]int64, error) { return column[int64](rows) }

// column reads and closes rows of one value.
func column[T any](rows *sql.Rows) (list []T, err error) {
	defer rows.Close()
	for rows.Next() {
		var x T
		if err := rows.Scan(&x); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

// oneID reads a row's id, 0 for no row.
func oneID(row *sql.Row) (id int64, err error) {
	if err = row.Scan(&id); errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// texts reads and closes rows of one text.
func texts(rows *sql.Rows) (list []string, err error) {
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// changed says whether a statement changed a row.
func changed(res sql.Result, err error) (bool, error) {
	n, err := affected(res, err)
	return n > 0, err
}

// affected says how many rows a statement changed.
func affected(res sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// wrapped says what failed; no error stays none.
func wrapped(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// unix and fromUnix keep the zero time as 0.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func fromUnix(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}
