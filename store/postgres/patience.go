package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A node that is frozen amid a transaction keeps the writers' lock until the server ends that transaction,
// and so does each of its connections that waited for the lock, one after the other. How long the server waits for a word is therefore
// short for what is run again when it was too short, and grows only where it was: on a host so busy that a process
// gets no processor for that long.

const (
	// leastPatience is how long the server waits for the next statement of a transaction that is run again.
	leastPatience = 200 * time.Millisecond
	// calmAfter is after what time without an end the least is enough again.
	calmAfter = time.Minute
)

// patience is how long the server waits for a node amid a transaction that is run again.
type patience struct {
	mu    sync.Mutex
	long  time.Duration // 0 for the least
	ended time.Time     // when the server ended one
}

// now returns it.
func (p *patience) now(at time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.Sub(p.ended) > calmAfter {
		p.long = 0
	}
	return max(p.long, leastPatience)
}

// grow doubles it, up to idleTimeout: the server ended a transaction of this node, which lives.
func (p *patience) grow(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.long, p.ended = min(2*max(p.long, leastPatience), idleTimeout), at
}

// repeatableKey marks a context.
type repeatableKey struct{}

// Repeatable returns a context for a writer's transaction that is run again when the server ended it (Ended).
func Repeatable(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatableKey{}, true)
}

// beginning is the statement that begins a writer's transaction: it takes the lock in the same round trip. Each
// statement after it sees what was committed before the lock was had (READ COMMITTED takes a new snapshot for each).
func (c *conn) beginning(ctx context.Context) string {
	query := "begin isolation level read committed; "
	if ctx.Value(unsyncedKey{}) != nil {
		query += "set local synchronous_commit = off; "
	}
	if ctx.Value(repeatableKey{}) != nil && !c.patient {
		query += "set local " + idleSetting + " = " + millis(c.gate.patience.now(time.Now())) + "; "
	}
	return query + takeLock
}

// takeLock waits for the writers' lock.
var takeLock = fmt.Sprintf("select pg_advisory_xact_lock(%d)", Lock)
