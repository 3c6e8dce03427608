package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// openIncident returns the sender's open incident, opening it where there is none, and
// whether it did. The incident begins with the lowest record that belongs to it.
func openIncident(tx *sql.Tx, r *analyzer.Record, journal int64) (id int64, opened bool,
	err error) {
	_, err = tx.Exec(`INSERT INTO incident (sender, opened, state, first_journal)
		VALUES (?, ?, 'open', ?)
		ON CONFLICT (sender) WHERE state = 'open' DO UPDATE SET
			first_journal = min(first_journal, excluded.first_journal)`,
		r.Envelope.Sender, r.Envelope.Time.Unix(), journal)
	if err != nil {
		return 0, false, fmt.Errorf("open incident: %w", err)
	}
	err = tx.QueryRow(`SELECT id FROM incident WHERE sender = ? AND state = 'open'`,
		r.Envelope.Sender).Scan(&id)
	if err != nil {
		return 0, false, fmt.Errorf("read incident: %w", err)
	}
	opened, err = changed(tx.Exec(`UPDATE incident SET case_id = id WHERE id = ? AND case_id = 0`, id))
	if err != nil {
		return 0, false, fmt.Errorf("open case: %w", err)
	}
	if opened {
		err = takeHome(tx, id, r.Envelope.Sender)
	}
	return id, opened, err
}

const takeHomeQuery = `UPDATE hold SET incident = ?1
	WHERE state IN ('held', 'recalling')
	  AND recalled != 0
	  AND incident != ?1
	  AND (SELECT j.sender FROM journal j WHERE j.id = hold.journal) = ?2
	RETURNING journal`

// takeHome gives a new incident what another one had asked back of its sender's mail: whose
// mail it is decides with which incident it is confirmed or dismissed.
func takeHome(tx *sql.Tx, incident int64, sender string) error {
	rows, err := tx.Query(takeHomeQuery, incident, sender)
	if err != nil {
		return fmt.Errorf("take recalled mail over: %w", err)
	}
	moved, err := ints(rows)
	if err != nil || len(moved) == 0 {
		return wrapped("take recalled mail over", err)
	}
	_, err = tx.Exec(`UPDATE OR IGNORE unlearned SET incident = ?
		WHERE journal IN `+anyOf+`
		  AND cause = 'recall'`, incident, listOf(moved))
	return wrapped("take recalled mail over", err)
}

func whereIncidents(f *ledger.IncidentFilter) *where {
	var w where
	in(&w, "i.id", f.IDs)
	in(&w, "i.state", f.States)
	if f.Sender != "" { // accounts are in lower case, class keys as they came
		w.add("i.sender IN (?, ?)", f.Sender, strings.ToLower(f.Sender))
	}
	if f.Case != 0 {
		w.add("i.case_id = ?", f.Case)
	}
	w.between("i.opened", f.Since, f.Until)
	return &w
}

// Incidents returns the incidents of a sender ("" is everybody) in the given states
// (none is all), oldest first.
func (db *DB) Incidents(ctx context.Context, sender string, states ...ledger.IncidentState) (
	[]ledger.Incident, error) {
	return db.FindIncidents(ctx, ledger.IncidentFilter{Sender: sender, States: states})
}

// FindIncidents returns the incidents that a filter chooses, oldest first.
func (db *DB) FindIncidents(ctx context.Context, f ledger.IncidentFilter) ([]ledger.Incident, error) {
	w := whereIncidents(&f)
	rows, err := db.read.QueryContext(ctx, `SELECT
			i.id,
			i.sender,
			i.state,
			i.opened,
			i.first_journal,
			i.closed,
			i.by,
			i.reason,
			i.kept,
			i.case_id,
			(SELECT coalesce(json_group_object(state, n), '{}')
				FROM (SELECT state, count(*) AS n
					FROM hold
					WHERE incident = i.id
					GROUP BY state))
		FROM incident i
		WHERE `+w.text()+`
		ORDER BY i.id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("read incidents: %w", err)
	}
	defer rows.Close()
	var out []ledger.Incident
	for rows.Next() {
		i, err := scanIncident(rows)
		if err != nil {
			return nil, fmt.Errorf("read incidents: %w", err)
		}
		out = append(out, i)
	}
	return out, rows.Err()
}

func scanIncident(rows scanner) (i ledger.Incident, err error) {
	var opened, closed int64
	var states []byte
	if err := rows.Scan(&i.ID, &i.Sender, &i.State, &opened, &i.First, &closed, &i.By, &i.Reason,
		&i.Kept, &i.Case, &states); err != nil {
		return i, err
	}
	i.Opened, i.Closed = fromUnix(opened), fromUnix(closed)
	if err := json.Unmarshal(states, &i.States); err != nil {
		return i, err
	}
	for _, n := range i.States {
		i.Holds += n
	}
	return i, nil
}
