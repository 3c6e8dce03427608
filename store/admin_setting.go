package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// saltKey names the store's secret among the settings. It is made once and never changed:
// profiles would forget everything.
const saltKey = "salt"

// Salt returns the store's secret for keyed hashes, 32 bytes.
func (db *DB) Salt(ctx context.Context) ([]byte, error) {
	salt, ok, err := db.setting(ctx, saltKey)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("store %s has lost its secret: restore a backup", db.path)
	}
	return salt, nil
}

// findings are what drills and calibrations found, each the last one.
type findings struct{ db *DB }

// Findings returns where what drills and calibrations found is kept.
func (db *DB) Findings() findings { return findings{db} }

// Keep keeps a value under a name, in the place of the one before.
func (f findings) Keep(ctx context.Context, name string, value []byte) error {
	err := f.db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO setting (key, value) VALUES (?, ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`, name, value)
		return err
	})
	return wrapped("keep "+name, err)
}

// Kept returns what is kept under a name, nil for nothing.
func (f findings) Kept(ctx context.Context, name string) ([]byte, error) {
	value, _, err := f.db.setting(ctx, name)
	return value, err
}

// setting returns the value kept under a key, and whether there is one.
func (db *DB) setting(ctx context.Context, key string) (value []byte, ok bool, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT value FROM setting WHERE key = ?`, key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read setting %s: %w", key, err)
	}
	return value, true, nil
}
