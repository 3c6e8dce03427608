package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

// A server may answer every question and let commits wait all the same: for a synchronous standby that
// is gone, or behind another node's that waits for it with the lock. Each mail would wait for its whole
// budget. The first commit that takes long raises the alarm; from then on writes are refused at once,
// until one that is tried beside the mail has ended.

// commitWithin is how long a commit may take before mail waits for none any more: a little less than a mail
// has time (milter.budget).
const commitWithin = 4 * time.Second

// doubtWithin is after what time of a commit the server is asked whether it is there: one that is frozen answers
// nothing, while its standby may be the primary already.
const doubtWithin = commitWithin / 2

var errStalled = fmt.Errorf("a commit has not ended within %v: is the synchronous standby gone "+
	"(synchronous_standby_names), the disk stuck, or does another node keep the writers' lock", commitWithin)

// Committing says that a wait for the writers' lock or for a commit begins. ended says that it is over.
func (g *Gate) Committing() (ended func() bool) {
	doubt, stall := time.AfterFunc(doubtWithin, g.Doubt), time.AfterFunc(commitWithin, g.stall)
	return func() bool { doubt.Stop(); return stall.Stop() }
}

// Writes says with ErrAway that what is written would not be durable soon: the database does not answer,
// or its commits do not end.
func (g *Gate) Writes() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.away != nil {
		return g.refusal(g.away)
	}
	return g.refusal(g.stalled)
}

// stall notes that a commit does not end, and has others tried.
func (g *Gate) stall() {
	begun := false
	g.change(func() {
		select {
		case <-g.closed:
			return
		default:
		}
		if begun = !g.probing; begun {
			g.probing, g.stalled = true, errStalled
			g.asker.Go(g.probe)
		}
	})
}

// probe tries a commit until one has ended. It waits for each as long as that takes: the server keeps a
// process for every commit that waits for a standby, whether somebody waits for it or not.
func (g *Gate) probe() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-g.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		err := g.commitOne(ctx)
		if err == nil {
			g.change(func() { g.probing, g.stalled = false, nil })
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(askEvery):
		}
	}
}

// commitOne commits something that means nothing, with the lock, as all writers do.
func (g *Gate) commitOne(ctx context.Context) error {
	// With the context the server is asked to end the wait too.
	c, err := g.connect(ctx, "hisseki probes", func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: time.Second}
	})
	if err != nil {
		g.Doubt()
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = c.PgConn().Exec(ctx, "begin; "+takeLock+"; "+synced+"; commit").ReadAll()
	return errors.Join(err, ctx.Err()) // a wait that was ended is reported as a commit
}

// errLeft is what is left of a gate that was given up.
var errLeft = errors.New("this process ends")

// Abandon cuts all links where commits do not end: who closes a store does not wait for a standby. What was
// under way may be done or not, as at any broken connection.
func (g *Gate) Abandon() {
	g.mu.Lock()
	var all []*link
	if g.stalled != nil {
		g.away = errLeft
		all = slices.Collect(maps.Keys(g.links))
		clear(g.links)
	}
	g.mu.Unlock()
	cut(all)
}
