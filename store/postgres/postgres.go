// Package postgres is PostgreSQL as the store uses it: the one place that knows pgx. Statements
// are written once, for SQLite and for PostgreSQL; what the store hands to database/sql comes
// here, placeholders are numbered and values are put into a form that the server takes.
//
// All writers of all hosts take one advisory lock at the beginning of a transaction and keep it
// until the transaction is durable (Lock). So ids rise in the order of commits, as with SQLite's
// one writer, and whoever reads "after id N" misses nothing. docs/design.md says why.
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Lock is the advisory lock of writers: "hisseki" in ASCII.
const Lock int64 = 0x68697373656b69

const (
	// lockTimeout is how long a writer waits for others, as long as SQLite's busy_timeout.
	lockTimeout = 5 * time.Second
	// idleTimeout is after what time the server ends a transaction whose node says nothing: one
	// that is frozen, or cut off. What is run again has less (patience).
	idleTimeout = 800 * time.Millisecond
	// idleSetting is the server's name for it.
	idleSetting = "idle_in_transaction_session_timeout"
	// connectTimeout is how long a server may take to answer at all.
	connectTimeout = 3 * time.Second
	// goneTimeout is after what time of silence of the network a connection is given up, in
	// milliseconds as the server takes it (tcp_user_timeout), and as the system takes it here.
	goneTimeout = 3 * time.Second
)

// minVersion is the oldest server that is supported, as server_version_num has it.
const minVersion = 140_000

// IsURL says whether a store's name is a PostgreSQL URL and not a file's path.
func IsURL(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// Shown is a URL as people may see it, without a password.
func Shown(name string) string {
	u, err := url.Parse(name)
	if err != nil {
		before, _, _ := strings.Cut(name, "://")
		return before + "://..."
	}
	if _, has := u.User.Password(); has {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	for _, secret := range []string{"password", "sslpassword"} {
		q.Del(secret)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Credential is the name of the systemd credential that may hold the password.
const Credential = "hisseki-postgres"

// config reads a URL. Beside libpq's own parameters it may have passwordfile=PATH. A password comes
// from there, from the credential of systemd's LoadCredential, or as libpq takes it (PGPASSWORD,
// .pgpass, passfile=).
func config(name string) (*pgx.ConnConfig, error) {
	u, err := url.Parse(name)
	if err != nil {
		return nil, fmt.Errorf("database %s is no URL: write postgres://USER@HOST/DATABASE", Shown(name))
	}
	q := u.Query()
	if secretOf(u) != "" || q.Has("password") {
		return nil, fmt.Errorf("database %s: a password in the URL could be read by others: write it to a file "+
			"(?passwordfile=PATH), a systemd credential (%s) or .pgpass", Shown(name), Credential)
	}
	file := q.Get("passwordfile")
	q.Del("passwordfile")
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // a blank: libpq and pgx take no plus for it
	cfg, err := pgx.ParseConfig(u.String())
	if err == nil {
		err = wanted(cfg, q.Get("target_session_attrs"))
	}
	if err != nil {
		return nil, fmt.Errorf("database %s cannot be used: %w", Shown(name), hidden(err, u))
	}
	if file == "" && cfg.Password == "" {
		if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
			file = dir + "/" + Credential
			if _, err := os.Stat(file); err != nil {
				file = ""
			}
		}
	}
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("database %s: read the password: %w", Shown(name), err)
		}
		cfg.Password = strings.TrimRight(string(data), "\r\n")
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	return cfg, nil
}

// hidden takes a URL's password out of an error's words.
func hidden(err error, u *url.URL) error {
	for _, secret := range []string{secretOf(u), u.Query().Get("password"), u.Query().Get("sslpassword")} {
		if secret != "" && strings.Contains(err.Error(), secret) {
			return errors.New(strings.ReplaceAll(err.Error(), secret, "..."))
		}
	}
	return err
}

func secretOf(u *url.URL) string {
	secret, _ := u.User.Password()
	return secret
}

// Plain opens a database as pgx takes it, with PostgreSQL's own placeholders, without the lock and
// without limits: for migrations.
func Plain(name string) (*sql.DB, error) {
	cfg, err := config(name)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*cfg), nil
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func (g *Gate) open(commit string, connections int, settings map[string]string) (*sql.DB, error) {
	cfg, err := config(g.name)
	if err != nil {
		return nil, err
	}
	_, patient := cfg.RuntimeParams[idleSetting]
	for k, v := range settings {
		if _, named := cfg.RuntimeParams[k]; named && strings.HasSuffix(k, "_timeout") {
			continue // in the URL: a busy host may want longer ones
		}
		cfg.RuntimeParams[k] = v
	}
	if _, named := cfg.RuntimeParams["application_name"]; !named {
		cfg.RuntimeParams["application_name"] = "hisseki"
	}
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	cfg.RuntimeParams["tcp_user_timeout"] = millis(goneTimeout)
	cfg.StatementCacheCapacity = 512
	patience := time.Duration(0)
	if commit != "" {
		patience = answerTimeout
	}
	c := &connector{commit: commit, gate: g, patient: patient}
	for _, one := range servers(cfg) {
		one.DialFunc = g.dialer(patience)
		c.servers = append(c.servers, stdlib.GetConnector(*one))
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// connector opens connections to the server that the gate knows as the primary.
type connector struct {
	servers []driver.Connector // in the order of the URL
	commit  string
	gate    *Gate
	patient bool
}

func (c *connector) Driver() driver.Driver { return c.servers[0].Driver() }

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := c.gate.Open(); err != nil {
		return nil, err
	}
	at, term, err := c.gate.primary(ctx, len(c.servers))
	if err != nil {
		return nil, err
	}
	inner, err := c.servers[at].Connect(ctx)
	if err != nil {
		c.gate.Doubt()
		return nil, Explained(err)
	}
	pg, ok := inner.(*stdlib.Conn)
	if !ok {
		return nil, fmt.Errorf("pgx made a %T", inner)
	}
	if c.gate.termNow() != term { // another server has become the primary meanwhile
		return nil, errors.Join(driver.ErrBadConn, pg.Close())
	}
	return &conn{Conn: pg, commit: c.commit, gate: c.gate, term: term, patient: c.patient}, nil
}
