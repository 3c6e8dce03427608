package postgres

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestRefused: that nothing of a transaction is kept is understood from a server of any language, and not
// from one that ends.
func TestRefused(t *testing.T) {
	for err, want := range map[error]bool{
		fmt.Errorf("insert: %w", &pgconn.PgError{Severity: "エラー", SeverityUnlocalized: "ERROR", Code: "55P03"}): true,
		&pgconn.PgError{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: "42501"}:                         true,
		&pgconn.PgError{Severity: "致命的エラー", SeverityUnlocalized: "FATAL", Code: "57P01"}:                        false,
		errUnanswered:                          false,
		errors.New("connection reset by peer"): false,
	} {
		if got := refused(err); got != want {
			t.Errorf("%v: %t", err, got)
		}
	}
}
