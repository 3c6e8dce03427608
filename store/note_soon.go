package store

import (
	"context"
	"sync"
	"time"
)

const (
	// soon is when lines that somebody looked are durable, of all who looked meanwhile with one sync: each sync
	// holds up those of mail, and people who look around made sixteen a second.
	soon = time.Second
	// soonWithin bounds such a sync.
	soonWithin = 10 * time.Second
)

// soonest has lines made durable that were written without a sync.
type soonest struct {
	mu     sync.Mutex
	due    bool  // a sync comes
	over   bool  // the store closes: each line waits for its own sync
	failed error // of the last one: until one succeeds, each line waits for its own
	wg     sync.WaitGroup
}

// makeDurable makes what was committed without a sync durable.
func (db *DB) makeDurable(ctx context.Context) error {
	db.syncing.Add(1)
	if db.onServer() {
		return db.settle(ctx)
	}
	return syncLog(db.path + "-wal")
}

// durableSoon has all lines that are written by now durable within a second, or before Close returns. It fails where
// the last time failed and does again.
func (db *DB) durableSoon(ctx context.Context) error {
	s := &db.soonest
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		s.failed = db.makeDurable(ctx)
		return s.failed
	}
	if s.over {
		return db.makeDurable(ctx)
	}
	if s.due {
		return nil
	}
	s.due = true
	s.wg.Go(func() {
		select {
		case <-time.After(soon):
		case <-db.closed: // the last commit was made
		}
		s.mu.Lock()
		s.due = false // for what is written from now on
		s.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), soonWithin)
		defer cancel()
		if err := db.makeDurable(ctx); err != nil {
			db.log.Error("lines of the audit log are not durable yet", "error", err)
			s.mu.Lock()
			s.failed = err
			s.mu.Unlock()
		}
	})
	return nil
}

// end waits for the sync that comes, and lets no further one begin.
func (s *soonest) end() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.wg.Wait()
}
