package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"hisseki/analyzer"
)

// IncidentState is where an incident is in its life.
type IncidentState string

// States of an incident. Every state but open is an end.
const (
	IncidentOpen      IncidentState = "open"
	IncidentConfirmed IncidentState = "confirmed" // it was a compromise
	IncidentDismissed IncidentState = "dismissed" // it was the owner
	IncidentEnded     IncidentState = "ended"     // nobody decided, nothing followed
)

// Incident is a sender believed compromised.
type Incident struct {
	ID     int64
	Sender string
	State  IncidentState
	Opened time.Time // of the mail that opened it
	First  int64     // record of the first suspicious mail, 0 when it is not known
	Closed time.Time // zero while it is open
	By     string
	Reason string
	Holds  int
}

// openIncident returns the sender's open incident, opening it where there is none. The
// incident begins with the lowest record that belongs to it.
func openIncident(tx *sql.Tx, r *analyzer.Record, journal int64) (int64, error) {
	_, err := tx.Exec(`INSERT INTO incident (sender, opened, state, first_journal)
		VALUES (?, ?, 'open', ?)
		ON CONFLICT (sender) WHERE state = 'open' DO UPDATE SET
			first_journal = min(first_journal, excluded.first_journal)`,
		r.Envelope.Sender, r.Envelope.Time.Unix(), journal)
	if err != nil {
		return 0, fmt.Errorf("open incident: %w", err)
	}
	var id int64
	err = tx.QueryRow(`SELECT id FROM incident WHERE sender = ? AND state = 'open'`,
		r.Envelope.Sender).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("read incident: %w", err)
	}
	return id, nil
}

// Incident says whether a sender has an open incident, and since when.
func (db *DB) Incident(ctx context.Context, sender string) (bool, time.Time, error) {
	var opened int64
	err := db.read.QueryRowContext(ctx, `SELECT opened FROM incident
		WHERE sender = ? AND state = 'open'`, sender).Scan(&opened)
	if errors.Is(err, sql.ErrNoRows) {
		return false, time.Time{}, nil
	}
	if err != nil {
		return false, time.Time{}, fmt.Errorf("read incident of %s: %w", sender, err)
	}
	return true, time.Unix(opened, 0).UTC(), nil
}

// Incidents returns the incidents of a sender ("" is everybody) in the given states
// (none is all), oldest first.
func (db *DB) Incidents(ctx context.Context, sender string, states ...IncidentState) (
	[]Incident, error) {
	var w where
	if sender != "" {
		w.in("i.sender", []any{sender})
	}
	w.in("i.state", anys(states))
	rows, err := db.read.QueryContext(ctx, `SELECT
			i.id,
			i.sender,
			i.state,
			i.opened,
			i.first_journal,
			i.closed,
			i.by,
			i.reason,
			(SELECT count(*) FROM hold WHERE incident = i.id)
		FROM incident i
		WHERE `+w.text()+`
		ORDER BY i.id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("read incidents: %w", err)
	}
	defer rows.Close()
	var out []Incident
	for rows.Next() {
		var i Incident
		var opened, closed int64
		if err := rows.Scan(&i.ID, &i.Sender, &i.State, &opened, &i.First, &closed, &i.By,
			&i.Reason, &i.Holds); err != nil {
			return nil, fmt.Errorf("read incidents: %w", err)
		}
		i.Opened, i.Closed = fromUnix(opened), fromUnix(closed)
		out = append(out, i)
	}
	return out, rows.Err()
}

// CloseIncident ends an open incident. It returns false when it was not open. A
// confirmation takes back, in the same transaction, what was learned from the sender
// since the first suspicious mail. Its holds stay as they are: decide them.
func (db *DB) CloseIncident(ctx context.Context, id int64, to IncidentState, by, reason string) (
	bool, error) {
	verb := map[IncidentState]string{IncidentConfirmed: "confirm", IncidentDismissed: "dismiss",
		IncidentEnded: "end"}[to]
	if verb == "" {
		return false, fmt.Errorf("close incident I%d: %q is no end", id, to)
	}
	done := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		now := db.now()
		var err error
		done, err = changed(tx.Exec(`UPDATE incident SET
				state = ?,
				closed = ?,
				by = ?,
				reason = ?
			WHERE id = ?
			  AND state = 'open'`, to, now.Unix(), by, reason, id))
		if err != nil || !done {
			return err
		}
		if to == IncidentConfirmed {
			if err := unlearn(tx, id, now); err != nil {
				return err
			}
		}
		return audit(tx, now, by, verb, fmt.Sprintf("I%d", id), reason)
	})
	if err != nil {
		return false, fmt.Errorf("close incident I%d: %w", id, err)
	}
	return done, nil
}

// unlearn takes back what the sender taught since an incident's first mail.
func unlearn(tx *sql.Tx, incident int64, now time.Time) error {
	rows, err := tx.Query(`SELECT j.id
		FROM incident i
		LEFT JOIN journal f ON f.id = i.first_journal
		JOIN journal j ON j.sender = i.sender
		WHERE i.id = ?
		  AND j.at >= min(i.opened, coalesce(f.at, i.opened))
		  AND j.learned = 1
		ORDER BY j.id`, incident)
	if err != nil {
		return fmt.Errorf("read what was learned: %w", err)
	}
	ids, err := ints(rows)
	if err != nil {
		return fmt.Errorf("read what was learned: %w", err)
	}
	for _, id := range ids {
		if _, err := teach(tx, id, -1, now); err != nil {
			return err
		}
	}
	return nil
}

// ints reads and closes rows of one whole number.
func ints(rows *sql.Rows) (list []int64, err error) {
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}
