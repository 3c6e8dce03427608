package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Beat is the last heartbeat of an MTA host's agent.
type Beat struct {
	Host    string
	At      time.Time
	Version string // of the agent's program
	Detail  string
}

// Heartbeat notes that the agent of a host is alive.
func (db *DB) Heartbeat(ctx context.Context, host, detail string) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO heartbeat (host, at, version, detail) VALUES (?, ?, ?, ?)
			ON CONFLICT (host) DO UPDATE SET
				at = excluded.at,
				version = excluded.version,
				detail = excluded.detail`, host, db.now().Unix(), db.opt.Version, detail)
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

// AgentAlive says whether the agent of a host gave a heartbeat within maxAge of now. One
// from further in the future does not count: a clock was set back since.
func (db *DB) AgentAlive(ctx context.Context, host string, now time.Time, maxAge time.Duration) (
	bool, error) {
	var at int64
	err := db.read.QueryRowContext(ctx, `SELECT at FROM heartbeat WHERE host = ?`, host).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read heartbeat of %s: %w", host, err)
	}
	return now.Sub(time.Unix(at, 0)).Abs() <= maxAge, nil
}

// Heartbeats returns the last heartbeat of every host.
func (db *DB) Heartbeats(ctx context.Context) ([]Beat, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			host,
			at,
			version,
			detail
		FROM heartbeat
		ORDER BY host`)
	if err != nil {
		return nil, fmt.Errorf("read heartbeats: %w", err)
	}
	defer rows.Close()
	var out []Beat
	for rows.Next() {
		var b Beat
		var at int64
		if err := rows.Scan(&b.Host, &at, &b.Version, &b.Detail); err != nil {
			return nil, fmt.Errorf("read heartbeats: %w", err)
		}
		b.At = fromUnix(at)
		out = append(out, b)
	}
	return out, rows.Err()
}

// Stranger notes mail that is held in a host's queue, but not by us. It returns true and
// writes to the audit log the first time only.
func (db *DB) Stranger(ctx context.Context, host, queueID string) (bool, error) {
	first := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		now := db.now()
		var err error
		first, err = changed(tx.Exec(`INSERT INTO stranger (host, queue_id, seen) VALUES (?, ?, ?)
			ON CONFLICT DO NOTHING`, host, queueID, now.Unix()))
		if err != nil || !first {
			return err
		}
		return audit(tx, now, "mta", "stranger", queueID+" on "+host,
			"held in the MTA's queue, but not by hisseki")
	})
	if err != nil {
		return false, fmt.Errorf("note held mail %s: %w", queueID, err)
	}
	return first, nil
}
