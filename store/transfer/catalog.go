package transfer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// kind is what a column holds.
type kind byte

const (
	whole kind = iota + 1
	real
	text
	blob
)

// kinds are the types of both engines' schemas.
var kinds = map[string]kind{"INTEGER": whole, "bigint": whole, "REAL": real, "double precision": real,
	"TEXT": text, "text": text, "BLOB": blob, "bytea": blob}

type column struct {
	name string
	kind kind
}

// table is a table as its store's schema has it.
type table struct {
	name     string
	columns  []column
	key      []string // columns that tell rows apart, in whose order they are read
	parents  []string // tables that it refers to
	sequence string   // the column of ids that never come again, "" for none
	last     int64    // of them, 0 for none
}

// catalogs reads both sides' schemas, and returns the source's tables, each behind its parents.
func (r *run) catalogs(ctx context.Context) ([]table, error) {
	from, err := r.from.catalog(ctx, r.tx)
	if err != nil {
		return nil, fmt.Errorf("read the tables of %s: %w", r.from.name, err)
	}
	to, err := r.to.catalog(ctx, r.to.read)
	if err != nil {
		return nil, fmt.Errorf("read the tables of %s: %w", r.to.name, err)
	}
	if err := alike(from, to); err != nil {
		return nil, fmt.Errorf("%s and %s cannot hold the same: %w", r.from.name, r.to.name, err)
	}
	for name, t := range from {
		t.sequence = to[name].sequence
		t.parents = append(t.parents, to[name].parents...) // those of either
		from[name] = t
	}
	return ordered(from)
}

// alike says which table or column one side lacks.
func alike(from, to map[string]table) error {
	for _, name := range slices.Sorted(maps.Keys(from)) {
		a, b := columnsOf(from[name]), columnsOf(to[name])
		if !slices.Equal(a, b) {
			return fmt.Errorf("table %s has the columns %v here and %v there", name, a, b)
		}
		if len(from[name].key) == 0 {
			return fmt.Errorf("table %s has nothing that tells rows apart", name)
		}
	}
	for name := range to {
		if _, ok := from[name]; !ok {
			return fmt.Errorf("only the target has a table %s", name)
		}
	}
	return nil
}

func columnsOf(t table) (list []string) {
	for _, c := range t.columns {
		list = append(list, fmt.Sprintf("%s/%d", c.name, c.kind))
	}
	slices.Sort(list)
	return list
}

// ordered puts tables behind those that they refer to.
func ordered(all map[string]table) (list []table, err error) {
	placed := make(map[string]bool)
	for len(list) < len(all) {
		before := len(list)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			t := all[name]
			if placed[name] || slices.ContainsFunc(t.parents, func(p string) bool { return p != name && !placed[p] }) {
				continue
			}
			placed[name] = true
			list = append(list, t)
		}
		if len(list) == before {
			return nil, fmt.Errorf("tables refer to each other in a circle, beside %v", placed)
		}
	}
	return list, nil
}

// settings is the table that also has the copy's own row.
const settings = "setting"

// condition leaves the copy's own row out.
func (t table) condition() string {
	if t.name == settings {
		return `"key" != '` + copyKey + `'`
	}
	return "1 = 1"
}

// quoted lists names of columns for a statement: "offset" is a word of SQL.
func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }

func (t table) names() (list []string) {
	for _, c := range t.columns {
		list = append(list, c.name)
	}
	return list
}

// rows is the query for all rows behind a key, in the key's order: the columns, then the key.
func (t table) rows(behind bool) string {
	query := "SELECT " + quoted(t.names()) + ", " + quoted(t.key) + ` FROM "` + t.name + `" WHERE ` + t.condition()
	if behind {
		query += " AND (" + quoted(t.key) + ") > (?" + strings.Repeat(", ?", len(t.key)-1) + ")"
	}
	return query + " ORDER BY " + quoted(t.key)
}

// insert is the statement for so many rows.
func (t table) insert(rows int) string {
	one := "(?" + strings.Repeat(", ?", len(t.columns)-1) + ")"
	return `INSERT INTO "` + t.name + `" (` + quoted(t.names()) + ") VALUES " + one + strings.Repeat(", "+one, rows-1)
}

// count counts the rows.
func (t table) count(ctx context.Context, q querier) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT count(*) FROM "`+t.name+`" WHERE `+t.condition()).Scan(&n)
	return n, err
}
