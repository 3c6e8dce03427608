package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hisseki/analyzer"
)

// State is where a hold is in its life.
type State string

// States. A delayed mail leaves by itself; releasing, discarding and recalling wait for
// the agent on the mail's MTA host; vanished means that the mail left the queue without
// us, gone that it had left before it could be recalled, passed that mode observe let it go
// where mode enforce had held it.
const (
	Delayed    State = "delayed"
	Held       State = "held"
	Releasing  State = "releasing"
	Released   State = "released"
	Discarding State = "discarding"
	Discarded  State = "discarded"
	Vanished   State = "vanished"
	Recalling  State = "recalling"
	Gone       State = "gone"
	Passed     State = "passed"
)

// Hold is one kept mail with its record.
type Hold struct {
	ID           int64
	State        State
	Incident     int64     // 0 for a delay that never became more
	Due          time.Time // when the agent should act next, zero for never
	By           string
	Reason       string
	Decided      time.Time
	Promoted     time.Time // when a delay became a hold, zero when it did not
	Recalled     time.Time // when it was asked back for an incident, zero when it was not
	Tells        bool      // says what its incident's campaign is: held for what it is itself
	Attempts     int
	Error        string // of the last attempt
	Excerpt      string
	ExcerptUntil time.Time
	Record       *analyzer.Record
	Recipients   []string
}

// Name is the hold's stable id for people, such as "H12".
func (h *Hold) Name() string { return fmt.Sprintf("H%d", h.ID) }

func (db *DB) insertHold(tx *sql.Tx, journal int64, r *analyzer.Record) error {
	state, incident := Delayed, any(nil)
	if r.Verdict.Action == analyzer.Hold || r.Spared {
		id, err := openIncident(tx, r, journal)
		if err != nil {
			return err
		}
		state, incident = Held, id
		if r.Spared {
			state = Passed
		} else if err := seriousNow(tx, id, r); err != nil {
			return err
		}
	}
	until := int64(0)
	if r.Excerpt != "" {
		until = db.now().Add(db.opt.Excerpt).Unix()
	}
	if _, err := tx.Exec(`INSERT INTO hold (journal, incident, state, due, excerpt, excerpt_until,
			tells)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, journal, incident, state, unix(r.Due), r.Excerpt, until,
		tells(r)); err != nil {
		return fmt.Errorf("insert hold: %w", err)
	}
	if state != Delayed && tells(r) {
		return joinCase(tx, incident.(int64), journal)
	}
	return nil
}

// promote makes a delayed mail of the same sender a hold of the incident, if it is still
// waiting.
func (db *DB) promote(tx *sql.Tx, journal int64, by *analyzer.Record) error {
	waiting, err := changed(tx.Exec(`UPDATE hold SET
			state = 'held',
			due = 0,
			promoted = ?
		WHERE journal = (SELECT id FROM journal WHERE id = ? AND sender = ?)
		  AND state = 'delayed'`, db.now().Unix(), journal, by.Envelope.Sender))
	if err != nil {
		return fmt.Errorf("promote delayed mail: %w", err)
	}
	if !waiting {
		return nil
	}
	incident, err := openIncident(tx, by, journal)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE hold SET incident = ? WHERE journal = ?`, incident,
		journal); err != nil {
		return fmt.Errorf("promote delayed mail: %w", err)
	}
	return joinCase(tx, incident, journal)
}

// Decide asks the agent to release or discard a kept mail. It returns false when the
// hold was not kept any more.
func (db *DB) Decide(ctx context.Context, id int64, to State, by, reason string) (bool, error) {
	if to != Releasing && to != Discarding {
		return false, fmt.Errorf("decide hold H%d: no decision leads to %q", id, to)
	}
	done := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		now := db.now()
		var err error
		done, err = changed(tx.Exec(`UPDATE hold SET
				state = ?,
				due = ?,
				by = ?,
				reason = ?,
				decided = ?,
				attempts = 0,
				error = ''
			WHERE id = ?
			  AND state IN ('delayed', 'held')`, to, now.Unix(), by, reason, now.Unix(), id))
		if err != nil || !done {
			return err
		}
		verb := map[State]string{Releasing: "release", Discarding: "discard"}[to]
		return audit(tx, now, by, verb, fmt.Sprintf("H%d", id), reason)
	})
	if err != nil {
		return false, fmt.Errorf("decide hold H%d: %w", id, err)
	}
	return done, nil
}

// EndDelay moves a delayed mail whose time is over to releasing. It returns false when
// the mail became a hold meanwhile.
func (db *DB) EndDelay(ctx context.Context, id int64) (bool, error) {
	return db.move(ctx, id, []State{Delayed}, Releasing, "timer")
}

// Finish says that the MTA has done what was asked: Releasing becomes Released, and the
// mail is taught as the owner's; Discarding becomes Discarded, which teaches nothing;
// Recalling becomes Held, or what the incident's end says of its holds.
func (db *DB) Finish(ctx context.Context, id int64) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		var journal int64
		var state State
		err := tx.QueryRow(`SELECT journal, state FROM hold WHERE id = ?`, id).Scan(&journal, &state)
		if err != nil {
			return err
		}
		if state == Recalling {
			return recalled(tx, id, db.now())
		}
		next := map[State]State{Releasing: Released, Discarding: Discarded}[state]
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
		if next == Released {
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
	return db.move(ctx, id, []State{Delayed, Held, Releasing, Discarding}, Vanished, "mta")
}

func (db *DB) move(ctx context.Context, id int64, from []State, to State, by string) (bool, error) {
	due := db.now().Unix()
	if to == Vanished {
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
			  AND state IN (`+marks(len(from))+`)`,
			append([]any{to, due, by, now.Unix(), id}, anys(from)...)...))
		if err != nil || !done || to != Vanished {
			return err
		}
		return audit(tx, now, by, "vanish", fmt.Sprintf("H%d", id), "not in the MTA's queue any more")
	})
	if err != nil {
		return false, fmt.Errorf("move hold H%d to %s: %w", id, to, err)
	}
	return done, nil
}
