package store

import (
	"context"
	"database/sql"
)

// AskWriter waits until the writer comes to it, behind everything that is to be written now,
// and does nothing. The error is the one that a write would get then: another process's lock,
// say. It does not return while the writer hangs.
func (db *DB) AskWriter(ctx context.Context) error {
	return db.share(ctx, func(*sql.Tx) error { return nil })()
}
