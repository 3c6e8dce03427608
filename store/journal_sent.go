package store

import (
	"context"
	"fmt"

	"hisseki/analyzer"
)

// Sent returns a sender's newest mails that are learned, at most limit, oldest first, with
// recipients: what somebody who looks into the account's Sent folder sees. Where much was unlearned since,
// no more than the newest ten times as many are looked through.
func (db *DB) Sent(ctx context.Context, sender string, limit int) ([]analyzer.Record, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			`+recordColumns+recipientsColumn+`
		FROM journal j
		WHERE j.id IN (SELECT id
			FROM (SELECT id, learned FROM journal WHERE sender = ? ORDER BY at DESC, id DESC LIMIT ?) newest
			WHERE learned = 1)
		ORDER BY j.at DESC, j.id DESC
		LIMIT ?`, sender, 10*limit, limit)
	if err != nil {
		return nil, fmt.Errorf("read sent mail of %s: %w", sender, err)
	}
	list, err := db.addressed(rows)
	out := make([]analyzer.Record, len(list))
	for i, r := range list {
		out[len(list)-1-i] = *r
	}
	return out, wrapped("read sent mail of "+sender, err)
}
