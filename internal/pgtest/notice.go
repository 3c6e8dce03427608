package pgtest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Notices runs statements in the database of a URL, and returns what the server remarked about them, such
// as "NOTICE: policy x does not exist, skipping".
func Notices(url string, statements ...string) (list []string, err error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { list = append(list, n.Severity+": "+n.Message) }
	ctx := context.Background()
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer c.Close(ctx)
	for _, s := range statements {
		if _, err := c.Exec(ctx, s); err != nil {
			return list, fmt.Errorf("%s: %w", s, err)
		}
	}
	return list, nil
}
