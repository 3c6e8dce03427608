package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Status says how things stand; it counts the mails since a time.
func (db *DB) Status(ctx context.Context, since time.Time) (ledger.Status, error) {
	s := ledger.Status{Did: map[analyzer.Action]int{}, Would: map[analyzer.Action]int{},
		Holds: map[ledger.State]int{}}
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s, fmt.Errorf("count: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // read only
	if err := countActions(ctx, tx, since, &s); err != nil {
		return s, fmt.Errorf("count: %w", err)
	}
	if s.Would[analyzer.Unjudged] > 0 {
		if s.Later, err = unjudgedWaiting(ctx, tx, since); err != nil {
			return s, fmt.Errorf("count: %w", err)
		}
	}
	if err := tally(ctx, tx, `SELECT state, count(*) FROM hold GROUP BY state`, s.Holds); err != nil {
		return s, err
	}
	var opened, undecided, agent int64
	err = tx.QueryRowContext(ctx, `SELECT
			(SELECT count(*) FROM incident WHERE state = 'open'),
			(SELECT coalesce(min(opened), 0) FROM incident WHERE state = 'open'),
			(SELECT coalesce(min(j.at), 0)
				FROM hold h
				JOIN journal j ON j.id = h.journal
				WHERE h.state = 'held'),
			(SELECT coalesce(max(at), 0) FROM heartbeat)`).
		Scan(&s.Incidents, &opened, &undecided, &agent)
	if err != nil {
		return s, fmt.Errorf("count: %w", err)
	}
	s.Opened, s.Undecided, s.Agent = fromUnix(opened), fromUnix(undecided), fromUnix(agent)
	if db.onServer() {
		s.Tables, err = serverTables(ctx, tx)
	}
	return s, err
}

// live leaves out mail that was taught from an archive: it has neither host nor queue id. The
// list is made once, of the index of queue ids: a look at every row of the day takes far longer.
const live = `j.id NOT IN (SELECT id FROM journal WHERE queue_id = '' AND host = '')`

// countActions counts the mails since a time by what happened to them, without what was taught
// from an archive: it went nowhere. Most passed: they are those that are not among the odd.
func countActions(ctx context.Context, tx *sql.Tx, since time.Time, s *ledger.Status) error {
	var all int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM journal j WHERE j.at >= ? AND `+live,
		since.Unix()).Scan(&all)
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `SELECT j.action, j.would, count(*)
		FROM journal j
		WHERE j.at >= ?
		  AND `+oddMail+`
		  AND `+live+`
		GROUP BY j.action, j.would`, since.Unix())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var did, would analyzer.Action
		var n int
		if err := rows.Scan(&did, &would, &n); err != nil {
			return err
		}
		s.Did[did] += n
		s.Would[would] += n
		all -= n
	}
	if all > 0 {
		s.Did[analyzer.Pass] += all
		s.Would[analyzer.Pass] += all
	}
	return rows.Err()
}
