package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hisseki/ledger"
)

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

func whereActs(f *ledger.ActFilter) *where {
	var w where
	w.between("at", f.Since, f.Until)
	if f.Actor != "" {
		w.add("(actor = ? OR substr(actor, 1, length(?) + 4) = ? || ' as ')", f.Actor, f.Actor, f.Actor)
	}
	if f.Verb != "" {
		w.add("verb = ?", f.Verb)
	}
	if f.Object != "" {
		w.add("lower(object) IN (lower(?), 'sender:' || lower(?), 'url:' || lower(?))",
			f.Object, f.Object, f.Object)
	}
	return &w
}

// AuditList returns lines of the audit log, newest first.
func (db *DB) AuditList(ctx context.Context, f ledger.ActFilter) ([]ledger.Act, error) {
	w := whereActs(&f)
	rows, err := db.read.QueryContext(ctx, `SELECT
			id,
			at,
			actor,
			verb,
			object,
			reason
		FROM audit
		WHERE `+w.text()+`
		ORDER BY id DESC
		LIMIT ?`, append(w.args, anyLimit(f.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	defer rows.Close()
	var out []ledger.Act
	for rows.Next() {
		var a ledger.Act
		var at int64
		if err := rows.Scan(&a.ID, &at, &a.Actor, &a.Verb, &a.Object, &a.Reason); err != nil {
			return nil, fmt.Errorf("read audit log: %w", err)
		}
		a.At = fromUnix(at)
		out = append(out, a)
	}
	return out, rows.Err()
}
