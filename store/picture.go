package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Traffic counts mail by the hour since a time, oldest first; hours without mail are left out.
func (db *DB) Traffic(ctx context.Context, since time.Time) ([]ledger.Hour, error) {
	all := map[int64]*ledger.Hour{}
	var out []ledger.Hour
	// By two indexes that hold no more than is asked for: a row is a kilobyte.
	rows, err := db.read.QueryContext(ctx, `SELECT at / 3600, count(*)
		FROM journal
		WHERE at >= ?
		GROUP BY 1
		ORDER BY 1`, since.Unix())
	if err != nil {
		return nil, fmt.Errorf("count mail by the hour: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var hour int64
		var h ledger.Hour
		if err := rows.Scan(&hour, &h.Mails); err != nil {
			return nil, fmt.Errorf("count mail by the hour: %w", err)
		}
		h.At = fromUnix(hour * 3600)
		out = append(out, h)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count mail by the hour: %w", err)
	}
	for i := range out {
		all[out[i].At.Unix()/3600] = &out[i]
	}
	return out, db.oddTraffic(ctx, since, all)
}

// oddTraffic adds what mode enforce does not let pass at once.
func (db *DB) oddTraffic(ctx context.Context, since time.Time, all map[int64]*ledger.Hour) error {
	rows, err := db.read.QueryContext(ctx, `SELECT j.at / 3600, j.would, count(*)
		FROM journal j
		WHERE j.at >= ?
		  AND `+oddMail+`
		GROUP BY 1, 2`, since.Unix())
	if err != nil {
		return fmt.Errorf("count mail by the hour: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var hour int64
		var would analyzer.Action
		var n int
		if err := rows.Scan(&hour, &would, &n); err != nil {
			return fmt.Errorf("count mail by the hour: %w", err)
		}
		h := all[hour]
		switch {
		case h == nil: // it came between the two queries
		case would == analyzer.Delay:
			h.Delay += n
		case would == analyzer.Hold:
			h.Hold += n
		}
	}
	return rows.Err()
}

// Sendings returns when a sender sent mail since a time, and to how many: the newest so many,
// newest first.
func (db *DB) Sendings(ctx context.Context, sender string, since time.Time, limit int) (
	[]ledger.Sending, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			j.at,
			(SELECT count(*) FROM recipient r WHERE r.journal = j.id)
		FROM journal j
		WHERE j.sender = ?
		  AND j.at >= ?
		ORDER BY j.at DESC
		LIMIT ?`, sender, since.Unix(), limit)
	if err != nil {
		return nil, fmt.Errorf("read mail of %s: %w", sender, err)
	}
	defer rows.Close()
	var out []ledger.Sending
	for rows.Next() {
		var at int64
		var s ledger.Sending
		if err := rows.Scan(&at, &s.Recipients); err != nil {
			return nil, fmt.Errorf("read mail of %s: %w", sender, err)
		}
		s.At = fromUnix(at)
		out = append(out, s)
	}
	return out, rows.Err()
}

// Tellings returns what hooks were told, the newest event first.
func (db *DB) Tellings(ctx context.Context, f ledger.TellingFilter) ([]ledger.Telling, error) {
	var w where
	if f.State != "" {
		w.add("s.state = ?", f.State)
	}
	if f.Incident != 0 {
		w.add("e.incident = ?", f.Incident)
	}
	if f.Before != 0 {
		w.add("e.n < ?", f.Before)
	}
	rows, err := db.read.QueryContext(ctx, `SELECT
			e.n,
			coalesce(r.at, e.at),
			e.incident,
			e.kind,
			s.hook,
			s.state,
			s.runs,
			s.due,
			coalesce(r.error, ''),
			coalesce(r.output, '')
		FROM event e
		JOIN hook_event s ON s.event = e.n
		LEFT JOIN hook_run r ON r.id = (SELECT max(id) FROM hook_run WHERE event = e.n AND hook = s.hook)
		WHERE `+w.text()+`
		ORDER BY e.n DESC
		LIMIT ?`, append(w.args, anyLimit(f.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("read what hooks were told: %w", err)
	}
	defer rows.Close()
	var out []ledger.Telling
	for rows.Next() {
		var t ledger.Telling
		var at, due int64
		if err := rows.Scan(&t.N, &at, &t.Incident, &t.Kind, &t.Hook, &t.State, &t.Runs, &due, &t.Error,
			&t.Output); err != nil {
			return nil, fmt.Errorf("read what hooks were told: %w", err)
		}
		t.At, t.Due = fromUnix(at), fromUnix(due)
		out = append(out, t)
	}
	return out, rows.Err()
}

// TellAgain has a hook told an event once more that is in a state, such as given up; false when it
// is in another.
func (db *DB) TellAgain(ctx context.Context, hook string, n int64, in, by string) (ok bool, err error) {
	err = db.update(ctx, func(tx *sql.Tx) error {
		ok, err = changed(tx.Exec(`UPDATE hook_event SET state = ?, due = 0, runs = 0, first = ?
			WHERE event = ?
			  AND hook = ?
			  AND state = ?`, ledger.HookDue, db.now().Unix(), n, hook, in))
		if err != nil || !ok {
			return err
		}
		return db.audit(tx, db.now(), by, "tell-again", fmt.Sprintf("E%d", n), "hook "+hook)
	})
	return ok, wrapped("tell hook "+hook+" again", err)
}
