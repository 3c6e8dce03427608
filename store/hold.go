package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

func (db *DB) insertHold(tx *sql.Tx, journal int64, r *analyzer.Record) error {
	state, incident := ledger.Delayed, any(nil)
	if r.Verdict.Action == analyzer.Hold || r.Spared {
		id, err := openIncident(tx, r, journal)
		if err != nil {
			return err
		}
		state, incident = ledger.Held, id
		if r.Spared {
			state = ledger.Passed
		} else if err := seriousNow(tx, id, r); err != nil {
			return err
		}
	}
	until := int64(0)
	if r.Excerpt != "" {
		until = db.now().Add(db.opt.Excerpt).Unix()
	}
	defines := ledger.DefinesCampaign(&r.Verdict)
	if _, err := tx.Exec(`INSERT INTO hold (journal, incident, state, due, excerpt, excerpt_until,
			defines_campaign)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, journal, incident, state, unix(r.Due), r.Excerpt, until,
		defines); err != nil {
		return fmt.Errorf("insert hold: %w", err)
	}
	if state != ledger.Delayed && defines {
		return db.addToCampaign(tx, incident.(int64), shownBy(r), state != ledger.Passed)
	}
	return nil
}

// promote makes holds of the incident of what the sender of a held mail has still waiting,
// and returns their records. It asks by sender, not by id: a delayed mail of a moment ago
// may have got its id in this same transaction.
func (db *DB) promote(tx *sql.Tx, by *analyzer.Record) ([]int64, error) {
	rows, err := tx.Query(`SELECT h.journal
		FROM journal j
		JOIN hold h ON h.journal = j.id
		WHERE j.sender = ?
		  AND j.due != 0
		  AND j.due > ?
		  AND h.state = 'delayed'
		ORDER BY h.journal`, by.Envelope.Sender, by.Envelope.Time.Unix())
	if err != nil {
		return nil, fmt.Errorf("look for delayed mail: %w", err)
	}
	list, err := ints(rows)
	if err != nil {
		return nil, fmt.Errorf("look for delayed mail: %w", err)
	}
	for _, journal := range list {
		if err := db.promoteOne(tx, journal, by); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (db *DB) promoteOne(tx *sql.Tx, journal int64, by *analyzer.Record) error {
	incident, err := openIncident(tx, by, journal)
	if err != nil {
		return err
	}
	var defines bool
	if err := tx.QueryRow(`UPDATE hold SET
			state = 'held',
			due = 0,
			promoted = ?,
			incident = ?
		WHERE journal = ?
		RETURNING defines_campaign`, db.now().Unix(), incident, journal).Scan(&defines); err != nil {
		return fmt.Errorf("promote delayed mail: %w", err)
	}
	if !defines {
		return nil
	}
	s, err := shownIn(tx, journal)
	if err != nil {
		return err
	}
	return db.addToCampaign(tx, incident, s, true)
}

// EndDelay moves a delayed mail whose time is over to releasing. It returns false when
// the mail became a hold meanwhile.
func (db *DB) EndDelay(ctx context.Context, id int64) (bool, error) {
	return db.move(ctx, id, []ledger.State{ledger.Delayed}, ledger.Releasing, "timer")
}

// Finish says that the MTA has done what was asked: Releasing becomes Released, and the
// mail is taught as the owner's; Discarding becomes Discarded, which teaches nothing;
// Recalling becomes Held, or what the incident's end says of its holds.
func (db *DB) Finish(ctx context.Context, id int64) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		var journal int64
		var state ledger.State
		err := tx.QueryRow(`SELECT journal, state FROM hold WHERE id = ?`, id).Scan(&journal, &state)
		if err != nil {
			return err
		}
		if state == ledger.Recalling {
			return recalled(tx, id, db.now())
		}
		next := map[ledger.State]ledger.State{ledger.Releasing: ledger.Released,
			ledger.Discarding: ledger.Discarded}[state]
		if next == "" {
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
		if next == ledger.Released {
			_, err = teach(tx, journal, 1, db.now())
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("finish hold H%d: %w", id, err)
	}
	return nil
}

// Retry keeps a failure and the time of the next try. It returns false when the agent
// has nothing to do any more: the decision was taken back.
func (db *DB) Retry(ctx context.Context, id int64, cause error, next time.Time) (bool, error) {
	due := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		var err error
		due, err = changed(tx.Exec(`UPDATE hold SET
				attempts = attempts + 1,
				error = ?,
				due = ?
			WHERE id = ?
			  AND state IN ('releasing', 'discarding', 'recalling')`, cause.Error(), next.Unix(), id))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("keep failure of hold H%d: %w", id, err)
	}
	return due, nil
}

// Vanish says that a mail is not in the queue any more, without our doing: a kept one, or
// one that was to be released or discarded, vanished, which is noted in the audit log;
// one to be recalled is gone. It returns false when the hold was over.
func (db *DB) Vanish(ctx context.Context, id int64) (bool, error) {
	late, err := db.miss(ctx, id)
	if late || err != nil {
		return late, err
	}
	return db.move(ctx, id, []ledger.State{ledger.Delayed, ledger.Held, ledger.Releasing,
		ledger.Discarding}, ledger.Vanished, "mta")
}

func (db *DB) move(ctx context.Context, id int64, from []ledger.State, to ledger.State,
	by string) (bool, error) {
	due := db.now().Unix()
	if to == ledger.Vanished {
		due = 0 // nothing is left to do
	}
	done := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		now := db.now()
		var err error
		done, err = changed(tx.Exec(`UPDATE hold SET
				state = ?,
				due = ?,
				by = ?,
				decided = ?
			WHERE id = ?
			  AND state IN `+anyOf, to, due, by, now.Unix(), id, listOf(from)))
		if err != nil || !done || to != ledger.Vanished {
			return err
		}
		return audit(tx, now, by, "vanish", fmt.Sprintf("H%d", id), "not in the MTA's queue any more")
	})
	if err != nil {
		return false, fmt.Errorf("move hold H%d to %s: %w", id, to, err)
	}
	return done, nil
}
