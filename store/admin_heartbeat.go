package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

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

// AgentSeen returns when the agent of any host was last alive, zero for never. While nothing can be
// written nobody knows: that is an error.
func (db *DB) AgentSeen(ctx context.Context) (time.Time, error) {
	if db.gate != nil {
		if err := db.gate.Writes(); err != nil {
			return time.Time{}, fmt.Errorf("read heartbeat: %w", err)
		}
	}
	var at int64
	err := db.read.QueryRowContext(ctx, `SELECT coalesce(max(at), 0) FROM heartbeat`).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("read heartbeat: %w", err)
	}
	return fromUnix(at), nil
}

// Beats returns when the agent of each MTA host was last alive.
func (db *DB) Beats(ctx context.Context) (map[string]time.Time, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT host, at FROM heartbeat`)
	if err != nil {
		return nil, fmt.Errorf("read heartbeats: %w", err)
	}
	defer rows.Close()
	beats := make(map[string]time.Time)
	for rows.Next() {
		var host string
		var at int64
		if err := rows.Scan(&host, &at); err != nil {
			return nil, fmt.Errorf("read heartbeats: %w", err)
		}
		beats[host] = fromUnix(at)
	}
	return beats, rows.Err()
}
