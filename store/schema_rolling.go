package store

import (
	"context"
	"database/sql"
	"fmt"
)

// A step of the schema that only adds (a table, a column with a default) does not disturb a program that
// does not know of it. Such a migration says so at its end, in a comment that only the tables' owner can
// write, and the hosts are then brought up to date one after the other while the others go on:
//
//	COMMENT ON TABLE goose_db_version IS 'schema 34 may be written by 33';
//
// It is about the schema that it names alone: a later step that says nothing of itself refuses all older
// programs. An SQLite file has one host, which is one program at a time.

// allowed reads the oldest schema whose programs may write to the newest one, 0 for none but its own.
func allowed(comment string, version int64) (oldest int64) {
	var of int64
	if _, err := fmt.Sscanf(comment, "schema %d may be written by %d", &of, &oldest); err != nil || of != version {
		return 0
	}
	return oldest
}

// stands asks for a database's schema and for whom it allows.
const stands = `SELECT coalesce(max(version_id), 0), coalesce(obj_description('goose_db_version'::regclass, 'pg_class'), '')
	FROM goose_db_version`

// readStands reads the answer to stands.
func readStands(row scanner, f *found) error {
	var comment string
	if err := row.Scan(&f.version, &comment); err != nil {
		return err
	}
	f.oldest = allowed(comment, f.version)
	return nil
}

// serverVersion reads which migrations a database has had, 0 for none.
func serverVersion(ctx context.Context, plain *sql.DB, f *found) error {
	var has bool
	if err := plain.QueryRowContext(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).
		Scan(&has); err != nil || !has {
		return err
	}
	return readStands(plain.QueryRowContext(ctx, stands), f)
}
