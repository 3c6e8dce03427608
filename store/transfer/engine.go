package transfer

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"time"

	"hisseki/store/postgres"
)

// What the two engines do each in its own way: the catalog, sequences, and who uses a store.

// ourName begins the names of hisseki's connections at a server.
const ourName = "hisseki"

// application is what this process's connections are called at a server.
func application() string { return fmt.Sprintf("%s-store-copy-%d", ourName, os.Getpid()) }

// named gives a URL's connections the name of this copy. A path stays as it is.
func named(place string) string {
	u, err := url.Parse(place)
	if !postgres.IsURL(place) || err != nil { // what is wrong with it is said when it is opened
		return place
	}
	q := u.Query()
	q.Set("application_name", application())
	u.RawQuery = q.Encode()
	return u.String()
}

// unused refuses a server's database that others use: by the heartbeats since a time (zero: none
// count), or by their connections. A file was looked at when it was opened.
func (s *side) unused(ctx context.Context, since time.Time) error {
	if !s.server {
		return nil
	}
	if !since.IsZero() {
		beats, err := s.Beats(ctx)
		if err != nil {
			return err
		}
		for host, at := range beats {
			if at.After(since) {
				return fmt.Errorf("store %s is in use by the agent of %s: stop all serves and agents, wait until the "+
					"heartbeat is old (half a minute) and try again", s.name, host)
			}
		}
	}
	for range closingTries { // who has just ended takes a moment
		others, err := s.others(ctx)
		if err != nil {
			return fmt.Errorf("ask who uses store %s: %w", s.name, err)
		}
		if others == 0 {
			return nil
		}
		select {
		case <-time.After(closingPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("store %s is in use by other connections of hisseki: stop all serves, agents and review pages "+
		"and try again (SELECT * FROM pg_stat_activity shows them)", s.name)
}

// closingTries and closingPause are how long connections may take to end.
const closingTries, closingPause = 20, 100 * time.Millisecond

// others counts hisseki's connections to a server's database that are not this copy's.
func (s *side) others(ctx context.Context) (n int, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT count(*)
		FROM pg_stat_activity
		WHERE datname = current_database()
		  AND application_name LIKE '`+ourName+`%'
		  AND application_name != ?`, application()).Scan(&n)
	return n, err
}

// catalog reads the tables of a store: all but goose's and SQLite's own.
func (s *side) catalog(ctx context.Context, q querier) (map[string]table, error) {
	all := make(map[string]table)
	for _, read := range []func(context.Context, querier, map[string]table) error{s.readColumns, s.readKeys,
		s.readParents, s.readSequences} {
		if err := read(ctx, q, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// serverTables are a server's tables c, without the parts of divided ones.
const serverTables = ` c.relnamespace = current_schema()::regnamespace
	AND c.relkind IN ('r', 'p')
	AND NOT c.relispartition
	AND c.relname != 'goose_db_version' `

// fileTables are a file's tables m.
const fileTables = ` m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND m.name != 'goose_db_version' `

// readColumns leaves out what only a server has: the rowid that it counts itself.
func (s *side) readColumns(ctx context.Context, q querier, all map[string]table) error {
	query := `SELECT m.name, c.name, c.type
		FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE` + fileTables + `ORDER BY m.name, c.cid`
	if s.server {
		query = `SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
			FROM pg_class c
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			WHERE a.attidentity != 'a' AND` + serverTables + `ORDER BY c.relname, a.attnum`
	}
	return each(ctx, q, query, func(rows *sql.Rows) error {
		var name, field, declared string
		if err := rows.Scan(&name, &field, &declared); err != nil {
			return err
		}
		k, ok := kinds[declared]
		if !ok {
			return fmt.Errorf("column %s of table %s has the unknown type %s", field, name, declared)
		}
		t := all[name]
		t.name, t.columns = name, append(t.columns, column{field, k})
		all[name] = t
		return nil
	})
}

// readKeys takes the primary key, else what is unique besides, else the rowid.
func (s *side) readKeys(ctx context.Context, q querier, all map[string]table) error {
	query := `SELECT m.name, c.name
		FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE c.pk > 0 AND` + fileTables + `ORDER BY m.name, c.pk`
	if s.server {
		query = `SELECT c.relname, a.attname
			FROM pg_class c
			JOIN pg_index i ON i.indexrelid = (SELECT u.indexrelid
				FROM pg_index u
				WHERE u.indrelid = c.oid AND u.indisunique AND u.indpred IS NULL AND u.indexprs IS NULL
				ORDER BY u.indisprimary DESC, u.indexrelid
				LIMIT 1)
			CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, ord)
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
			WHERE` + serverTables + `ORDER BY c.relname, k.ord`
	}
	err := each(ctx, q, query, func(rows *sql.Rows) error {
		var name, key string
		if err := rows.Scan(&name, &key); err != nil {
			return err
		}
		t := all[name]
		t.key = append(t.key, key)
		all[name] = t
		return nil
	})
	for name, t := range all {
		if len(t.key) == 0 {
			t.key = []string{"rowid"} // which a server's table has as a column
			all[name] = t
		}
	}
	return err
}

func (s *side) readParents(ctx context.Context, q querier, all map[string]table) error {
	query := `SELECT m.name, f."table"
		FROM sqlite_schema m, pragma_foreign_key_list(m.name) f
		WHERE` + fileTables
	if s.server {
		query = `SELECT c.relname, p.relname
			FROM pg_constraint f
			JOIN pg_class c ON c.oid = f.conrelid
			JOIN pg_class p ON p.oid = f.confrelid
			WHERE f.contype = 'f' AND` + serverTables
	}
	return each(ctx, q, query, func(rows *sql.Rows) error {
		var name, parent string
		if err := rows.Scan(&name, &parent); err != nil {
			return err
		}
		t := all[name]
		t.parents = append(t.parents, parent)
		all[name] = t
		return nil
	})
}

// readSequences finds the ids that never come again. A file has a row of sqlite_sequence as soon
// as one was given.
func (s *side) readSequences(ctx context.Context, q querier, all map[string]table) error {
	query := `SELECT m.name, c.name, coalesce((SELECT max(q.seq) FROM sqlite_sequence q WHERE q.name = m.name), 0)
		FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE c.pk > 0 AND m.sql LIKE '%AUTOINCREMENT%' AND` + fileTables
	if s.server {
		query = `SELECT c.relname, a.attname,
				coalesce(pg_sequence_last_value(pg_get_serial_sequence(c.oid::regclass::text, a.attname)::regclass), 0)
			FROM pg_class c
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity = 'd'
			WHERE` + serverTables
	}
	return each(ctx, q, query, func(rows *sql.Rows) error {
		var name, column string
		var last int64
		if err := rows.Scan(&name, &column, &last); err != nil {
			return err
		}
		t := all[name]
		t.sequence, t.last = column, last
		all[name] = t
		return nil
	})
}

// setSequences sets the target's sequences behind the highest id and behind the source's: an id
// that was purged stands in saved profiles and in the audit log, and must not come again.
func (s *side) setSequences(ctx context.Context, tables []table) error {
	for _, t := range tables {
		if t.sequence == "" {
			continue
		}
		last := t.last
		var highest int64
		err := s.read.QueryRowContext(ctx, `SELECT coalesce(max("`+t.sequence+`"), 0) FROM "`+t.name+`"`).Scan(&highest)
		if err != nil {
			return err
		}
		if last = max(last, highest); last == 0 {
			continue
		}
		if s.server {
			_, err = s.write.ExecContext(ctx, `SELECT setval(pg_get_serial_sequence(?, ?), ?)`, t.name, t.sequence, last)
		} else {
			err = s.setFileSequence(ctx, t.name, last)
		}
		if err != nil {
			return fmt.Errorf("%s.%s: %w", t.name, t.sequence, err)
		}
	}
	return nil
}

// setFileSequence writes SQLite's own table, which has no unique index.
func (s *side) setFileSequence(ctx context.Context, name string, last int64) error {
	_, err := s.write.ExecContext(ctx, `DELETE FROM sqlite_sequence WHERE name = ?`, name)
	if err == nil {
		_, err = s.write.ExecContext(ctx, `INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)`, name, last)
	}
	return err
}

// each calls something for each row of a query.
func each(ctx context.Context, q querier, query string, do func(*sql.Rows) error, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
