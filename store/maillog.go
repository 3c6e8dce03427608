package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"hisseki/ledger"
	"hisseki/postfix"
)

// KeepLog keeps what a piece of a log says together with the position behind it, in one
// durable transaction: after a crash the reader goes on from there, and no line is lost or
// counted twice.
func (db *DB) KeepLog(ctx context.Context, b *ledger.LogBatch) (kept ledger.LogKept, err error) {
	err = db.update(ctx, func(tx *sql.Tx) error {
		kept = ledger.LogKept{}
		for i := range b.Lines {
			ok, err := keepLine(tx, b.Host, &b.Lines[i])
			if err != nil {
				return err
			}
			if ok {
				kept.Lines++
			} else {
				kept.Strange++
			}
		}
		for i := range b.Logins {
			ok, err := keepLogin(tx, &b.Logins[i], b.Position.Source)
			if err != nil {
				return err
			}
			if ok {
				kept.Logins++
			}
		}
		return keepPosition(tx, &b.Position, db.now())
	})
	if err != nil {
		return ledger.LogKept{}, fmt.Errorf("keep log of %s: %w", b.Position.Source, err)
	}
	return kept, nil
}

// keepLine keeps what a line says of every record that its queue id means; false when it means
// none.
func keepLine(tx *sql.Tx, host string, l *ledger.LogLine) (bool, error) {
	journals, err := journalsOf(tx, host, l.QueueID, l.At)
	for _, journal := range journals {
		if err == nil {
			err = keepLineOf(tx, host, journal, *l)
		}
	}
	return len(journals) > 0, err
}

func keepLineOf(tx *sql.Tx, host string, journal int64, l ledger.LogLine) error {
	switch {
	case l.Event == ledger.LogRequeued:
		return keepNext(tx, host, journal, &l)
	case l.Event == ledger.LogGone && postfix.LongID(l.QueueID):
		return nil // never used again
	case l.Event == ledger.LogGone:
		return requeue(tx, host, l.QueueID, journal, l.At, l.At)
	case l.Recipient == "":
		return keepForAll(tx, journal, &l)
	}
	if l.Original == "" {
		l.Original = l.Recipient
	}
	return keepDelivery(tx, journal, &l)
}

// keepNext notes the queue id under which a mail goes on. Mail that a content filter gave back
// may have been judged again, and then the id is another record's too: both are the same mail,
// and share what is said of it. A short id that is a record's own stays that record's.
func keepNext(tx *sql.Tx, host string, journal int64, l *ledger.LogLine) error {
	others, err := journalsOf(tx, host, l.Next, l.At)
	if err != nil || slices.Contains(others, journal) || len(others) > 0 && !postfix.LongID(l.Next) {
		return err
	}
	return requeue(tx, host, l.Next, journal, l.At, time.Time{})
}

// maxRecords bounds the records of one mail: each pass through a content filter makes one.
const maxRecords = 8

// journalsOf returns the records that a queue id meant at a time: its own, and those of the mail
// before a content filter gave it back.
func journalsOf(tx *sql.Tx, host, queueID string, at time.Time) ([]int64, error) {
	if !postfix.LongID(queueID) {
		journal, err := journalOf(tx, host, queueID, at)
		if err != nil || journal == 0 {
			return nil, err
		}
		return []int64{journal}, nil
	}
	rows, err := tx.Query(`SELECT id FROM journal WHERE queue_id = ?1 AND (?2 = '' OR host = ?2)
		UNION
		SELECT journal FROM requeued WHERE queue_id = ?1 AND (?2 = '' OR host = ?2)
		ORDER BY 1
		LIMIT ?3`, queueID, host, maxRecords)
	if err != nil {
		return nil, fmt.Errorf("find records of queue id %s: %w", queueID, err)
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("find records of queue id %s: %w", queueID, err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// clockSlack is how much earlier than the record a line may seem: logs have whole seconds.
const clockSlack = 2

// journalOf returns the record that a short queue id meant at a time, 0 for none. It is used
// again as soon as its mail is gone, by mail that we may never see; a long one never is.
func journalOf(tx *sql.Tx, host, queueID string, at time.Time) (int64, error) {
	by := at.Unix() + clockSlack
	var id, gone int64
	err := tx.QueryRow(`SELECT id, gone FROM (
			SELECT
				j.id AS id,
				j.at AS at,
				coalesce((SELECT max(gone) FROM requeued r
					WHERE r.journal = j.id AND r.queue_id = j.queue_id), 0) AS gone
			FROM journal j
			WHERE j.queue_id = ?1 AND j.at <= ?3 AND (?2 = '' OR j.host = ?2)
			UNION ALL
			SELECT journal, at, gone
			FROM requeued
			WHERE queue_id = ?1 AND at <= ?3 AND (?2 = '' OR host = ?2)
		) known
		ORDER BY at DESC, id DESC
		LIMIT 1`, queueID, host, by).Scan(&id, &gone)
	if errors.Is(err, sql.ErrNoRows) || gone != 0 && at.Unix() > gone {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find record of queue id %s: %w", queueID, err)
	}
	return id, nil
}

// requeue notes where a recorded mail goes on. An id that it has at one host is not another's: the
// first MTA's log calls a second one on the same machine a filter of its own.
func requeue(tx *sql.Tx, host, queueID string, journal int64, at, gone time.Time) error {
	elsewhere := false
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1
		FROM requeued
		WHERE journal = ?
		  AND queue_id = ?
		  AND host != ?)`, journal, queueID, host).Scan(&elsewhere)
	if err != nil {
		return fmt.Errorf("look for queue id %s: %w", queueID, err)
	}
	if elsewhere {
		return nil
	}
	_, err = tx.Exec(`INSERT INTO requeued (host, queue_id, journal, at, gone)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (host, queue_id, journal) DO UPDATE SET gone = max(requeued.gone, excluded.gone)`,
		host, queueID, journal, at.Unix(), unix(gone))
	if err != nil {
		return fmt.Errorf("keep queue id %s: %w", queueID, err)
	}
	return nil
}

func keepPosition(tx *sql.Tx, p *ledger.LogPosition, now time.Time) error {
	if p.Source == "" {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO log_position (source, head, device, inode, "offset", cursor, at)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (source, head) DO UPDATE SET
			device = excluded.device,
			inode = excluded.inode,
			"offset" = excluded."offset",
			cursor = excluded.cursor,
			at = excluded.at`, p.Source, p.Head, int64(p.Device), int64(p.Inode), p.Offset, p.Cursor,
		now.Unix())
	if err != nil {
		return fmt.Errorf("keep position: %w", err)
	}
	return nil
}

// LogPositions returns how far logs were read: those of a source, those that begin with a
// line ("" chooses all), the one read last first.
func (db *DB) LogPositions(ctx context.Context, source, head string) ([]ledger.LogPosition, error) {
	var w where
	if source != "" {
		w.add("source = ?", source)
	}
	if head != "" {
		w.add("head = ?", head)
	}
	rows, err := db.read.QueryContext(ctx, `SELECT
			source,
			head,
			device,
			inode,
			"offset",
			cursor,
			at
		FROM log_position
		WHERE `+w.text()+`
		ORDER BY at DESC, "offset" DESC`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("read positions in logs: %w", err)
	}
	defer rows.Close()
	var out []ledger.LogPosition
	for rows.Next() {
		var p ledger.LogPosition
		var device, inode, at int64
		if err := rows.Scan(&p.Source, &p.Head, &device, &inode, &p.Offset, &p.Cursor,
			&at); err != nil {
			return nil, fmt.Errorf("read positions in logs: %w", err)
		}
		p.Device, p.Inode, p.At = uint64(device), uint64(inode), fromUnix(at)
		out = append(out, p)
	}
	return out, rows.Err()
}
