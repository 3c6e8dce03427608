package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"hisseki/baseline"
)

// usualFor is how long the organisation's profile is kept in memory after a use.
const usualFor = time.Minute

// usual is the organisation's profile as it was read last. Reading it takes 10 ms for some thousand
// mails, and an incident's page asks what is usual each time it is shown; what was learned since is
// a few rows.
type usual struct {
	mu      sync.Mutex
	profile *baseline.Profile // nil for none
	last    int64             // the last lesson in it
	drop    *time.Timer
}

// with has do look at the profile with every lesson in it; do must not keep it.
func (u *usual) with(ctx context.Context, db *DB, do func(org *baseline.Profile)) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.follow(ctx, db); err != nil {
		u.profile = nil
		return err
	}
	if u.drop == nil {
		u.drop = time.AfterFunc(usualFor, func() {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.profile = nil
		})
	}
	u.drop.Reset(usualFor)
	do(u.profile)
	return nil
}

// follow reads the profile, or what was learned since it was read. Lessons may be gone up to the one
// that a saved profile has: then it is read anew.
func (u *usual) follow(ctx context.Context, db *DB) error {
	if u.profile == nil {
		return u.read(ctx, db)
	}
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read profile: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // read only
	var saved, last int64
	err = tx.QueryRowContext(ctx, `SELECT
			coalesce((SELECT lesson FROM profile WHERE sender = ''), 0),
			(SELECT coalesce(max(id), 0) FROM lesson)`).Scan(&saved, &last)
	if err != nil {
		return fmt.Errorf("read profile: %w", err)
	}
	if saved > u.last {
		if err := tx.Rollback(); err != nil {
			return err
		}
		return u.read(ctx, db)
	}
	if last <= u.last {
		return nil
	}
	rows, err := tx.QueryContext(ctx, `SELECT l.sign, j.observation
		FROM lesson l
		JOIN journal j ON j.id = l.journal
		WHERE l.id > ?
		ORDER BY l.id`, u.last)
	if err != nil {
		return fmt.Errorf("read lessons: %w", err)
	}
	if _, err := foldRows(rows, "", u.profile); err != nil {
		return err
	}
	u.last = last
	return nil
}

func (u *usual) read(ctx context.Context, db *DB) error {
	past, err := db.profile(ctx, "")
	u.profile, u.last = past.Profile, past.Last
	return err
}
