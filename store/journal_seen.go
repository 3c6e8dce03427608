package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hisseki/ledger"
)

// Seen returns the record of a mail by its Message-ID, without brackets, among those since a
// time; nil when there is none. It reads every record since then.
func (db *DB) Seen(ctx context.Context, messageID string, since time.Time) (*ledger.Seen, error) {
	var s ledger.Seen
	e, v := &s.Envelope, &s.Verdict
	err := db.read.QueryRowContext(ctx, `SELECT
			j.id,
			j.host,
			j.queue_id,
			j.sender,
			j.class,
			j.mail_from,
			j.action,
			j.would,
			j.points,
			coalesce(json_extract(j.detail, '$.cause'), ''),
			coalesce(h.id, 0)
		FROM journal j
		LEFT JOIN hold h ON h.journal = j.id
		WHERE j.at >= ?
		  AND j.message_id = ?
		ORDER BY j.at
		LIMIT 1`, unix(since), messageID).Scan(&s.Journal, &e.Host, &e.QueueID, &e.Sender, &e.Class,
		&e.MailFrom, &v.Action, &v.Would, &v.Points, &v.Cause, &s.Hold)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &s, wrapped("look for a mail's record", err)
}
