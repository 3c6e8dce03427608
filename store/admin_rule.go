package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/ledger"
)

// SetOverride sets the rule of a subject, "sender:NAME", "class:NAME" or "url:PATTERN", in
// place of an earlier one, and notes it in the audit log. A rule needs an end in the
// future, and an action or a mode. One for links needs an action, and no end; one that only
// enforces needs no end either.
func (db *DB) SetOverride(ctx context.Context, subject string, o analyzer.Override) error {
	rule := ledger.Rule{Override: o, Subject: subject, Created: db.now()}
	if err := rule.Check(db.now()); err != nil {
		return fmt.Errorf("set override for %s: %w", subject, err)
	}
	err := db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO override (subject, action, mode, until, by, reason, created, signature)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (subject) DO UPDATE SET
				action = excluded.action,
				mode = excluded.mode,
				until = excluded.until,
				by = excluded.by,
				reason = excluded.reason,
				created = excluded.created,
				signature = excluded.signature`,
			subject, o.Action, o.Mode, unix(o.Until), o.By, o.Reason, rule.Created.Unix(),
			db.sign(rule.Statement()))
		if err != nil {
			return err
		}
		return db.audit(tx, rule.Created, o.By, rule.Verb(), subject, rule.Note())
	})
	if err != nil {
		return fmt.Errorf("set override for %s: %w", subject, err)
	}
	return nil
}

// URLRules implements analyzer.Memory: every rule for links.
func (db *DB) URLRules(ctx context.Context) ([]analyzer.URLRule, error) {
	list, err := db.overrides(ctx, "subject LIKE 'url:%'")
	if err != nil {
		return nil, err
	}
	out := make([]analyzer.URLRule, 0, len(list))
	for _, r := range list {
		p := content.KeptPattern(strings.TrimPrefix(r.Subject, "url:"))
		out = append(out, analyzer.URLRule{Override: r.Override, Pattern: p, Created: r.Created})
	}
	return out, nil
}

// ClearOverride ends the rule of a subject. It returns false when there is none.
func (db *DB) ClearOverride(ctx context.Context, subject, by, reason string) (bool, error) {
	done := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		var err error
		done, err = changed(tx.Exec(`DELETE FROM override WHERE subject = ?`, subject))
		if err != nil || !done {
			return err
		}
		return db.audit(tx, db.now(), by, "clear", subject, reason)
	})
	if err != nil {
		return false, fmt.Errorf("clear override for %s: %w", subject, err)
	}
	return done, nil
}

// Overrides returns the rules that are valid at a time, by subject. kind is "url" for
// those of links, "" for all others.
func (db *DB) Overrides(ctx context.Context, kind string, now time.Time) ([]ledger.Rule, error) {
	return db.overrides(ctx, "(until = 0 OR until > ?) AND (subject LIKE 'url:%') = (? = 'url')",
		now.Unix(), kind)
}

func (db *DB) overrides(ctx context.Context, where string, args ...any) ([]ledger.Rule, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			subject,
			action,
			mode,
			until,
			by,
			reason,
			created,
			signature
		FROM override
		WHERE `+where+`
		ORDER BY subject`, args...)
	if err != nil {
		return nil, fmt.Errorf("read overrides: %w", err)
	}
	defer rows.Close()
	var out []ledger.Rule
	for rows.Next() {
		var r ledger.Rule
		var until, created int64
		if err := rows.Scan(&r.Subject, &r.Action, &r.Mode, &until, &r.By, &r.Reason,
			&created, &r.Signature); err != nil {
			return nil, fmt.Errorf("read overrides: %w", err)
		}
		r.Until, r.Created = fromUnix(until), fromUnix(created)
		out = append(out, r)
	}
	return out, rows.Err()
}
