package store

import (
	"context"
	"database/sql"
	"fmt"

	"hisseki/ledger"
)

// Deliveries returns what the MTA's log said of the recipients of records, by record and
// recipient. Recipients of whom it said nothing are missing.
func (db *DB) Deliveries(ctx context.Context, journal ...int64) ([]ledger.Delivery, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			journal,
			recipient,
			original,
			outcome,
			at,
			deferred,
			relay,
			reply,
			dsn
		FROM delivery
		WHERE journal IN `+anyID+`
		ORDER BY journal, recipient, original`, listOf(journal))
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	defer rows.Close()
	var out []ledger.Delivery
	for rows.Next() {
		var d ledger.Delivery
		var at, deferred int64
		if err := rows.Scan(&d.Journal, &d.Recipient, &d.Original, &d.Outcome, &at, &deferred,
			&d.Relay, &d.Reply, &d.DSN); err != nil {
			return nil, fmt.Errorf("read deliveries: %w", err)
		}
		d.At, d.Deferred = fromUnix(at), fromUnix(deferred)
		out = append(out, d)
	}
	return out, wrapped("read deliveries", rows.Err())
}

// keepDelivery keeps a recipient's state, unless a later one is known.
func keepDelivery(tx *sql.Tx, journal int64, l *ledger.LogLine) error {
	deferred := int64(0)
	if l.Outcome == ledger.OutcomeDeferred {
		deferred = l.At.Unix()
	}
	_, err := tx.Exec(`INSERT INTO delivery (journal, recipient, original, outcome, at, deferred,
			relay, reply, dsn)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (journal, recipient, original) DO UPDATE SET
			outcome = CASE WHEN excluded.at >= delivery.at THEN excluded.outcome ELSE delivery.outcome END,
			relay = CASE WHEN excluded.at >= delivery.at THEN excluded.relay ELSE delivery.relay END,
			reply = CASE WHEN excluded.at >= delivery.at THEN excluded.reply ELSE delivery.reply END,
			dsn = CASE WHEN excluded.at >= delivery.at THEN excluded.dsn ELSE delivery.dsn END,
			at = max(excluded.at, delivery.at),
			deferred = CASE
				WHEN excluded.deferred = 0 THEN delivery.deferred
				WHEN delivery.deferred = 0 THEN excluded.deferred
				ELSE min(excluded.deferred, delivery.deferred) END`,
		journal, l.Recipient, l.Original, l.Outcome, l.At.Unix(), deferred, l.Relay, l.Reply, l.DSN)
	if err != nil {
		return fmt.Errorf("keep delivery: %w", err)
	}
	return nil
}

// keepForAll keeps an outcome that the log reports of a mail without naming recipients: it
// is that of all who had none for good by then.
func keepForAll(tx *sql.Tx, journal int64, l *ledger.LogLine) error {
	if _, err := tx.Exec(`UPDATE delivery SET
			outcome = ?,
			at = ?
		WHERE journal = ?
		  AND at <= ?
		  AND outcome NOT IN `+anyOf, l.Outcome, l.At.Unix(), journal, l.At.Unix(),
		listOf(ledger.FinalOutcomes)); err != nil {
		return fmt.Errorf("keep outcome of a mail: %w", err)
	}
	if _, err := tx.Exec(`INSERT INTO delivery (journal, recipient, original, outcome, at, deferred,
			relay, reply, dsn)
		SELECT DISTINCT r.journal, r.address, r.address, CAST(? AS TEXT), CAST(? AS BIGINT), 0, '', '', ''
		FROM recipient r
		WHERE r.journal = ?
		  AND NOT EXISTS (SELECT 1 FROM delivery d
			WHERE d.journal = r.journal
			  AND lower(d.original) = lower(r.address))`, l.Outcome, l.At.Unix(),
		journal); err != nil {
		return fmt.Errorf("keep outcome of a mail: %w", err)
	}
	return nil
}
