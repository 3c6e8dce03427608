package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"hisseki/internal/freeport"
)

// standbyName is what a standby calls itself, for synchronous_standby_names.
const standbyName = "standby"

// listen chooses a free port of 127.0.0.1 for the next start.
func (c *Cluster) listen() error {
	ports, err := freeport.Choose(1)
	if err != nil {
		return err
	}
	c.port = ports[0]
	c.opts = append(slices.Clip(c.opts), "listen_addresses=127.0.0.1")
	return nil
}

// URLOf names a database of several servers with a port, of which one takes writes.
func URLOf(database string, of ...*Cluster) string {
	var hosts []string
	for _, c := range of {
		hosts = append(hosts, "127.0.0.1:"+strconv.Itoa(c.port))
	}
	return "postgres://postgres@" + strings.Join(hosts, ",") + "/" + database + "?target_session_attrs=read-write"
}

// Standby makes a standby of a running primary by pg_basebackup, and has every commit of the primary
// wait for it (synchronous_standby_names). It takes the place of standby, which has ended, with its
// port, so that URLs stay right; nil for none.
func (c *Cluster) Standby(instead *Cluster) (s *Cluster, err error) {
	if s, err = folder(nil); err == nil {
		err = s.listen()
	}
	if err == nil && instead != nil {
		s.port = instead.port
	}
	if err == nil {
		err = s.command("pg_basebackup", "-D", s.data(), "-h", c.Dir, "-p", strconv.Itoa(c.port), "-U",
			"postgres", "-X", "stream", "-c", "fast", "--no-sync", "-R")
	}
	if err == nil {
		err = s.follow(c)
	}
	if s, err = s.begun(err); err != nil {
		return s, err
	}
	if err := c.Exec("postgres", "ALTER SYSTEM SET synchronous_standby_names = '"+standbyName+"'",
		"SELECT pg_reload_conf()"); err != nil {
		return s, err
	}
	return s, c.await1("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
}

// follow names the primary in a standby's settings; those that the backup brought are the primary's.
func (c *Cluster) follow(primary *Cluster) error {
	text := fmt.Sprintf("primary_conninfo = 'host=%s port=%d user=postgres application_name=%s'\n", primary.Dir,
		primary.port, standbyName)
	path := filepath.Join(c.data(), "postgresql.auto.conf")
	return errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chown(path, c.uid(), -1))
}

// uid is who runs the server, -1 for whoever runs the test.
func (c *Cluster) uid() int {
	if c.as.Credential == nil {
		return -1
	}
	return int(c.as.Credential.Uid)
}

// Promote makes a standby the primary, and returns when it takes writes. Nothing waits for a standby
// of its own until it has one.
func (c *Cluster) Promote() error {
	return c.Exec("postgres", "SELECT pg_promote()")
}

// await1 waits until a query's number is 1.
func (c *Cluster) await1(database, query string) error {
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		n, err := c.number(database, query)
		if err == nil && n == 1 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s: %d, %w; want 1", query, n, err)
		}
	}
}
