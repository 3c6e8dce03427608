package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// opening is a sender's open incident as a hold finds it.
type opening struct {
	id    int64
	is    bool  // the hold opened it
	event int64 // that tells of it, where it did
}

// openIncident returns the sender's open incident, opening it where there is none. The
// incident begins with the lowest record that belongs to it.
func openIncident(tx *sql.Tx, r *analyzer.Record, journal int64) (o opening, err error) {
	sender, first := r.Envelope.Sender, int64(0)
	err = tx.QueryRow(`SELECT id, first_journal
		FROM incident
		WHERE sender = ? AND state = 'open'`, sender).Scan(&o.id, &first)
	if errors.Is(err, sql.ErrNoRows) {
		return newIncident(tx, r, journal)
	}
	if err != nil {
		return o, fmt.Errorf("read incident: %w", err)
	}
	if journal < first {
		_, err = tx.Exec(`UPDATE incident SET first_journal = ? WHERE id = ?`, journal, o.id)
	}
	return o, wrapped("note the incident's first mail", err)
}

// newIncident opens an incident, which is a case of its own until it has company.
func newIncident(tx *sql.Tx, r *analyzer.Record, journal int64) (o opening, err error) {
	o.is = true
	err = tx.QueryRow(`INSERT INTO incident (id, case_id, sender, opened, state, first_journal)
		SELECT n.id, n.id, ?, ?, 'open', ?
		FROM (SELECT coalesce(max(id), 0) + 1 AS id FROM incident) n
		RETURNING id`, r.Envelope.Sender, r.Envelope.Time.Unix(), journal).Scan(&o.id)
	if err != nil {
		return o, fmt.Errorf("open incident: %w", err)
	}
	err = tx.QueryRow(`SELECT coalesce(max(n), 0) FROM event`).Scan(&o.event)
	if err != nil {
		return o, fmt.Errorf("read the incident's event: %w", err)
	}
	return o, takeHome(tx, o.id, r.Envelope.Sender)
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
	_, err = tx.Exec(`UPDATE unlearned SET incident = ?1
		WHERE journal IN (SELECT CAST(value AS BIGINT) FROM json_each(?2))
		  AND cause = 'recall'
		  AND NOT EXISTS (SELECT 1 FROM unlearned u
			WHERE u.incident = ?1 AND u.journal = unlearned.journal)`, incident, listOf(moved))
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
			(SELECT coalesce(string_agg(CAST(n AS TEXT) || ' ' || state, ','), '')
				FROM (SELECT state, count(*) AS n
					FROM hold
					WHERE incident = i.id
					GROUP BY state) s)
		FROM incident i
		WHERE `+w.text()+`
		ORDER BY i.id DESC
		LIMIT ?`, append(w.args, anyLimit(f.Newest))...)
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
	slices.Reverse(out)
	return out, rows.Err()
}

// holdsByState reads "2 held,1 released".
func holdsByState(text string) (of map[ledger.State]int, all int, err error) {
	of = make(map[ledger.State]int)
	if text == "" {
		return of, 0, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		count, state, _ := strings.Cut(part, " ")
		n, err := strconv.Atoi(count)
		if err != nil {
			return nil, 0, fmt.Errorf("count of holds %q: %w", part, err)
		}
		of[ledger.State(state)], all = n, all+n
	}
	return of, all, nil
}

func scanIncident(rows scanner) (i ledger.Incident, err error) {
	var opened, closed int64
	var states string
	if err := rows.Scan(&i.ID, &i.Sender, &i.State, &opened, &i.First, &closed, &i.By, &i.Reason,
		&i.Kept, &i.Case, &states); err != nil {
		return i, err
	}
	i.Opened, i.Closed = fromUnix(opened), fromUnix(closed)
	i.States, i.Holds, err = holdsByState(states)
	return i, err
}
