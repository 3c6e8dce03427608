package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"hisseki/ledger"
)

// dueAlert chooses an incident of which something is to be told: one that the hook should
// know of and was not told of, or that has changed since, an hour (the first argument) ago
// or more; at once when its owner says that it was not him.
const dueAlert = `FROM event e
	JOIN hook k ON k.name = ? AND e.n > k.after
	JOIN incident i ON i.id = e.incident
	LEFT JOIN alert a ON a.incident = i.id
	WHERE e.kind = 'opened'
	  AND coalesce(a.due, 0) <= ?
	  AND (coalesce(a.sent, 0) = 0
		OR a.sent <= ? AND (a.state != i.state
			OR a.holds != (SELECT count(*) FROM hold WHERE incident = i.id))
		OR EXISTS (SELECT 1 FROM event d
			WHERE d.incident = i.id AND d.kind = 'denied' AND d.at > a.sent))
	ORDER BY e.n
	LIMIT 1`

// ClaimAlert returns what a hook is to tell the postmaster now, nil for nothing: one mail
// per incident, and another when it has changed and the last one is every ago. Nobody else
// gets it until lease is over; until then AlertSent or RetryAlert must be called.
func (db *DB) ClaimAlert(ctx context.Context, hook string, every, lease time.Duration) (
	*ledger.Alert, error) {
	now := db.now()
	args := []any{hook, now.Unix(), now.Add(-every).Unix()}
	var id int64
	err := db.read.QueryRowContext(ctx, `SELECT i.id `+dueAlert, args...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read alerts: %w", err)
	}
	var a ledger.Alert
	found := false
	err = db.update(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRow(`SELECT i.id, coalesce(a.first_id, ''), coalesce(a.tries, 0) + 1 `+dueAlert,
			args...).Scan(&a.Incident, &a.FirstID, &a.Tries)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // another one was quicker
		}
		if err != nil {
			return err
		}
		found = true
		_, err = tx.Exec(`INSERT INTO alert (incident, first_id, sent, state, holds, tries, due, error)
			VALUES (?, '', 0, '', 0, 1, ?, '')
			ON CONFLICT (incident) DO UPDATE SET
				tries = alert.tries + 1,
				due = excluded.due`, a.Incident, now.Add(lease).Unix())
		return err
	})
	if err != nil || !found {
		return nil, wrapped("claim alert", err)
	}
	return &a, nil
}

// AlertSent notes that a mail with a Message-ID told what b says.
func (db *DB) AlertSent(ctx context.Context, b *ledger.Brief, messageID string) error {
	return wrapped("note that an alert was sent", db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE alert SET
				first_id = CASE WHEN first_id = '' THEN ? ELSE first_id END,
				sent = ?,
				state = ?,
				holds = ?,
				tries = 0,
				due = 0,
				error = ''
			WHERE incident = ?`, messageID, db.now().Unix(), b.State, b.Holds, b.ID)
		return err
	}))
}

// RetryAlert keeps why a mail could not be sent, and when to try again.
func (db *DB) RetryAlert(ctx context.Context, incident int64, cause error, next time.Time) error {
	return wrapped("keep the failure of an alert", db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE alert SET due = ?, error = ? WHERE incident = ?`, next.Unix(),
			cutBytes(cause.Error(), maxHookOutput), incident)
		return err
	}))
}

// ownMailFor is how long a Message-ID of own mail is good: sendmail takes seconds, but
// Postfix may be down and take the mail in later.
const ownMailFor = time.Hour

// ExpectOwnMail notes a mail that hisseki itself is about to send. messageID must be
// random.
func (db *DB) ExpectOwnMail(ctx context.Context, messageID string, recipients []string) error {
	return wrapped("note own mail", db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO own_mail (message_id, recipients, at) VALUES (?, ?, ?)`,
			messageID, strings.ToLower(strings.Join(recipients, "\n")), db.now().Unix())
		return err
	}))
}

// TakeOwnMail says whether a mail is one that ExpectOwnMail told of: the same Message-ID,
// nobody among the recipients who was not named, within ownMailFor, and the first with
// this Message-ID. It says so once.
func (db *DB) TakeOwnMail(ctx context.Context, messageID string, recipients []string) (
	bool, error) {
	since := db.now().Add(-ownMailFor).Unix()
	var named string
	err := db.read.QueryRowContext(ctx, `SELECT recipients FROM own_mail
		WHERE message_id = ? AND seen = 0 AND at >= ?`, messageID, since).Scan(&named)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read own mail: %w", err)
	}
	known := make(map[string]bool)
	for _, r := range strings.Split(named, "\n") {
		known[r] = true
	}
	for _, r := range recipients {
		if !known[strings.ToLower(r)] {
			return false, nil
		}
	}
	taken := false
	err = db.update(ctx, func(tx *sql.Tx) error {
		taken, err = changed(tx.Exec(`UPDATE own_mail SET seen = ? WHERE message_id = ? AND seen = 0`,
			db.now().Unix(), messageID))
		return err
	})
	return taken, wrapped("note own mail", err)
}
