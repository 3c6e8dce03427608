package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Reopen says that a mail whose hold was over is still on hold in the queue: a released
// one is due for release again, a discarded one for discard, a vanished or gone one is held.
// It notes that in the audit log.
func (db *DB) Reopen(ctx context.Context, id int64) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		now := db.now()
		done, err := changed(tx.Exec(`UPDATE hold SET
				state = CASE state
					WHEN 'released' THEN 'releasing'
					WHEN 'discarded' THEN 'discarding'
					ELSE 'held' END,
				due = iif(state IN ('vanished', 'gone'), 0, ?),
				attempts = 0,
				error = ''
			WHERE id = ?
			  AND state IN ('released', 'discarded', 'vanished', 'gone')`, now.Unix(), id))
		if err != nil || !done {
			return err
		}
		return audit(tx, now, "mta", "reopen", fmt.Sprintf("H%d", id),
			"still on hold in the MTA's queue")
	})
	if err != nil {
		return fmt.Errorf("reopen hold H%d: %w", id, err)
	}
	return nil
}
