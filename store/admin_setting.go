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
