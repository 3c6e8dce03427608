package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// maxAdded is how much longer a content filter may make a mail's body, in bytes: a footer.
const maxAdded = 4 << 10

// Returned says whether a mail is one that somebody who had logged in gave to Postfix, and that
// was judged then: a content filter gives it back under another queue id. host and queueID are
// what its Received field says of the first time. Envelope sender and Message-ID must be the same
// and the body at most a footer longer, since anybody can write a Received field. The new queue
// id is noted as the record's: fates, recall and releases follow it.
func (db *DB) Returned(ctx context.Context, host, queueID, messageID string, m *analyzer.Mail) (bool, error) {
	if messageID == "" || m.QueueID == "" || queueID == m.QueueID {
		return false, nil
	}
	var first int64
	err := db.read.QueryRowContext(ctx, `SELECT id
		FROM journal
		WHERE queue_id = ?
		  AND lower(host) = lower(?)
		  AND at >= ?
		  AND class = ?
		  AND would != ?
		  AND message_id = ?
		  AND mail_from = ?
		  AND bytes BETWEEN ? AND ?
		ORDER BY at DESC
		LIMIT 1`, queueID, host, m.Time.Add(-ledger.RecallSpan).Unix(), analyzer.Account, analyzer.Unjudged,
		messageID, m.MailFrom, m.BodySize-maxAdded, m.BodySize).Scan(&first)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		err = db.share(ctx, func(tx *sql.Tx) error {
			return requeue(tx, m.Host, m.QueueID, first, m.Time, time.Time{})
		})()
	}
	return err == nil, wrapped("look for the record of a mail that a filter gives back", err)
}
