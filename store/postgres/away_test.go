package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestAway: a database that does not answer is told from a mistake of the program.
func TestAway(t *testing.T) {
	for err, want := range map[error]bool{
		fmt.Errorf("read holds: %w", ErrAway):                                           true,
		fmt.Errorf("read holds: %w", &pgconn.PgError{Code: "57P01"}):                    true,
		fmt.Errorf("read holds: %w", &net.OpError{Op: "read", Err: syscall.ECONNRESET}): true,
		fmt.Errorf("read holds: %w", &pgconn.PgError{Code: "42P01"}):                    false, // no such table
		fmt.Errorf("read holds: %w", context.Canceled):                                  false, // the browser left
		errors.New("put quarantine.html together: no such field"):                       false,
	} {
		if got := Away(err); got != want {
			t.Errorf("%v: %t", err, got)
		}
	}
}
