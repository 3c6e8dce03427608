package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"hisseki/ledger"
)

// ReopenIncident takes an incident's end back. It returns false when it had not ended.
// Decisions that the agent has not begun to carry out are undone, what was unlearned is
// learned again; mail that was released or discarded stays so.
func (db *DB) ReopenIncident(ctx context.Context, id int64, by, reason string) (
	ledger.Reopened, bool, error) {
	var out ledger.Reopened
	done := false
	err := db.update(ctx, func(tx *sql.Tx) (err error) {
		out, done, err = db.reopen(tx, id, by, reason, db.now())
		return err
	})
	if err != nil {
		return ledger.Reopened{}, false, fmt.Errorf("reopen incident I%d: %w", id, err)
	}
	return out, done, nil
}

func (db *DB) reopen(tx *sql.Tx, id int64, by, reason string, now time.Time) (
	out ledger.Reopened, done bool, err error) {
	var state ledger.IncidentState
	var other bool
	err = tx.QueryRow(`SELECT i.state, EXISTS (SELECT 1
			FROM incident o
			WHERE o.sender = i.sender
			  AND o.id != i.id
			  AND o.state = 'open')
		FROM incident i
		WHERE i.id = ?`, id).Scan(&state, &other)
	if errors.Is(err, sql.ErrNoRows) {
		return out, false, nil
	}
	if err != nil {
		return out, false, err
	}
	if ok, err := ledger.CanReopen(state, other); !ok || err != nil {
		return out, false, err
	}
	if err := undoDecisions(tx, id, &out); err != nil {
		return out, false, fmt.Errorf("take decisions back: %w", err)
	}
	if out.Learned, err = relearn(tx, id, (*ledger.Unlearned).AtReopening, now); err != nil {
		return out, false, err
	}
	if _, err = tx.Exec(`DELETE FROM unlearned WHERE incident = ? AND cause = ?`, id,
		ledger.CauseConfirm); err != nil {
		return out, false, fmt.Errorf("forget what was unlearned: %w", err)
	}
	// The incident begins again with its first held mail.
	_, err = tx.Exec(`UPDATE incident SET
			state = 'open',
			closed = 0,
			by = ?,
			reason = ?,
			kept = 0,
			first_journal = coalesce((SELECT min(journal)
				FROM hold
				WHERE incident = incident.id
				  AND recalled = 0), first_journal)
		WHERE id = ?`, by, reason, id)
	if err != nil {
		return out, false, err
	}
	if err := db.signEvent(tx, id); err != nil {
		return out, false, err
	}
	if err := db.renewCampaign(tx, id); err != nil {
		return out, false, err
	}
	return out, true, db.audit(tx, now, by, "reopen", fmt.Sprintf("I%d", id), reason)
}

// undoDecisions takes back what an incident's end decided about its mail, as far as that goes.
func undoDecisions(tx *sql.Tx, incident int64, out *ledger.Reopened) error {
	rows, err := tx.Query(`SELECT id, state, attempts
		FROM hold
		WHERE incident = ?
		  AND ended = 1`, incident)
	if err != nil {
		return err
	}
	defer rows.Close()
	var undone []int64
	for rows.Next() {
		var id int64
		var state ledger.State
		var attempts int
		if err := rows.Scan(&id, &state, &attempts); err != nil {
			return err
		}
		if ledger.UndoesDecision(state, true, attempts) {
			undone = append(undone, id)
		} else {
			out.Late++
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	out.Held = len(undone)
	if _, err := tx.Exec(`UPDATE hold SET
			state = ?,
			due = 0,
			not_before = 0,
			by = '',
			reason = '',
			decided = 0,
			signature = ''
		WHERE id IN `+anyID, ledger.Held, listOf(undone)); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE hold SET ended = 0 WHERE incident = ? AND ended = 1`, incident)
	return err
}
