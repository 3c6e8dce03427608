package store

import (
	"context"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// EachJudged calls do for every mail of accounts since a time, oldest first, and stops at
// its first error.
func (db *DB) EachJudged(ctx context.Context, since time.Time, do func(*ledger.Judged) error) error {
	rows, err := db.read.QueryContext(ctx, `SELECT
			j.at,
			j.sender,
			j.points,
			j.sum,
			coalesce(CAST(json_extract(j.detail, '$.lure') AS DOUBLE PRECISION), 0),
			coalesce(json_extract(j.detail, '$.cause'), ''),
			j.action,
			j.would,
			coalesce(h.state, ''),
			coalesce(h.promoted, 0) > 0,
			EXISTS (SELECT 1 FROM incident o WHERE o.id = h.incident AND o.state = 'open'),
			EXISTS (SELECT 1
				FROM incident i
				LEFT JOIN journal f ON f.id = i.first_journal
				WHERE i.state = 'confirmed'
				  AND i.sender = j.sender
				  AND j.at >= min(i.opened, coalesce(f.at, i.opened))
				  AND j.at <= i.closed)
		FROM journal j
		LEFT JOIN hold h ON h.journal = j.id
		WHERE j.at >= ?
		  AND j.class = ?
		  AND j.would != 'unjudged'
		ORDER BY j.at, j.id`, unix(since), analyzer.Account)
	if err != nil {
		return fmt.Errorf("read judged mail: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var m ledger.Judged
		var at int64
		v := &m.Verdict
		if err := rows.Scan(&at, &m.Sender, &v.Points, &v.Sum, &v.Lure, &v.Cause, &v.Action,
			&v.Would, &m.State, &m.Promoted, &m.Open, &m.Confirmed); err != nil {
			return fmt.Errorf("read judged mail: %w", err)
		}
		m.At = time.Unix(at, 0).UTC()
		if err := do(&m); err != nil {
			return err
		}
	}
	return rows.Err()
}
