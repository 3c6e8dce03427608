package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Act is one line of the audit log: who did what to which object, and why.
type Act struct {
	ID     int64
	At     time.Time
	Actor  string
	Verb   string
	Object string // "H12", "I3", "sender:b@example.jp" and so on
	Reason string
}

// Audit adds a line to the audit log. Lines are never changed or removed.
func (db *DB) Audit(ctx context.Context, actor, verb, object, reason string) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		return audit(tx, db.now(), actor, verb, object, reason)
	})
	if err != nil {
		return fmt.Errorf("keep audit line: %w", err)
	}
	return nil
}

func audit(tx *sql.Tx, at time.Time, actor, verb, object, reason string) error {
	_, err := tx.Exec(`INSERT INTO audit (at, actor, verb, object, reason)
		VALUES (?, ?, ?, ?, ?)`, at.Unix(), actor, verb, object, reason)
	if err != nil {
		return fmt.Errorf("insert audit line: %w", err)
	}
	return nil
}

// AuditList returns the audit log since a time, newest first, at most limit lines; 0 is
// no limit.
func (db *DB) AuditList(ctx context.Context, since time.Time, limit int) ([]Act, error) {
	if limit <= 0 {
		limit = -1
	}
	rows, err := db.read.QueryContext(ctx, `SELECT
			id,
			at,
			actor,
			verb,
			object,
			reason
		FROM audit
		WHERE at >= ?
		ORDER BY id DESC
		LIMIT ?`, unix(since), limit)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	defer rows.Close()
	var out []Act
	for rows.Next() {
		var a Act
		var at int64
		if err := rows.Scan(&a.ID, &at, &a.Actor, &a.Verb, &a.Object, &a.Reason); err != nil {
			return nil, fmt.Errorf("read audit log: %w", err)
		}
		a.At = fromUnix(at)
		out = append(out, a)
	}
	return out, rows.Err()
}
