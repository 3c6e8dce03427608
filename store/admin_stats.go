package store

import (
	"context"
	"database/sql"
	"os"

	"hisseki/ledger"
)

// Standing is what is quickly counted, however long the journal is.
type Standing struct {
	Holds     map[ledger.State]int
	Incidents map[ledger.IncidentState]int
	Bytes     int64 // of the file
	LogBytes  int64 // of the write-ahead log
}

// Standing counts holds and incidents.
func (db *DB) Standing(ctx context.Context) (s Standing, err error) {
	err = db.view(ctx, func(tx *sql.Tx) error {
		s, err = db.standing(ctx, tx)
		return err
	})
	return s, wrapped("count", err)
}

// view reads in one view of the file.
func (db *DB) view(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // read only
	return do(tx)
}

func (db *DB) standing(ctx context.Context, tx *sql.Tx) (Standing, error) {
	s := Standing{Holds: map[ledger.State]int{}, Incidents: map[ledger.IncidentState]int{}}
	if err := db.measure(ctx, tx, &s); err != nil {
		return s, err
	}
	if err := tally(ctx, tx, `SELECT state, count(*) FROM hold GROUP BY state`, s.Holds); err != nil {
		return s, err
	}
	return s, tally(ctx, tx, `SELECT state, count(*) FROM incident GROUP BY state`, s.Incidents)
}

// measure says how much room the store takes.
func (db *DB) measure(ctx context.Context, tx *sql.Tx, s *Standing) (err error) {
	if db.onServer() {
		s.Bytes, err = serverSize(ctx, tx)
		return err
	}
	s.Bytes, s.LogBytes = size(db.path), size(db.path+"-wal")
	return nil
}

func tally[K ~string](ctx context.Context, tx *sql.Tx, query string, into map[K]int) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key K
		var n int
		if err := rows.Scan(&key, &n); err != nil {
			return err
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
