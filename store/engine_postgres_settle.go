package store

import (
	"context"
	"sync"
	"time"

	"hisseki/store/postgres"
)

// What other nodes publish can be read before it is durable (postgres.Publish), and a crash of the
// server may take it back and give its numbers to others. Who remembers how far he has read waits
// until that is durable: settle.

// settleWithin is how long settle waits for a sync that this node's own mail brings about.
const settleWithin = 10 * time.Millisecond

// syncs counts the publications of this node, each of which makes durable what was committed before
// it began.
type syncs struct {
	mu    sync.Mutex
	begun uint64
	ended uint64        // the last one that succeeded
	more  chan struct{} // closed when ended rises
}

// begin counts a publication; end says what became of it. One ends before the next begins.
func (s *syncs) begin() (end func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun++
	n := s.begun
	return func(err error) {
		if err != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended = n
		if s.more != nil {
			close(s.more)
			s.more = nil
		}
	}
}

// next waits a moment until a publication that begins from now on has ended.
func (s *syncs) next(ctx context.Context) bool {
	late := time.NewTimer(settleWithin)
	defer late.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for after := s.begun; s.ended <= after; {
		if s.more == nil {
			s.more = make(chan struct{})
		}
		more := s.more
		s.mu.Unlock()
		over := false
		select {
		case <-more:
		case <-late.C:
			over = true
		case <-ctx.Done():
			over = true
		}
		if s.mu.Lock(); over {
			return false
		}
	}
	return true
}

// settle waits until all that was committed before is durable: by a sync of this node's own mail, or
// else by one of its own.
func (db *DB) settle(ctx context.Context) error {
	if db.settler == nil || db.syncs.next(ctx) {
		return nil
	}
	if err := db.gate.Writes(); err != nil {
		return err // each wait that is given up leaves a process at the server
	}
	defer db.committing()()
	return postgres.Settle(ctx, db.settler)
}

// refused says why a write is not begun: the database does not answer, or its commits do not end and
// somebody waits for a limited time only, as for a mail. Others wait.
func (db *DB) refused(ctx context.Context) error {
	if err := db.gate.Open(); err != nil {
		return err
	}
	if _, limited := ctx.Deadline(); limited {
		return db.gate.Writes()
	}
	return nil
}

// committing says that a wait for the writers' lock or for a commit begins, and returns what to call when it is over.
func (db *DB) committing() func() {
	if db.gate == nil {
		return func() {}
	}
	ended := db.gate.Committing()
	return func() { ended() }
}
