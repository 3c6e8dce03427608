package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Away says whether an error means that a database does not answer: it is known to be away, it cannot
// be connected to, or it went away in the middle of a question.
func Away(err error) bool {
	var refused *pgconn.ConnectError
	var lost net.Error
	var said *pgconn.PgError
	switch {
	case errors.Is(err, context.Canceled):
		return false // by a browser
	case errors.Is(err, ErrAway), errors.Is(err, driver.ErrBadConn), errors.Is(err, io.ErrUnexpectedEOF),
		errors.As(err, &refused), errors.As(err, &lost):
		return true
	case errors.As(err, &said):
		// 08: the connection is broken. 57P: an operator ends it, it starts or shuts down
		// (PostgreSQL, appendix A).
		return strings.HasPrefix(said.Code, "08") || strings.HasPrefix(said.Code, "57P")
	}
	return false
}
