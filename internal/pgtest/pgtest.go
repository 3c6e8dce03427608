// Package pgtest runs a private PostgreSQL for tests: a cluster in a temporary folder, with a unix
// socket and, where asked for, a port of 127.0.0.1. It is ended by its process id.
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql's "pgx"
)

// Cluster is a server with its data.
type Cluster struct {
	Dir  string // of data and socket
	bin  string
	opts []string
	run  *exec.Cmd
	as   *syscall.SysProcAttr
	made atomic.Int64 // databases
	port int
}

// ErrMissing says that PostgreSQL is not installed.
var ErrMissing = errors.New("PostgreSQL is not installed: apt-get install postgresql, or run make test " +
	"with INSTALL=yes")

// binaries finds the newest installed version: Debian keeps them out of PATH.
func binaries() (string, error) {
	list, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if path, err := exec.LookPath("initdb"); err == nil && len(list) == 0 { // others put them into PATH
		list = append(list, path)
	}
	if len(list) == 0 {
		return "", ErrMissing
	}
	slices.Sort(list)
	return filepath.Dir(list[len(list)-1]), nil
}

// Fast are settings for tests that lose nothing when the machine goes on: no sync of the disk.
var Fast = []string{"fsync=off", "full_page_writes=off", "synchronous_commit=off"}

// Start makes a cluster and starts it. settings are as in postgresql.conf, "name=value".
func Start(settings ...string) (*Cluster, error) { return start(folder(settings)) }

// StartTCP is Start with a free port of 127.0.0.1 beside the socket.
func StartTCP(settings ...string) (*Cluster, error) {
	c, err := folder(settings)
	if err == nil {
		err = c.listen()
	}
	return start(c, err)
}

func start(c *Cluster, err error) (*Cluster, error) {
	if err == nil {
		err = c.command("initdb", "-D", c.data(), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A",
			"trust", "--no-sync")
	}
	return c.begun(err)
}

// begun starts a cluster's server, or removes its folder after an error.
func (c *Cluster) begun(err error) (*Cluster, error) {
	if err == nil {
		return c, c.Up()
	}
	if c != nil {
		err = errors.Join(err, os.RemoveAll(c.Dir))
	}
	return nil, err
}

// folder makes a cluster's folder, with nothing in it.
func folder(settings []string) (c *Cluster, err error) {
	c = &Cluster{opts: settings, port: 5432}
	if c.bin, err = binaries(); err != nil {
		return nil, err
	}
	if c.Dir, err = os.MkdirTemp("", "hisseki-pg-"); err != nil {
		return nil, err
	}
	if err = os.Chmod(c.Dir, 0o755); err == nil { // others use the socket; the data is closed
		err = c.unprivileged()
	}
	return c, err
}

func (c *Cluster) data() string { return filepath.Join(c.Dir, "data") }

// unprivileged chooses who runs it: PostgreSQL refuses root.
func (c *Cluster) unprivileged() error {
	c.as = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2, os.Chown(c.Dir, uid, gid)); err != nil {
		return err
	}
	c.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

// command runs one of PostgreSQL's programs to its end.
func (c *Cluster) command(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = c.Dir, &syscall.SysProcAttr{Credential: c.as.Credential}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// Up starts the server, and waits until it takes connections.
func (c *Cluster) Up() error {
	args := []string{"-D", c.data(), "-k", c.Dir, "-p", strconv.Itoa(c.port), "-c", "listen_addresses=",
		"-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "logging_collector=off"}
	for _, o := range c.opts {
		args = append(args, "-c", o)
	}
	log, err := os.OpenFile(filepath.Join(c.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	c.run = exec.Command(filepath.Join(c.bin, "postgres"), args...)
	c.run.Dir, c.run.SysProcAttr, c.run.Stderr, c.run.Stdout = c.Dir, c.as, log, log
	if err := c.run.Start(); err != nil {
		return err
	}
	return c.await()
}

func (c *Cluster) await() (err error) {
	db, err := sql.Open("pgx", c.URL("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for range 600 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		err = db.PingContext(ctx)
		cancel()
		if err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	text, _ := os.ReadFile(filepath.Join(c.Dir, "log"))
	return fmt.Errorf("PostgreSQL does not answer: %w: %s", err, text)
}

// URL names a database, as its superuser.
func (c *Cluster) URL(database string) string {
	q := url.Values{"host": {c.Dir}, "port": {strconv.Itoa(c.port)}, "user": {"postgres"}}
	return "postgres:///" + database + "?" + q.Encode()
}

// Exec runs statements in a database.
func (c *Cluster) Exec(database string, statements ...string) error {
	db, err := sql.Open("pgx", c.URL(database))
	if err != nil {
		return err
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// number asks for one number.
func (c *Cluster) number(database, query string) (n int, err error) {
	db, err := sql.Open("pgx", c.URL(database))
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRow(query).Scan(&n)
	return n, err
}

// Database makes an empty database, or a copy of another one, and returns its URL.
func (c *Cluster) Database(template string) (string, error) {
	name := fmt.Sprintf("t%d", c.made.Add(1))
	if template == "" {
		template = "template0"
	}
	return c.URL(name), c.Exec("postgres", "CREATE DATABASE "+name+" TEMPLATE "+template+" "+c.strategy())
}

// strategy is the quicker way to copy a database of many small tables, from version 15 on.
func (c *Cluster) strategy() string {
	if filepath.Base(filepath.Dir(c.bin)) == "14" {
		return ""
	}
	return "STRATEGY file_copy"
}

// Drop removes a database by its URL, whoever uses it.
func (c *Cluster) Drop(url string) error {
	return c.Exec("postgres", "DROP DATABASE IF EXISTS "+Name(url)+" WITH (FORCE)")
}

// Name is a URL's database.
func Name(name string) string {
	u, err := url.Parse(name)
	if err != nil || len(u.Path) < 2 {
		return ""
	}
	return u.Path[1:]
}

// Pid is the server's process id.
func (c *Cluster) Pid() int { return c.run.Process.Pid }

// Down ends the server, with SIGINT (connections are cut, what is committed is written) or SIGKILL.
func (c *Cluster) Down(s os.Signal) error {
	if s == os.Kill {
		return c.kill()
	}
	if err := c.run.Process.Signal(s); err != nil {
		return err
	}
	return c.run.Wait()
}

// kill ends the server and its children at once. They are found by their parent.
func (c *Cluster) kill() error {
	children := childrenOf(c.Pid())
	err := c.run.Process.Kill()
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone
	}
	_ = c.run.Wait() // "signal: killed"
	for _, pid := range children {
		for range 200 { // a child keeps the shared memory, and the next start refused
			if syscall.Kill(pid, 0) != nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	if e := os.Remove(filepath.Join(c.data(), "postmaster.pid")); e != nil && !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}

func childrenOf(pid int) (list []int) {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, field := range strings.Fields(string(data)) {
		if n, err := strconv.Atoi(field); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// Close ends the server and removes its data.
func (c *Cluster) Close() error {
	err := c.Down(os.Interrupt)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) || errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(c.Dir))
}

// Signal sends a signal to the server and all its children, as SIGSTOP and SIGCONT.
func (c *Cluster) Signal(s syscall.Signal) error {
	var err error
	for _, pid := range append(childrenOf(c.Pid()), c.Pid()) {
		if e := syscall.Kill(pid, s); e != nil && !errors.Is(e, syscall.ESRCH) {
			err = errors.Join(err, e)
		}
	}
	return err
}
