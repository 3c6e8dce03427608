package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is where writers tell other nodes that they committed something.
const channel = "hisseki_commit"

// tellOthers ends a writer's transaction. What a node hears says nothing but that it may look: who
// misses it looks a moment later all the same.
const tellOthers = "notify " + channel + "; commit"

// listenAgain is how long after a lost connection the next one is tried.
const listenAgain = time.Second

// listenWithin is after what time without a word the server is asked whether it is there: one that
// is frozen, or cut off, would be listened to for ever.
const listenWithin = 10 * time.Second

// Listen calls wake after commits of writers, of this node too, until ctx ends. It is a hint: while
// the connection is lost nothing is heard.
func (g *Gate) Listen(ctx context.Context, wake func()) {
	for ctx.Err() == nil {
		_ = g.listen(ctx, wake) // whoever reads the database meets the same trouble, and says so
		select {
		case <-time.After(listenAgain):
		case <-ctx.Done():
		}
	}
}

func (g *Gate) listen(ctx context.Context, wake func()) error {
	c, err := g.connect(ctx, "hisseki listens", nil)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "listen "+channel); err != nil {
		return err
	}
	for {
		if err := hear(ctx, c); err != nil {
			return err
		}
		wake()
	}
}

// hear waits for a word, and asks for one where none comes.
func hear(ctx context.Context, c *pgx.Conn) error {
	for {
		within, cancel := context.WithTimeout(ctx, listenWithin)
		_, err := c.WaitForNotification(within)
		silent := within.Err() != nil && ctx.Err() == nil
		cancel()
		if err == nil || !silent || c.IsClosed() {
			return err
		}
		within, cancel = context.WithTimeout(ctx, askWithin)
		err = c.Ping(within)
		cancel()
		if err != nil {
			return err
		}
	}
}
