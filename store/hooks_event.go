package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"hisseki/ledger"
)

const (
	// maxHookOutput bounds what is kept of a run's output and of its error, in bytes.
	maxHookOutput = 16 << 10
	// maxHookRuns bounds how many runs are kept of one event at one hook: the last ones
	// tell what is wrong.
	maxHookRuns = 10
)

// SetHooks says which hooks there are. A new one is told what happens from now on; one
// that is gone is forgotten, with what it was still to be told.
func (db *DB) SetHooks(ctx context.Context, names []string) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec(`DELETE FROM hook WHERE name NOT IN `+anyOf, listOf(names)); err != nil {
			return err
		}
		for _, name := range names {
			if _, err := tx.Exec(`INSERT INTO hook (name, after)
				VALUES (?, (SELECT coalesce(max(n), 0) FROM event))
				ON CONFLICT DO NOTHING`, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep the hooks' names: %w", err)
	}
	return nil
}

// HookKnown says whether SetHooks named a hook.
func (db *DB) HookKnown(ctx context.Context, name string) (bool, error) {
	var n int
	err := db.read.QueryRowContext(ctx, `SELECT count(*) FROM hook WHERE name = ?`, name).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("read hook %s: %w", name, err)
	}
	return n > 0, nil
}

// nextEvent chooses what a hook is to be told next: the events of one incident in their
// order, those of another incident do not wait for them.
const nextEvent = `FROM event e
	JOIN hook h ON h.name = ?
	JOIN incident i ON i.id = e.incident
	LEFT JOIN hook_event s ON s.event = e.n AND s.hook = h.name
	WHERE e.n > h.after
	  AND coalesce(s.state, 'due') = 'due'
	  AND coalesce(s.due, 0) <= ?
	  AND NOT EXISTS (SELECT 1
		FROM event earlier
		LEFT JOIN hook_event es ON es.event = earlier.n AND es.hook = h.name
		WHERE earlier.incident = e.incident
		  AND earlier.n > h.after
		  AND earlier.n < e.n
		  AND coalesce(es.state, 'due') = 'due')
	ORDER BY e.n
	LIMIT 1`

// ClaimEvent returns the event that a hook is to be told now, nil for none. Nobody else
// gets it until lease is over; until then EndRun must be called.
func (db *DB) ClaimEvent(ctx context.Context, hook string, lease time.Duration) (*ledger.Event, error) {
	now := db.now()
	var n int64
	err := db.read.QueryRowContext(ctx, `SELECT e.n `+nextEvent, hook, now.Unix()).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) { // the rule, so it is found without a write
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read events of hook %s: %w", hook, err)
	}
	var e *ledger.Event
	err = db.update(ctx, func(tx *sql.Tx) error {
		e, err = claimEvent(tx, hook, now, lease)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim event of hook %s: %w", hook, err)
	}
	return e, nil
}

func claimEvent(tx *sql.Tx, hook string, now time.Time, lease time.Duration) (*ledger.Event, error) {
	var first int64
	var runs int
	e, err := scanEvent(tx.QueryRow(`SELECT
			`+eventStatement+`,
			coalesce(s.runs, 0) + 1,
			coalesce(s.first, ?) `+nextEvent, now.Unix(), hook, now.Unix()), &runs, &first)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e.Runs, e.First = runs, fromUnix(first)
	_, err = tx.Exec(`INSERT INTO hook_event (event, hook, state, runs, first, due)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (event, hook) DO UPDATE SET
			runs = excluded.runs,
			due = excluded.due`, e.N, hook, ledger.HookDue, e.Runs, first, now.Add(lease).Unix())
	return &e, err
}

// RetryEvent keeps a run that failed, and when the next may begin.
func (db *DB) RetryEvent(ctx context.Context, hook string, n int64, r ledger.HookRun,
	next time.Time) error {
	return db.endRun(ctx, hook, n, &r, ledger.HookDue, next)
}

// EndEvent keeps the last run of an event at a hook, nil for none. What is given up is
// noted in the audit log.
func (db *DB) EndEvent(ctx context.Context, hook string, n int64, r *ledger.HookRun,
	state string) error {
	return db.endRun(ctx, hook, n, r, state, time.Time{})
}

func (db *DB) endRun(ctx context.Context, hook string, n int64, r *ledger.HookRun, state string,
	next time.Time) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		now := db.now()
		if _, err := tx.Exec(`UPDATE hook_event SET state = ?, due = ?
			WHERE event = ? AND hook = ?`, state, unix(next), n, hook); err != nil {
			return err
		}
		if r != nil {
			if err := keepRun(tx, hook, n, r, now); err != nil {
				return err
			}
		}
		if state != ledger.HookFailed {
			return nil
		}
		return db.audit(tx, now, "hook "+hook, "give-up", fmt.Sprintf("E%d", n), r.Error)
	})
	if err != nil {
		return fmt.Errorf("keep the run of hook %s: %w", hook, err)
	}
	return nil
}

func keepRun(tx *sql.Tx, hook string, n int64, r *ledger.HookRun, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO hook_run (event, hook, at, error, output)
		VALUES (?, ?, ?, ?, ?)`, n, hook, now.Unix(), cutBytes(r.Error, maxHookOutput),
		cutBytes(r.Output, maxHookOutput))
	if err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM hook_run
		WHERE event = ?
		  AND hook = ?
		  AND id NOT IN (SELECT id FROM hook_run
			WHERE event = ? AND hook = ?
			ORDER BY id DESC
			LIMIT ?)`, n, hook, n, hook, maxHookRuns)
	return err
}

// cutBytes cuts a text to at most n bytes, at the start of a character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// Notes returns the last run of every hook for every event of an incident, oldest first, and
// what its owner answered. Hooks that were told without a word are in it too.
func (db *DB) Notes(ctx context.Context, incident int64) ([]ledger.Note, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			r.at,
			r.hook,
			e.kind,
			s.state,
			s.runs,
			r.error,
			r.output
		FROM event e
		JOIN hook_event s ON s.event = e.n
		JOIN hook_run r ON r.event = e.n AND r.hook = s.hook
		WHERE e.incident = ?
		  AND r.id = (SELECT max(id) FROM hook_run WHERE event = e.n AND hook = s.hook)
		ORDER BY r.id`, incident)
	if err != nil {
		return nil, fmt.Errorf("read notes of incident I%d: %w", incident, err)
	}
	defer rows.Close()
	var out []ledger.Note
	for rows.Next() {
		var n ledger.Note
		var at int64
		if err := rows.Scan(&at, &n.Hook, &n.Event, &n.State, &n.Runs, &n.Error,
			&n.Output); err != nil {
			return nil, fmt.Errorf("read notes of incident I%d: %w", incident, err)
		}
		n.At = fromUnix(at)
		out = append(out, n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read notes of incident I%d: %w", incident, err)
	}
	said, err := db.answers(db.inContext(ctx), incident)
	for i := range said {
		e := &said[i] // by "owner by push"
		out = append(out, ledger.Note{At: e.At, Hook: e.By, Event: e.Kind, State: ledger.HookAnswer, Output: e.Reason})
	}
	slices.SortStableFunc(out, func(a, b ledger.Note) int { return a.At.Compare(b.At) })
	return out, wrapped(fmt.Sprintf("read notes of incident I%d", incident), err)
}
