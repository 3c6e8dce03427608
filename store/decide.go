package store

import (
	"context"
	"database/sql"
	"fmt"

	"hisseki/ledger"
)

// DecideHolds asks the agent to release or discard kept mail, in one transaction, and
// returns the ids of what was still undecided, rising. Each of these is in the audit log.
func (db *DB) DecideHolds(ctx context.Context, ids []int64, d ledger.Decision) ([]int64, error) {
	verb := d.Verb()
	if verb == "" {
		return nil, fmt.Errorf("decide held mail: no decision leads to %q", d.To)
	}
	var done []int64
	err := db.update(ctx, func(tx *sql.Tx) error {
		now := db.now().Unix()
		rows, err := tx.Query(`SELECT id
			FROM hold
			WHERE id IN `+anyOf+`
			  AND state IN ('delayed', 'held')
			ORDER BY id`, listOf(ids))
		if err != nil {
			return err
		}
		if done, err = ints(rows); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE hold SET
				state = ?,
				due = ?,
				by = ?,
				reason = ?,
				decided = ?,
				attempts = 0,
				error = ''
			WHERE id IN `+anyOf, d.To, now, d.By, d.Reason, now, listOf(done)); err != nil {
			return err
		}
		if d.To == ledger.Releasing {
			for _, id := range done {
				if err := leaveCampaign(tx, id); err != nil {
					return err
				}
			}
		}
		_, err = tx.Exec(`INSERT INTO audit (at, actor, verb, object, reason)
			SELECT ?, ?, ?, 'H' || id, ?
			FROM hold
			WHERE id IN `+anyOf+`
			ORDER BY id`, now, d.By, verb, d.Reason, listOf(done))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("decide held mail: %w", err)
	}
	return done, nil
}
