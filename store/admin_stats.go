package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"hisseki/ledger"
)

// Stats says how much is in the store.
type Stats struct {
	Schema    int64
	Mails     int       // in the journal
	Oldest    time.Time // of them, zero without any
	Lessons   int
	Profiles  int // with the organisation's
	Holds     map[ledger.State]int
	Incidents map[ledger.IncidentState]int
	Bytes     int64 // of the file
	LogBytes  int64 // of the write-ahead log
}

// Stats counts. On a large journal it takes a while.
func (db *DB) Stats(ctx context.Context) (Stats, error) {
	s := Stats{Holds: map[ledger.State]int{}, Incidents: map[ledger.IncidentState]int{}}
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s, fmt.Errorf("count: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // read only
	var oldest int64
	err = tx.QueryRowContext(ctx, `SELECT
			(SELECT max(version_id) FROM goose_db_version),
			(SELECT count(*) FROM journal),
			(SELECT coalesce(min(at), 0) FROM journal),
			(SELECT count(*) FROM lesson),
			(SELECT count(*) FROM profile)`).
		Scan(&s.Schema, &s.Mails, &oldest, &s.Lessons, &s.Profiles)
	if err != nil {
		return s, fmt.Errorf("count: %w", err)
	}
	s.Oldest = fromUnix(oldest)
	if err := tally(ctx, tx, `SELECT state, count(*) FROM hold GROUP BY state`, s.Holds); err != nil {
		return s, err
	}
	if err := tally(ctx, tx, `SELECT state, count(*) FROM incident GROUP BY state`,
		s.Incidents); err != nil {
		return s, err
	}
	s.Bytes, s.LogBytes = size(db.path), size(db.path+"-wal")
	return s, nil
}

// Standing is what of Stats is quickly counted, however long the journal is.
type Standing struct {
	Holds     map[ledger.State]int
	Incidents map[ledger.IncidentState]int
	Bytes     int64 // of the file
	LogBytes  int64 // of the write-ahead log
}

// Standing counts holds and incidents.
func (db *DB) Standing(ctx context.Context) (Standing, error) {
	s := Standing{Holds: map[ledger.State]int{}, Incidents: map[ledger.IncidentState]int{}}
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s, fmt.Errorf("count: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // read only
	if err := tally(ctx, tx, `SELECT state, count(*) FROM hold GROUP BY state`, s.Holds); err != nil {
		return s, err
	}
	if err := tally(ctx, tx, `SELECT state, count(*) FROM incident GROUP BY state`,
		s.Incidents); err != nil {
		return s, err
	}
	s.Bytes, s.LogBytes = size(db.path), size(db.path+"-wal")
	return s, nil
}

func tally[K ~string](ctx context.Context, tx *sql.Tx, query string, into map[K]int) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var key K
		var n int
		if err := rows.Scan(&key, &n); err != nil {
			return fmt.Errorf("count: %w", err)
		}
		into[key] = n
	}
	return rows.Err()
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0 // a store without a write-ahead log has been closed in order
	}
	return info.Size()
}
