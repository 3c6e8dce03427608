package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"hisseki/analyzer"
)

// State is where a hold is in its life.
type State string

// States. A delayed mail leaves by itself; releasing and discarding wait for the agent
// on the mail's MTA host; vanished means that the mail left the queue without us.
const (
	Delayed    State = "delayed"
	Held       State = "held"
	Releasing  State = "releasing"
	Released   State = "released"
	Discarding State = "discarding"
	Discarded  State = "discarded"
	Vanished   State = "vanished"
)

// Hold is one kept mail with its record.
type Hold struct {
	ID         int64
	State      State
	Incident   int64 // 0 for a delay that never became more
	Due        time.Time
	By         string
	Reason     string
	Decided    time.Time
	Attempts   int
	Error      string
	Excerpt    string
	Record     *analyzer.Record
	Recipients []string
}

// Name is the hold's stable id for people, such as "H12".
func (h *Hold) Name() string { return fmt.Sprintf("H%d", h.ID) }

// Filter chooses holds; zero fields choose all.
type Filter struct {
	IDs       []int64
	Sender    string
	Incident  int64
	Since     time.Time
	Until     time.Time
	Host      string // of an unusual URL: its registrable domain
	MinPoints float64
	States    []State
	MTA       string    // host that took the mail
	DueBy     time.Time // the agent should act by then
}

func insertHold(tx *sql.Tx, journal int64, r *analyzer.Record) error {
	state, incident := Delayed, any(nil)
	if r.Verdict.Action == analyzer.Hold {
		id, err := openIncident(tx, r)
		if err != nil {
			return err
		}
		state, incident = Held, id
	}
	if _, err := tx.Exec(`INSERT INTO hold (journal, incident, state, due, excerpt)
		VALUES (?, ?, ?, ?, ?)`, journal, incident, state, unix(r.Due), r.Excerpt); err != nil {
		return fmt.Errorf("insert hold: %w", err)
	}
	return nil
}

// openIncident returns the sender's open incident, opening it where there is none.
func openIncident(tx *sql.Tx, r *analyzer.Record) (int64, error) {
	_, err := tx.Exec(`INSERT INTO incident (sender, opened, state) VALUES (?, ?, 'open')
		ON CONFLICT DO NOTHING`, r.Envelope.Sender, r.Envelope.Time.Unix())
	if err != nil {
		return 0, fmt.Errorf("open incident: %w", err)
	}
	var id int64
	err = tx.QueryRow(`SELECT id FROM incident WHERE sender = ? AND state = 'open'`,
		r.Envelope.Sender).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("read incident: %w", err)
	}
	return id, nil
}

// promote makes a delayed mail a hold of the incident, if it is still waiting.
func promote(tx *sql.Tx, journal int64, by *analyzer.Record) error {
	incident, err := openIncident(tx, by)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE hold SET state = 'held', due = 0, incident = ?
		WHERE journal = ? AND state = 'delayed'`, incident, journal); err != nil {
		return fmt.Errorf("promote delayed mail: %w", err)
	}
	return nil
}

// Incident says whether a sender has an open incident, and since when.
func (db *DB) Incident(ctx context.Context, sender string) (bool, time.Time, error) {
	var opened int64
	err := db.read.QueryRowContext(ctx, `SELECT opened FROM incident
		WHERE sender = ? AND state = 'open'`, sender).Scan(&opened)
	if errors.Is(err, sql.ErrNoRows) {
		return false, time.Time{}, nil
	}
	if err != nil {
		return false, time.Time{}, fmt.Errorf("read incident of %s: %w", sender, err)
	}
	return true, time.Unix(opened, 0).UTC(), nil
}

// where turns a filter into SQL.
func (f *Filter) where() (string, []any) {
	var parts []string
	var args []any
	add := func(cond string, a ...any) {
		parts = append(parts, cond)
		args = append(args, a...)
	}
	in := func(column string, n int) string {
		return column + " IN (" + strings.TrimSuffix(strings.Repeat("?,", n), ",") + ")"
	}
	if len(f.IDs) > 0 {
		add(in("h.id", len(f.IDs)), anys(f.IDs)...)
	}
	if len(f.States) > 0 {
		add(in("h.state", len(f.States)), anys(f.States)...)
	}
	if f.Sender != "" {
		add("j.sender = ?", strings.ToLower(f.Sender))
	}
	if f.Incident != 0 {
		add("h.incident = ?", f.Incident)
	}
	if !f.Since.IsZero() {
		add("j.at >= ?", f.Since.Unix())
	}
	if !f.Until.IsZero() {
		add("j.at < ?", f.Until.Unix())
	}
	if f.MinPoints > 0 {
		add("j.points >= ?", f.MinPoints)
	}
	if f.MTA != "" {
		add("j.host = ?", f.MTA)
	}
	if f.Host != "" {
		add("EXISTS (SELECT 1 FROM json_each(j.detail, '$.hosts') WHERE value = ?)", strings.ToLower(f.Host))
	}
	if !f.DueBy.IsZero() {
		add("h.due <= ?", f.DueBy.Unix())
	}
	if len(parts) == 0 {
		return "1", nil
	}
	return strings.Join(parts, " AND "), args
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// Holds returns the holds that a filter chooses, oldest first, with their records.
func (db *DB) Holds(ctx context.Context, f Filter) ([]Hold, error) {
	cond, args := f.where()
	rows, err := db.read.QueryContext(ctx, `SELECT `+recordColumns+`, h.id, h.state,
			coalesce(h.incident, 0), h.due, h.by, h.reason, h.decided, h.attempts, h.error,
			h.excerpt,
			(SELECT coalesce(group_concat(address, char(10)), '') FROM recipient WHERE journal = j.id)
		FROM hold h
		JOIN journal j ON j.id = h.journal
		WHERE `+cond+`
		ORDER BY h.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	defer rows.Close()
	var out []Hold
	for rows.Next() {
		var h Hold
		var due, decided int64
		var rcpts string
		h.Record, err = scanRecord(rows, &h.ID, &h.State, &h.Incident, &due, &h.By, &h.Reason,
			&decided, &h.Attempts, &h.Error, &h.Excerpt, &rcpts)
		if err != nil {
			return nil, err
		}
		h.Due, h.Decided = fromUnix(due), fromUnix(decided)
		if rcpts != "" {
			h.Recipients = strings.Split(rcpts, "\n")
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

// Decide asks the agent to release or discard a kept mail. It returns false when the
// hold was not kept any more.
func (db *DB) Decide(ctx context.Context, id int64, to State, by, reason string) (bool, error) {
	if to != Releasing && to != Discarding {
		return false, fmt.Errorf("decide hold H%d: no decision leads to %q", id, to)
	}
	done := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		now := db.now().Unix()
		res, err := tx.Exec(`UPDATE hold SET state = ?, due = ?, by = ?, reason = ?, decided = ?,
				attempts = 0, error = ''
			WHERE id = ? AND state IN ('delayed', 'held')`, to, now, by, reason, now, id)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		done = true
		verb := map[State]string{Releasing: "release", Discarding: "discard"}[to]
		_, err = tx.Exec(`INSERT INTO audit (at, actor, verb, object, reason) VALUES (?, ?, ?, ?, ?)`,
			now, by, verb, fmt.Sprintf("H%d", id), reason)
		return err
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
// mail is taught as the owner's; Discarding becomes Discarded, which teaches nothing.
func (db *DB) Finish(ctx context.Context, id int64) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		var journal int64
		var state State
		err := tx.QueryRow(`SELECT journal, state FROM hold WHERE id = ?`, id).Scan(&journal, &state)
		if err != nil {
			return err
		}
		next := map[State]State{Releasing: Released, Discarding: Discarded}[state]
		if next == "" {
			return nil // done before: idempotent
		}
		if _, err := tx.Exec(`UPDATE hold SET state = ?, due = 0, error = '', excerpt = ''
			WHERE id = ?`, next, id); err != nil {
			return err
		}
		if next == Released {
			_, err = teach(tx, journal, 1)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("finish hold H%d: %w", id, err)
	}
	return nil
}

// Retry keeps a failure and the time of the next try.
func (db *DB) Retry(ctx context.Context, id int64, cause error, next time.Time) error {
	return db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE hold SET attempts = attempts + 1, error = ?, due = ?
			WHERE id = ? AND state IN ('releasing', 'discarding')`, cause.Error(), next.Unix(), id)
		return err
	})
}

// Vanish says that a kept mail is not in the queue any more, without our doing.
func (db *DB) Vanish(ctx context.Context, id int64) (bool, error) {
	return db.move(ctx, id, []State{Delayed, Held}, Vanished, "mta")
}

func (db *DB) move(ctx context.Context, id int64, from []State, to State, by string) (bool, error) {
	done := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		now := db.now().Unix()
		res, err := tx.Exec(`UPDATE hold SET state = ?, due = ?, by = ?, decided = ?
			WHERE id = ? AND state IN (`+strings.TrimSuffix(strings.Repeat("?,", len(from)), ",")+`)`,
			append([]any{to, now, by, now, id}, anys(from)...)...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		done = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("move hold H%d to %s: %w", id, to, err)
	}
	return done, nil
}

// Heartbeat notes that the agent of a host is alive.
func (db *DB) Heartbeat(ctx context.Context, host, detail string) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO heartbeat (host, at, detail) VALUES (?, ?, ?)
			ON CONFLICT (host) DO UPDATE SET at = excluded.at, detail = excluded.detail`,
			host, db.now().Unix(), detail)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep heartbeat: %w", err)
	}
	return nil
}

// AgentSeen returns when the agent of any host was last alive, zero for never.
func (db *DB) AgentSeen(ctx context.Context) (time.Time, error) {
	var at int64
	err := db.read.QueryRowContext(ctx, `SELECT coalesce(max(at), 0) FROM heartbeat`).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("read heartbeat: %w", err)
	}
	return fromUnix(at), nil
}
