package store

import (
	"database/sql"
	"fmt"

	"hisseki/analyzer"
)

// keepUnjudged gives a mail that the failure action holds its hold, so that it can be decided.
// It is of no incident: nobody knows whether there is anything about it.
func keepUnjudged(tx *sql.Tx, journal int64, action analyzer.Action) error {
	if action != analyzer.Hold {
		return nil
	}
	if _, err := tx.Exec(`INSERT INTO hold (journal, state, due, defines_campaign)
		VALUES (?, 'held', 0, 0)`, journal); err != nil {
		return fmt.Errorf("insert hold: %w", err)
	}
	return nil
}
