package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// What the agent tells of the mail that it carries decisions out for. Each method takes many
// holds, and notes them in few transactions: each of these is a sync of the disk.

// carryBatch bounds what one transaction notes: a mail's record waits behind it.
const carryBatch = 100

// each notes something of many holds, some in each transaction, and returns those of which
// it was noted.
func (db *DB) each(ctx context.Context, what string, holds []int64,
	note func(tx *sql.Tx, id int64) (bool, error)) (done []int64, err error) {
	for len(holds) > 0 {
		part := holds[:min(carryBatch, len(holds))]
		holds = holds[len(part):]
		var noted []int64
		err := db.update(ctx, func(tx *sql.Tx) error {
			noted = noted[:0]
			for _, id := range part {
				ok, err := note(tx, id)
				if err != nil {
					return fmt.Errorf("%s hold H%d: %w", what, id, err)
				}
				if ok {
					noted = append(noted, id)
				}
			}
			return nil
		})
		if err != nil {
			return done, err
		}
		done = append(done, noted...)
	}
	return done, nil
}

// Queued returns the holds of an MTA host whose mail is still in its queue, with what the
// agent needs of their mail: queue id, time and envelope sender.
func (db *DB) Queued(ctx context.Context, host string) ([]ledger.Hold, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			h.id,
			h.state,
			h.due,
			h.attempts,
			h.error,
			j.queue_id,
			j.at,
			j.mail_from
		FROM hold h
		JOIN journal j ON j.id = h.journal
		WHERE h.state IN `+anyOf+`
		  AND j.host = ?
		ORDER BY h.id`, listOf(ledger.InQueue), host)
	if err != nil {
		return nil, fmt.Errorf("read holds of %s: %w", host, err)
	}
	defer rows.Close()
	var list []ledger.Hold
	for rows.Next() {
		h := ledger.Hold{Record: &analyzer.Record{}}
		var due, at int64
		e := &h.Record.Envelope
		if err := rows.Scan(&h.ID, &h.State, &due, &h.Attempts, &h.Error, &e.QueueID, &at,
			&e.MailFrom); err != nil {
			return nil, fmt.Errorf("read holds of %s: %w", host, err)
		}
		e.Host, e.Time, h.Due = host, fromUnix(at), fromUnix(due)
		list = append(list, h)
	}
	return list, rows.Err()
}

// EndDelay moves delayed mail whose time is over to releasing, and returns what it moved: the
// rest became holds meanwhile.
func (db *DB) EndDelay(ctx context.Context, holds ...int64) ([]int64, error) {
	return db.each(ctx, "end the delay of", holds, func(tx *sql.Tx, id int64) (bool, error) {
		now := db.now().Unix()
		return changed(tx.Exec(`UPDATE hold SET
				state = 'releasing',
				due = ?1,
				by = ?2,
				decided = ?1
			WHERE id = ?3
			  AND state = 'delayed'`, now, ledger.ByTimer, id))
	})
}

// Finish says that the MTA has done what was asked: Releasing becomes Released, and the
// mail is taught as the owner's; Discarding becomes Discarded, which teaches nothing;
// Recalling becomes Held, or what the incident's end says of its holds.
func (db *DB) Finish(ctx context.Context, holds ...int64) error {
	_, err := db.each(ctx, "finish", holds, func(tx *sql.Tx, id int64) (bool, error) {
		return true, finish(tx, id, db.now())
	})
	return err
}

func finish(tx *sql.Tx, id int64, now time.Time) error {
	var journal int64
	var state ledger.State
	err := tx.QueryRow(`SELECT journal, state FROM hold WHERE id = ?`, id).Scan(&journal, &state)
	if err != nil {
		return err
	}
	if state == ledger.Recalling {
		return recalled(tx, id, now)
	}
	next, ok := ledger.StepDone.To(state)
	if !ok {
		return nil // done before: idempotent
	}
	if _, err := tx.Exec(`UPDATE hold SET
			state = ?,
			due = 0,
			error = '',
			excerpt = '',
			excerpt_until = 0
		WHERE id = ?`, next, id); err != nil {
		return err
	}
	if next.Lesson() > 0 {
		_, err = teach(tx, journal, next.Lesson(), now)
	}
	return err
}

// Retry keeps why holds are not done yet and the time of the next try. It returns those of
// which something is still wanted: the other decisions were taken back.
func (db *DB) Retry(ctx context.Context, cause error, next time.Time, holds ...int64) (
	[]int64, error) {
	return db.each(ctx, "keep the failure of", holds, func(tx *sql.Tx, id int64) (bool, error) {
		return changed(tx.Exec(`UPDATE hold SET
				attempts = attempts + 1,
				error = ?,
				due = ?
			WHERE id = ?
			  AND state IN `+anyOf, cause.Error(), next.Unix(), id,
			listOf(ledger.StepRetry.From())))
	})
}

// Vanish says that mail is not in the queue any more, without our doing: kept mail, or
// mail that was to be released or discarded, vanished, which is noted in the audit log;
// mail to be recalled is gone. It returns the holds that were not over yet.
func (db *DB) Vanish(ctx context.Context, holds ...int64) ([]int64, error) {
	return db.each(ctx, "note that the mail is gone of", holds,
		func(tx *sql.Tx, id int64) (bool, error) { return vanish(tx, id, db.now()) })
}

func vanish(tx *sql.Tx, id int64, now time.Time) (bool, error) {
	var state ledger.State
	err := tx.QueryRow(`SELECT state FROM hold WHERE id = ?`, id).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	to, ok := ledger.StepMissing.To(state)
	switch {
	case !ok:
		return false, nil
	case to == ledger.Gone:
		return true, miss(tx, id, now)
	}
	if _, err := tx.Exec(`UPDATE hold SET
			state = ?,
			due = 0,
			by = 'mta',
			decided = ?
		WHERE id = ?`, to, now.Unix(), id); err != nil {
		return false, err
	}
	return true, audit(tx, now, "mta", "vanish", fmt.Sprintf("H%d", id),
		"not in the MTA's queue any more")
}

// miss says that a recall came too late. Mail of an incident that was dismissed
// meanwhile is learned again.
func miss(tx *sql.Tx, id int64, now time.Time) error {
	if _, err := tx.Exec(`UPDATE hold SET
			state = 'gone',
			due = 0,
			error = '',
			decided = ?
		WHERE id = ?`, now.Unix(), id); err != nil {
		return err
	}
	var incident int64
	err := tx.QueryRow(`SELECT i.id
		FROM hold h
		JOIN incident i ON i.id = h.incident AND i.state = 'dismissed'
		WHERE h.id = ?`, id).Scan(&incident)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = givenBack(tx, incident, now)
	return err
}
