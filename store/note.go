package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"

	"hisseki/ledger"
	"hisseki/store/postgres"
)

// noted is update for a line that says that somebody looked at something. It is durable too when noted
// returns, or a second later (ledger.Soon), but the lock, which mail needs, is given back before the disk is waited
// for: the transaction goes to the write-ahead log without a sync, and then the log is synced. Of what others
// committed meanwhile nothing depends on it. Whoever looks at many mails holds up none.
func (db *DB) noted(ctx context.Context, do func(*sql.Tx) error) error {
	defer db.book.changed()
	err := db.enqueue(job{ctx: ctx, do: do, shares: true, later: true, rows: 1, done: make(chan error, 1)})()
	switch {
	case err != nil:
		return err
	case ledger.IsSoon(ctx) && db.onServer(): // its log's writer does it within a second, by itself
		return nil
	case ledger.IsSoon(ctx):
		return db.durableSoon(ctx)
	}
	return db.makeDurable(ctx)
}

// unhurried has the next transaction, with this context, not wait for the disk where nobody in it needs
// that, and returns what has the ones after it wait again.
func (db *DB) unhurried(batch []job) (ctx context.Context, after func()) {
	ctx, after = context.Background(), func() {}
	if slices.ContainsFunc(batch, func(j job) bool { return !j.later }) {
		return ctx, after
	}
	if db.onServer() {
		return postgres.Unsynced(ctx), after
	}
	if _, err := db.write.Exec(`PRAGMA synchronous = NORMAL`); err != nil {
		return ctx, after // it waits, then
	}
	return ctx, func() {
		if _, err := db.write.Exec(`PRAGMA synchronous = FULL`); err != nil {
			db.log.Error("the store waits for no disk any more: restart this process", "error", err)
		}
	}
}

// syncLog makes what is in a write-ahead log durable. Where the log is empty or gone, a checkpoint moved
// it to the file, and synced that. SQLite has no locks on this file, which closing it would drop. The
// folder is another user's where root comes (docs/security.md), so what is there may be anything.
func syncLog(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sync the store's log: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path)
	}
	if err == nil {
		err = syscall.Fdatasync(int(f.Fd()))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("sync the store's log: %w", err)
	}
	return nil
}
