package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

// A database that does not answer must not cost each mail its whole time budget. Whoever meets a
// broken or failing connection raises a doubt; one goroutine then asks the server, and while that does
// not answer every connection is refused at once. It asks again each second, beside the mail.

const (
	// askEvery is how long after an answer that did not come the server is asked again.
	askEvery = time.Second
	// askWithin is how long the server may take to answer that question.
	askWithin = 2 * time.Second
)

// ErrAway says that the database does not answer, and that this was known before.
var ErrAway = errors.New("the database does not answer")

// Gate opens a database's connections as long as it answers.
type Gate struct {
	name string
	tell func(away error, lasted time.Duration)

	patience patience

	mu      sync.Mutex
	away    error     // nil while it answers
	stalled error     // nil while commits end
	since   time.Time // when the first of both was known
	asking  bool
	probing bool
	at      int            // the primary's place in the URL, -1 while it is not known
	term    int64          // counts primaries, and absences
	links   map[*link]bool // that are open
	closed  chan struct{}
	end     sync.Once
	asker   sync.WaitGroup
}

// NewGate returns the gate of a database that answers. tell is told when that ends (away says why),
// and when it answers again (nil, and how long it did not).
func NewGate(name string, tell func(away error, lasted time.Duration)) *Gate {
	return &Gate{name: name, tell: tell, at: -1, links: make(map[*link]bool), closed: make(chan struct{})}
}

// Close ends the asking.
func (g *Gate) Close() {
	g.end.Do(func() { close(g.closed) })
	g.asker.Wait()
}

// Open says with ErrAway that the database does not answer.
func (g *Gate) Open() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refusal(g.away)
}

// refusal is ErrAway with why and since when, nil for nil. mu is held.
func (g *Gate) refusal(why error) error {
	if why == nil {
		return nil
	}
	return awayError{fmt.Errorf("%w since %s: %w", ErrAway, g.since.Format("15:04:05"), why)}
}

// awayError is ErrAway for those who do not know this package.
type awayError struct{ error }

func (e awayError) Unwrap() error { return e.error }

// Away says that the database does not answer, which the log says once.
func (awayError) Away() bool { return true }

// Doubt has the server asked whether it is there, unless somebody does already.
func (g *Gate) Doubt() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.closed:
		return
	default:
	}
	if g.asking {
		return
	}
	g.asking = true
	g.asker.Go(g.ask)
}

// ask asks until the server answers.
func (g *Gate) ask() {
	for {
		at, err := g.once(context.Background())
		if g.note(at, err); err == nil {
			return
		}
		select {
		case <-g.closed:
			return
		case <-time.After(askEvery):
		}
	}
}

// note keeps what an answer said.
func (g *Gate) note(at int, err error) {
	var old []*link
	g.change(func() {
		if err != nil && g.away == nil {
			g.term++
		}
		if g.away, g.asking = err, err != nil; err == nil {
			old = g.found(at)
		}
	})
	cut(old)
}

// change changes what is known, and tells what is new.
func (g *Gate) change(do func()) {
	g.mu.Lock()
	was := errors.Join(g.away, g.stalled)
	do()
	is := errors.Join(g.away, g.stalled)
	if was == nil {
		g.since = time.Now()
	}
	lasted := time.Since(g.since)
	g.mu.Unlock()
	switch {
	case was == nil && is != nil:
		g.tell(is, 0)
	case was != nil && is == nil:
		g.tell(nil, lasted)
	}
}

// found notes which server is the primary, and returns the links to another that was: a frozen one
// would keep those who wait for its answer. mu is held.
func (g *Gate) found(at int) (old []*link) {
	if g.at >= 0 && g.at != at {
		g.term++
		old = slices.Collect(maps.Keys(g.links))
		clear(g.links)
	}
	g.at = at
	return old
}

// primary returns the primary's place among so many servers of the URL, and its term.
func (g *Gate) primary(ctx context.Context, servers int) (at int, term int64, err error) {
	g.mu.Lock()
	if servers == 1 {
		g.at = 0
	}
	at, term = g.at, g.term
	g.mu.Unlock()
	if at >= 0 {
		return at, term, nil
	}
	if at, err = g.once(ctx); err != nil {
		g.Doubt()
		return 0, 0, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.at < 0 {
		g.at = at
	}
	return g.at, g.term, nil
}

// connect opens a connection to the primary that none of the pools has, under a name for the server's lists.
// watch says how a context ends what waits there, nil for as usual.
func (g *Gate) connect(ctx context.Context, as string, watch func(*pgconn.PgConn) ctxwatch.Handler) (*pgx.Conn, error) {
	cfg, err := config(g.name)
	if err != nil {
		return nil, err
	}
	list := servers(cfg)
	at, _, err := g.primary(ctx, len(list))
	if err != nil {
		return nil, err
	}
	cfg = list[at]
	cfg.RuntimeParams["application_name"] = as
	cfg.DialFunc = g.dialer(0)
	if watch != nil {
		cfg.BuildContextWatcherHandler = watch
	}
	return pgx.ConnectConfig(ctx, cfg)
}

func (g *Gate) termNow() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.term
}

// once asks the servers for a sign of life, and which one takes writes.
func (g *Gate) once(ctx context.Context) (at int, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	cfg, err := config(g.name)
	if err != nil {
		return 0, err
	}
	cfg.ValidateConnect = isPrimary
	c, at, err := firstOf(ctx, servers(cfg))
	if err != nil {
		return 0, err
	}
	return at, c.Close(ctx)
}

// doubted raises a doubt about an error that broke a connection.
func (c *conn) doubted(err error) {
	if err != nil && !errors.Is(err, driver.ErrSkip) && c.Conn.Conn().IsClosed() {
		c.gate.Doubt()
	}
}

// Writer opens the one connection that writes. Each of its transactions has the lock.
func (g *Gate) Writer() (*sql.DB, error) {
	return g.open(tellOthers, 1, map[string]string{
		"lock_timeout": millis(lockTimeout),
		idleSetting:    millis(idleTimeout),
	})
}

// Reader opens connections that cannot write. Transactions see one state of the database.
func (g *Gate) Reader(connections int) (*sql.DB, error) {
	return g.open("", connections, map[string]string{
		"default_transaction_read_only": "on",
		"default_transaction_isolation": "repeatable read",
	})
}
