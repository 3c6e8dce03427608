package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A URL may name several servers, of which one takes writes: the primary. They are asked here and
// not by pgx, which asks one after the other: a host that is switched off says nothing, and each
// new connection would wait for it before it comes to the one that answers.

// servers returns a configuration for each server that cfg names, in the order of the URL. pgx has
// further addresses of a server as fallbacks: with and without TLS (sslmode=prefer).
func servers(cfg *pgx.ConnConfig) []*pgx.ConnConfig {
	all := append([]*pgconn.FallbackConfig{{Host: cfg.Host, Port: cfg.Port, TLSConfig: cfg.TLSConfig}},
		cfg.Fallbacks...)
	var list []*pgx.ConnConfig
	for _, f := range all {
		i := slices.IndexFunc(list, func(s *pgx.ConnConfig) bool { return s.Host == f.Host && s.Port == f.Port })
		if i >= 0 {
			list[i].Fallbacks = append(list[i].Fallbacks, f)
			continue
		}
		one := cfg.Copy()
		one.Host, one.Port, one.TLSConfig, one.Fallbacks = f.Host, f.Port, f.TLSConfig, nil
		list = append(list, one)
	}
	return list
}

// wanted says which server of several is to be taken. hisseki writes, and what it reads must be what
// was written last: that is the primary, whatever else libpq offers.
func wanted(cfg *pgx.ConnConfig, attrs string) error {
	switch attrs {
	case "", "any", "read-write", "primary":
		if attrs != "" || len(servers(cfg)) > 1 { // else Fit says what is wrong with the one
			cfg.ValidateConnect = isPrimary
		}
		return nil
	default:
		return fmt.Errorf("target_session_attrs=%s asks for a server that takes no writes: write read-write", attrs)
	}
}

// isPrimary refuses a standby. pgx's own check of read-write asks whether the session may write,
// and our readers may not.
func isPrimary(ctx context.Context, c *pgconn.PgConn) error {
	all, err := c.Exec(ctx, "select pg_is_in_recovery()").ReadAll()
	switch {
	case err != nil:
		return err
	case len(all) != 1 || len(all[0].Rows) != 1 || len(all[0].Rows[0]) != 1:
		return errors.New("the server does not say whether it is a standby")
	case string(all[0].Rows[0][0]) == "t":
		return errStandby
	}
	return nil
}

// answer is what one of several servers said: a connection, or why there is none.
type answer struct {
	at  int // in the list
	c   *pgx.Conn
	err error
}

// firstOf asks all servers at once and returns the first that is the primary, with its place in the
// list. A server that says nothing keeps nobody waiting for one that answers.
func firstOf(ctx context.Context, list []*pgx.ConnConfig) (c *pgx.Conn, at int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan answer, len(list))
	for i, cfg := range list {
		go func() {
			c, err := pgx.ConnectConfig(ctx, cfg)
			answers <- answer{i, c, err}
		}()
	}
	var errs []error
	for left := len(list) - 1; left >= 0; left-- {
		a := <-answers
		if a.err == nil {
			go closeAll(answers, left)
			return a.c, a.at, nil
		}
		errs = append(errs, a.err)
	}
	return nil, 0, Explained(errors.Join(errs...))
}

// closeAll closes the connections of answers that come too late.
func closeAll(answers <-chan answer, n int) {
	for range n {
		if a := <-answers; a.c != nil {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			_ = a.c.Close(ctx) // nobody uses it
			cancel()
		}
	}
}
