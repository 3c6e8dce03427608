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
	var s server
	err := db.QueryRowContext(ctx, `SELECT
			current_setting('server_version_num')::integer,
			current_setting('server_version'),
			current_setting('server_encoding'),
			pg_is_in_recovery()`).Scan(&s.version, &s.name, &s.encoding, &s.standby)
	if err != nil {
		return Explained(err)
	}
	return s.unfit()
}

// server is what a database says of itself.
type server struct {
	version        int // server_version_num
	name, encoding string
	standby        bool
}

func (s server) unfit() error {
	switch {
	case s.version < minVersion:
		return fmt.Errorf("the server is PostgreSQL %s: hisseki needs 14 or later", s.name)
	case s.encoding != "UTF8":
		return fmt.Errorf("the database has the encoding %s: create it anew with "+
			"CREATE DATABASE hisseki ENCODING 'UTF8' TEMPLATE template0", s.encoding)
	case s.standby:
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

// insufficientPrivilege is what a role gets that may not do something.
const insufficientPrivilege = "42501"

// advice is what to do, by the error's SQLSTATE (PostgreSQL's manual, appendix A).
func advice(err error) string {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		switch pg.Code {
		case "28P01", "28000":
			return "the password comes from ?passwordfile=PATH in the URL, from systemd's credential " +
				Credential + ", from PGPASSWORD or from .pgpass; the server's pg_hba.conf must let this host in"
		case "3D000":
			return "create it: createdb --encoding UTF8 --template template0 --owner hisseki hisseki"
		case insufficientPrivilege:
			return "the role of the URL may not do this: reviewers' commands and the review page need " +
				"hisseki_reviewer; migrate, store copy, sender forget and sender adopt hisseki_migrate; name it with " +
				"--db. Rights on new tables come from postgres-roles.sql (docs/cluster.md)"
		case "25006":
			return errStandby.Error()
		case "53300":
			return "the server has no connection left: a node takes about eight, raise max_connections"
		case "55P03":
			return "another node keeps the writers' lock, try again"
		}
		return ""
	}
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		return "is the host in the URL right, and can it be looked up here? The packaged units reach no resolver: " +
			"name an address, or add it to /etc/hosts"
	}
	if strings.Contains(err.Error(), "server refused TLS connection") {
		return "the URL asks for TLS (sslmode), and the server has none: set ssl = on in its postgresql.conf"
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return "is the server up, and does it listen there?"
	}
	return ""
}
