package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
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

// errNotUnjudged says that a mail's record was purged or forgotten, or has a verdict.
var errNotUnjudged = errors.New("there is no record of the mail as unjudged")

// rowReader is a transaction, or the pool of readers.
type rowReader interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// unjudgedRow finds the record of a mail that was not judged: 0 for none. A queue id alone may
// come again, and a number of a row that was purged may too.
func unjudgedRow(ctx context.Context, q rowReader, e *analyzer.Envelope) (id int64, more []byte, err error) {
	err = q.QueryRowContext(ctx, `SELECT id, detail
		FROM journal
		WHERE queue_id = ?
		  AND host = ?
		  AND at = ?
		  AND sender = ?
		  AND would = 'unjudged'
		ORDER BY id
		LIMIT 1`, e.QueueID, e.Host, e.Time.Unix(), e.Sender).Scan(&id, &more)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	return id, more, wrapped("look for the record of a mail that was not judged", err)
}

// Unjudged says whether mail has a record without a verdict. Where it will not be judged any more,
// why says so, and is noted there; "" only asks, of a mail by its envelope.
func (db *DB) Unjudged(ctx context.Context, w ledger.Unjudged, why string) (waits bool, err error) {
	e := w.Envelope
	if e == nil {
		return db.contentLost(ctx, w, why)
	}
	if why == "" {
		id, _, err := unjudgedRow(ctx, db.read, e)
		return id != 0, err
	}
	err = db.share(ctx, func(tx *sql.Tx) error {
		id, more, err := unjudgedRow(ctx, tx, e)
		if err != nil || id == 0 {
			return err
		}
		waits = true
		var d detail
		if err := json.Unmarshal(more, &d); err != nil {
			return err
		}
		d.Content, d.Kept = why, 0
		if more, err = json.Marshal(d); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE journal SET detail = ? WHERE id = ?`, string(more), id)
		return err
	})()
	return waits, wrapped("note that a mail will not be judged", err)
}

// lostAtOnce bounds how many records contentLost changes in a call.
const lostAtOnce = 1000

// contentLost notes of mail that is recorded as waiting that it cannot be judged any more.
func (db *DB) contentLost(ctx context.Context, w ledger.Unjudged, why string) (any bool, err error) {
	mark := `%"content":"` + analyzer.Waits + `"%`
	if w.Kept != 0 {
		mark += fmt.Sprintf(`"kept":%d%%`, w.Kept)
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		waiting, err := waitingRows(tx, w.From, w.To, mark)
		any = len(waiting) > 0
		for id, d := range waiting {
			d.Content, d.Kept = why, 0
			more, err := json.Marshal(d)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE journal SET detail = ? WHERE id = ?`, string(more), id); err != nil {
				return err
			}
		}
		return err
	})
	return any, wrapped("note that mail was lost", err)
}

// waitingRows returns the details of unjudged mail whose detail is like a mark, by row.
func waitingRows(tx *sql.Tx, from, to time.Time, mark string) (map[int64]*detail, error) {
	rows, err := tx.Query(`SELECT j.id, j.detail
		FROM journal j
		WHERE j.at >= ?
		  AND j.at <= ?
		  AND `+oddMail+`
		  AND j.would = 'unjudged'
		  AND j.detail LIKE ?
		LIMIT ?`, from.Unix(), to.Unix(), mark, lostAtOnce)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make(map[int64]*detail)
	for rows.Next() {
		var id int64
		var more []byte
		d := new(detail)
		if err := rows.Scan(&id, &more); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(more, d); err != nil {
			return nil, err
		}
		all[id] = d
	}
	return all, rows.Err()
}

// recordLate gives the record of a mail that was not judged the verdict that it has now. What was
// done with the mail stays what it was: where it would be kept, a hold asks it back from the queue.
func (db *DB) recordLate(tx *sql.Tx, r *analyzer.Record, row []any) (k analyzer.Recorded, in opening,
	err error) {
	id, _, err := unjudgedRow(context.Background(), tx, &r.Envelope)
	if err == nil && id == 0 {
		err = errNotUnjudged
	}
	if err != nil {
		return k, in, err
	}
	k.ID = id
	if err := updateLate(tx, id, r, row); err != nil {
		return k, in, err
	}
	switch {
	case r.Verdict.Action == analyzer.Hold && r.Late.Recall:
		in, err = db.joinHeld(tx, id, r)
	case r.Verdict.Action != analyzer.Hold && (r.ObservedHold || r.Late.Recall):
		in, err = db.insertHold(tx, id, r)
	}
	if err == nil && r.Late.Recall {
		k.Promoted, err = db.promote(tx, r)
	}
	if err == nil && r.Learn {
		k.Lesson, err = teachNew(tx, id, r, db.now())
	}
	return k, in, err
}

// rowNames are the columns of DB.row's values.
var rowNames = []string{"at", "host", "queue_id", "sender", "class", "mail_from", "header_from", "client",
	"message_id", "subject", "bytes", "action", "would", "points", "sum", "due", "learned", "observation",
	"detail", "simhash", "evidence"}

// updateLate writes a row's values over those of a mail that was not judged. The action stays.
func updateLate(tx *sql.Tx, id int64, r *analyzer.Record, row []any) error {
	v := make(map[string]any, len(row))
	for i, name := range rowNames {
		v[name] = row[i]
	}
	if _, err := tx.Exec(`UPDATE journal SET
			header_from = ?,
			message_id = ?,
			subject = ?,
			would = ?,
			points = ?,
			sum = ?,
			learned = ?,
			observation = ?,
			detail = ?,
			simhash = ?,
			evidence = ?
		WHERE id = ?`, v["header_from"], v["message_id"], v["subject"], v["would"], v["points"], v["sum"],
		v["learned"], v["observation"], v["detail"], v["simhash"], v["evidence"], id); err != nil {
		return fmt.Errorf("update journal row: %w", err)
	}
	return insertMarks(tx, id, r.Observation.Marks)
}

// joinHeld makes a mail that the failure action holds one of its sender's incident.
func (db *DB) joinHeld(tx *sql.Tx, journal int64, r *analyzer.Record) (in opening, err error) {
	var state ledger.State
	err = tx.QueryRow(`SELECT state FROM hold WHERE journal = ?`, journal).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) || err == nil && state != ledger.Held {
		return in, nil // somebody decided it meanwhile
	}
	if err == nil {
		in, err = openIncident(tx, r, journal)
	}
	if err != nil {
		return in, err
	}
	until := int64(0)
	if r.Excerpt != "" {
		until = db.now().Add(db.opt.Excerpt).Unix()
	}
	defines := ledger.DefinesCampaign(&r.Verdict)
	if _, err := tx.Exec(`UPDATE hold SET incident = ?, excerpt = ?, excerpt_until = ?, defines_campaign = ?
		WHERE journal = ?`, in.id, r.Excerpt, until, defines, journal); err != nil {
		return in, fmt.Errorf("update hold: %w", err)
	}
	if defines {
		err = db.addToCampaign(tx, in.id, shownBy(r), true)
	}
	return in, err
}

// unjudgedWaiting counts the mails since a time that are kept to be judged later.
func unjudgedWaiting(ctx context.Context, tx *sql.Tx, since time.Time) (n int, err error) {
	// As encoding/json writes it: no text of a mail can look like it, its quotes are escaped.
	err = tx.QueryRowContext(ctx, `SELECT count(*)
		FROM journal j
		WHERE j.at >= ?
		  AND `+oddMail+`
		  AND j.would = 'unjudged'
		  AND j.detail LIKE ?`, since.Unix(), `%"content":"`+analyzer.Waits+`"%`).Scan(&n)
	return n, err
}
