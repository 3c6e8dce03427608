package store

import (
	"context"
	"fmt"
)

// SenderKnown says whether the journal, the logins or the profiles know a sender.
func (db *DB) SenderKnown(ctx context.Context, name string) (known bool, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT
			EXISTS (SELECT 1 FROM journal WHERE sender = ?1)
			OR EXISTS (SELECT 1 FROM login WHERE sender = ?1)
			OR EXISTS (SELECT 1 FROM profile WHERE sender = ?1 AND sender != '')`, name).Scan(&known)
	return known, wrapped("look for sender", err)
}

// SenderNames returns the senders of the journal's mail, at most limit, by name.
func (db *DB) SenderNames(ctx context.Context, limit int) ([]string, error) {
	// One look into the index for each sender, however many mails there are.
	rows, err := db.read.QueryContext(ctx, `WITH RECURSIVE name (sender, n) AS (
			SELECT min(sender), 1 FROM journal WHERE sender > ''
			UNION ALL
			SELECT (SELECT min(j.sender) FROM journal j WHERE j.sender > name.sender), n + 1
				FROM name
				WHERE name.sender IS NOT NULL
				  AND n < ?1)
		SELECT sender
		FROM name
		WHERE sender IS NOT NULL
		LIMIT ?1`, limit)
	if err != nil {
		return nil, fmt.Errorf("read names of senders: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("read names of senders: %w", err)
		}
		out = append(out, name)
	}
	return out, rows.Err()
}
