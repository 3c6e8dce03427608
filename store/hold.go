package store

import (
	"database/sql"
	"fmt"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// insertHold keeps a delayed or held mail, and what mode observe let pass. A held one opens an
// incident where its sender has none.
func (db *DB) insertHold(tx *sql.Tx, journal int64, r *analyzer.Record) (in opening, err error) {
	state := ledger.FirstState(r)
	if state.OpensIncident() {
		if in, err = openIncident(tx, r, journal); err != nil {
			return in, err
		}
		if state == ledger.Held && !in.is {
			if err := noteKept(tx, in.id, r); err != nil {
				return in, err
			}
		}
	}
	until := int64(0)
	if r.Excerpt != "" {
		until = db.now().Add(db.opt.Excerpt).Unix()
	}
	due, recalled := unix(r.Due), int64(0)
	if state == ledger.Recalling {
		recalled = db.now().Unix()
		due = recalled
	}
	defines := ledger.DefinesCampaign(&r.Verdict)
	if _, err := tx.Exec(`INSERT INTO hold (journal, incident, state, due, excerpt, excerpt_until,
			defines_campaign, recalled)
		VALUES (?, nullif(?, 0), ?, ?, ?, ?, ?, ?)`, journal, in.id, state, due, r.Excerpt,
		until, defines, recalled); err != nil {
		return in, fmt.Errorf("insert hold: %w", err)
	}
	if in.id != 0 && defines {
		err = db.addToCampaign(tx, in.id, shownBy(r), state != ledger.Passed)
	}
	return in, err
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
		  AND h.state IN `+anyOf+`
		ORDER BY h.journal`, by.Envelope.Sender, by.Envelope.Time.Unix(),
		listOf(ledger.StepPromote.From()))
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
	in, err := openIncident(tx, by, journal)
	if err != nil {
		return err
	}
	var defines bool
	if err := tx.QueryRow(`UPDATE hold SET
			state = ?,
			due = 0,
			promoted = ?,
			incident = ?
		WHERE journal = ?
		RETURNING defines_campaign`, ledger.Held, db.now().Unix(), in.id, journal).Scan(&defines); err != nil {
		return fmt.Errorf("promote delayed mail: %w", err)
	}
	if !defines {
		return nil
	}
	s, err := shownIn(tx, journal)
	if err != nil {
		return err
	}
	return db.addToCampaign(tx, in.id, s, true)
}
