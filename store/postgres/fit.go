package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Fit says why a database cannot be a store: an old server, another encoding, a standby.
func Fit(ctx context.Context, db *sql.DB) error {
	var version int
	var name, encoding string
	var standby bool
	err := db.QueryRowContext(ctx, `SELECT
			current_setting('server_version_num')::integer,
			current_setting('server_version'),
			current_setting('server_encoding'),
			pg_is_in_recovery()`).Scan(&version, &name, &encoding, &standby)
	switch {
	case err != nil:
		return Explained(err)
	case version < minVersion:
		return fmt.Errorf("the server is PostgreSQL %s: hisseki needs 14 or later", name)
	case encoding != "UTF8":
		return fmt.Errorf("the database has the encoding %s: create it anew with "+
			"CREATE DATABASE hisseki ENCODING 'UTF8' TEMPLATE template0", encoding)
	case standby:
		return errStandby
	}
	return nil
}

var errStandby = errors.New("the server is a standby and takes no writes: name the primary too, as in " +
	"postgres://hisseki@db1,db2/hisseki?target_session_attrs=read-write")

// Explained adds to a server's error what to do about it.
func Explained(err error) error {
	if err == nil {
		return nil
	}
	if strings.Contains(err.Error(), "read only connection") || // of target_session_attrs
		strings.Contains(err.Error(), "server is in hot standby") {
		return errStandby
	}
	if hint := advice(err); hint != "" {
		return fmt.Errorf("%w: %s", err, hint)
	}
	return err
}

// advice is what to do, by the error's SQLSTATE (PostgreSQL's manual, appendix A).
func advice(err error) string {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		switch pg.Code {
		case "28P01", "28000":
			return "the password comes from ?passwordfile=PATH in the URL, from systemd's credential " +
				Credential + ", from PGPASSWORD or from .pgpass; the server's pg_hba.conf must let this host in"
		case "3D000":
			return "create it: createdb --encoding UTF8 --template template0 --owner hisseki hisseki"
		case "42501":
			return "the role lacks a right: docs/cluster.md names the file that gives them " +
				"(postgres-roles.sql)"
		case "25006":
			return errStandby.Error()
		case "53300":
			return "the server has no connection left: a node takes about seven, raise max_connections"
		case "55P03":
			return "another node keeps the writers' lock, try again"
		}
		return ""
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return "is the server up, and does it listen there?"
	}
	return ""
}
