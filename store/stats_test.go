package store

import (
	"context"
	"database/sql"
	"time"
)

// counts says how much is in the store.
type counts struct {
	Standing
	Schema   int64
	Mails    int       // in the journal
	Oldest   time.Time // of them, zero without any
	Lessons  int
	Profiles int // with the organisation's
}

// stats counts. On a large journal it takes a while.
func (db *DB) stats(ctx context.Context) (s counts, err error) {
	err = db.view(ctx, func(tx *sql.Tx) error {
		var oldest int64
		if err := tx.QueryRowContext(ctx, `SELECT
				(SELECT max(version_id) FROM goose_db_version),
				(SELECT count(*) FROM journal),
				(SELECT coalesce(min(at), 0) FROM journal),
				(SELECT count(*) FROM lesson),
				(SELECT count(*) FROM profile)`).
			Scan(&s.Schema, &s.Mails, &oldest, &s.Lessons, &s.Profiles); err != nil {
			return err
		}
		s.Oldest = fromUnix(oldest)
		s.Standing, err = db.standing(ctx, tx)
		return err
	})
	return s, wrapped("count", err)
}
