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

// Listen calls wake after commits of writers, of this node too, until ctx ends. It is a hint: while
// the connection is lost nothing is heard.
func Listen(ctx context.Context, name string, wake func()) {
	for ctx.Err() == nil {
		_ = listen(ctx, name, wake) // whoever reads the database meets the same trouble, and says so
		select {
		case <-time.After(listenAgain):
		case <-ctx.Done():
		}
	}
}

func listen(ctx context.Context, name string, wake func()) error {
	cfg, err := config(name)
	if err != nil {
		return err
	}
	cfg.RuntimeParams["application_name"] = "hisseki listens"
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "listen "+channel); err != nil {
		return err
	}
	for {
		if _, err := c.WaitForNotification(ctx); err != nil {
			return err
		}
		wake()
	}
}
