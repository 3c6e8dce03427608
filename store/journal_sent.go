package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hisseki/analyzer"
)

// Sent returns a sender's newest mails that are learned, at most limit, oldest first, with
// recipients: what somebody who looks into the account's Sent folder sees.
func (db *DB) Sent(ctx context.Context, sender string, limit int) ([]analyzer.Record, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			`+recordColumns+`,
			(SELECT coalesce(group_concat(address, char(10)), '')
				FROM recipient WHERE journal = j.id)
		FROM journal j
		WHERE j.sender = ?
		  AND j.learned = 1
		ORDER BY j.at DESC, j.id DESC
		LIMIT ?`, sender, limit)
	if err != nil {
		return nil, fmt.Errorf("read sent mail of %s: %w", sender, err)
	}
	defer rows.Close()
	var out []analyzer.Record
	for rows.Next() {
		var rcpts string
		r, err := db.scanRecord(rows, &rcpts)
		if err != nil {
			return nil, err
		}
		if rcpts != "" {
			r.Envelope.Recipients = strings.Split(rcpts, "\n")
		}
		out = append(out, *r)
	}
	slices.Reverse(out)
	return out, rows.Err()
}
