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
	err := db.noted(ctx, func(tx *sql.Tx) error {
		return db.audit(tx, db.now(), actor, verb, object, reason)
	})
	if err != nil {
		return fmt.Errorf("keep audit line: %w", err)
	}
	return nil
}

// audit adds a line, signed where this process may decide: its number is part of what is
// signed, so that a copy of the line is not another one.
func (db *DB) audit(tx *sql.Tx, at time.Time, actor, verb, object, reason string) error {
	a := ledger.Act{At: at, Actor: actor, Verb: verb, Object: object, Reason: reason}
	if err := tx.QueryRow(`SELECT coalesce(max(id), 0) + 1 FROM audit`).Scan(&a.ID); err != nil {
		return fmt.Errorf("number audit line: %w", err)
	}
	_, err := tx.Exec(`INSERT INTO audit (id, at, actor, verb, object, reason, signature)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, a.ID, at.Unix(), actor, verb, object, reason, db.sign(a.Statement()))
	if err != nil {
		return fmt.Errorf("insert audit line: %w", err)
	}
	return nil
}

func whereActs(f *ledger.ActFilter) *where {
	var w where
	w.between("at", f.Since, f.Until)
	if f.After != 0 {
		w.add("id > ?", f.After)
	}
	if f.Actor != "" {
		// "alice as root", "alice by web from 192.0.2.7, session 1f2e3d4c"
		w.add("(actor = ? OR substr(actor, 1, length(?) + 4) IN (? || ' as ', ? || ' by '))", f.Actor, f.Actor, f.Actor, f.Actor)
	}
	if f.Before != 0 {
		w.add("id < ?", f.Before)
	}
	if len(f.Without) > 0 {
		w.add("verb NOT IN "+anyOf, listOf(f.Without))
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

// AuditList returns lines of the audit log, newest first unless the filter says otherwise.
func (db *DB) AuditList(ctx context.Context, f ledger.ActFilter) ([]ledger.Act, error) {
	w, order := whereActs(&f), "DESC"
	if f.Oldest {
		order = "ASC"
	}
	rows, err := db.read.QueryContext(ctx, `SELECT
			id,
			at,
			actor,
			verb,
			object,
			reason,
			signature
		FROM audit
		WHERE `+w.text()+`
		ORDER BY id `+order+`
		LIMIT ?`, append(w.args, anyLimit(f.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	defer rows.Close()
	var out []ledger.Act
	for rows.Next() {
		var a ledger.Act
		var at int64
		if err := rows.Scan(&a.ID, &at, &a.Actor, &a.Verb, &a.Object, &a.Reason,
			&a.Signature); err != nil {
			return nil, fmt.Errorf("read audit log: %w", err)
		}
		a.At = fromUnix(at)
		out = append(out, a)
	}
	return out, rows.Err()
}
