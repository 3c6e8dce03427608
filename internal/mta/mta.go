// Package mta runs a private Postfix and a private Dovecot for a test: in a temporary
// folder, on free ports of 127.0.0.1, with a Sink as the world outside. Nothing of the
// machine's own mail system is read or written. Whatever ends the test's process, a
// warden ends the daemons and removes the folder.
package mta

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"

	"hisseki/internal/freeport"
)

// Options of an instance; the zero value is a Postfix without milter.
type Options struct {
	// Milters as main.cf names them, "inet:127.0.0.1:8891" or "unix:/path". When one
	// does not answer, Postfix passes the mail.
	Milters []string
	// Users who may log in with Password; nil is alice, bob, carol, dave and erin of
	// example.org.
	Users []string
	// Main are lines added to main.cf, such as "milter_content_timeout = 5s".
	Main []string
	// Host is Postfix's myhostname, "" is mx.example.org.
	Host string
	// Chroot runs Postfix's daemons in the queue folder, as Debian does.
	Chroot bool
	// Master are lines added to master.cf.
	Master []string
	// Root is the folder of the system whose Postfix and Dovecot run (Debian13), "" for this
	// machine's.
	Root string
	// IMAP has Dovecot serve IMAP, at Instance.IMAP.
	IMAP bool
	// UserFields are extra fields of users in Dovecot's file, "nologin" or "allow_nets=192.0.2.0/24".
	UserFields map[string]string
	// Passdb are lines for Dovecot before its file of users: other databases, in the words of
	// the root's version.
	Passdb []string
	// PAM are services that only this Dovecot sees, by name.
	PAM map[string]string
	// Files are written into the instance's folder, which is "$DIR" in them and in all lines
	// above.
	Files map[string]string
}

// Instance is a running Postfix and Dovecot.
type Instance struct {
	Dir        string // everything is below
	Config     string // Postfix's configuration folder, for -c
	Queue      string // Postfix's queue folder
	Submission string // address with SMTP AUTH
	App        string // address for applications in mynetworks, without AUTH
	IMAP       string // address of Dovecot's IMAP, "" without it
	Host       string
	Sink       *Sink

	options Options
	warden  *exec.Cmd
	hold    *os.File // the warden acts when this is closed
	dovecot *exec.Cmd
	gone    chan struct{} // closed when Dovecot has ended
	stopped sync.Once
}

// patience bounds every wait for a daemon. The machine may be busy with other tests.
const patience = 60 * time.Second

// Start runs an instance until the test ends, or fails the test. Call Require before.
func Start(t testing.TB, o Options) *Instance {
	t.Helper()
	in, err := prepare(t, o)
	if err != nil {
		t.Fatalf("prepare private Postfix: %v", err)
	}
	t.Cleanup(func() {
		if err := in.Stop(); err != nil {
			t.Errorf("stop private Postfix: %v", err)
		}
		if t.Failed() {
			t.Logf("mail.log of the test's Postfix:\n%s", in.Log())
		}
		in.remove(t)
	})
	if err := in.StartDovecot(); err != nil {
		t.Fatalf("start private Dovecot: %v", err)
	}
	if err := in.StartPostfix(); err != nil {
		t.Fatalf("start private Postfix: %v\n%s", err, in.Log())
	}
	return in
}

func prepare(t testing.TB, o Options) (*Instance, error) {
	if o.Users == nil {
		for _, name := range []string{"alice", "bob", "carol", "dave", "erin"} {
			o.Users = append(o.Users, name+"@example.org")
		}
	}
	if o.Host == "" {
		o.Host = "mx.example.org"
	}
	dir, err := folder(o.Root)
	if err != nil {
		return nil, err
	}
	in := &Instance{
		Dir: dir, Config: dir + "/etc", Queue: dir + "/queue", Host: o.Host,
		Sink: NewSink(t), options: o,
	}
	if err := in.layOut(); err != nil {
		removeFolder(dir)
		return nil, err
	}
	if err := in.watch(); err != nil {
		removeFolder(dir)
		return nil, err
	}
	return in, nil
}

// layOut makes the folders and writes the configurations.
func (in *Instance) layOut() error {
	uid, gid, err := account(in.options.Root, "postfix")
	if err != nil {
		return err
	}
	if err := os.Chmod(in.Dir, 0o755); err != nil {
		return err
	}
	for _, d := range []struct {
		name string
		mode os.FileMode
		own  bool
	}{
		{"etc", 0o755, false}, {"queue", 0o755, false}, {"queue/private", 0o700, true},
		{"data", 0o700, true}, {"dovecot", 0o755, false}, {"dovecot/run", 0o755, false},
		{"dovecot/state", 0o755, false}, {"dovecot/mail", 0o777, false},
	} {
		path := filepath.Join(in.Dir, d.name)
		if err := errors.Join(os.Mkdir(path, d.mode), os.Chmod(path, d.mode)); err != nil {
			return err
		}
		if d.own {
			if err := os.Chown(path, uid, gid); err != nil {
				return err
			}
		}
	}
	// postsuper logs as the user postfix, by itself while Postfix is down.
	log := in.Dir + "/mail.log"
	if err := os.WriteFile(log, nil, 0o644); err != nil {
		return err
	}
	if err := os.Chown(log, uid, gid); err != nil {
		return err
	}
	ports, err := freeport.Choose(3)
	if err != nil {
		return err
	}
	if in.options.IMAP {
		in.IMAP = "127.0.0.1:" + strconv.Itoa(ports[2])
	}
	in.Submission = "127.0.0.1:" + strconv.Itoa(ports[0])
	in.App = "127.0.0.1:" + strconv.Itoa(ports[1])
	var users strings.Builder
	for _, name := range in.options.Users {
		fmt.Fprintf(&users, "%s:{PLAIN}%s::::::%s\n", name, Password, in.options.UserFields[name])
	}
	if err := os.WriteFile(in.Dir+"/dovecot/users", []byte(users.String()), 0o644); err != nil {
		return err
	}
	return in.configure(ports)
}

func (in *Instance) configure(ports []int) error {
	chroot := "n"
	if in.options.Chroot {
		chroot = "y"
	}
	lines := func(list []string) (out []string) {
		for _, l := range list {
			out = append(out, in.expand(l))
		}
		return out
	}
	for name, text := range in.options.Files {
		if err := os.WriteFile(filepath.Join(in.Dir, name), []byte(in.expand(text)), 0o644); err != nil {
			return err
		}
	}
	values := map[string]any{
		"Dir": in.Dir, "Host": in.Host, "SinkPort": in.Sink.Port(), "Chroot": chroot,
		"Milters": in.options.Milters, "Main": lines(in.options.Main),
		"SubmissionPort": ports[0], "AppPort": ports[1], "IMAPPort": ports[2], "IMAP": in.options.IMAP,
		"Passdb": lines(in.options.Passdb), "Master": lines(in.options.Master),
	}
	testdata, err := testdata()
	if err != nil {
		return err
	}
	dovecot := "dovecot/dovecot.conf"
	if in.options.Root != "" {
		dovecot = "dovecot/dovecot24.conf"
	}
	for from, to := range map[string]string{
		"postfix/main.cf": "etc/main.cf", "postfix/master.cf": "etc/master.cf",
		dovecot: "dovecot/dovecot.conf",
	} {
		tmpl, err := template.ParseFiles(filepath.Join(testdata, from))
		if err != nil {
			return err
		}
		var text strings.Builder
		if err := tmpl.Execute(&text, values); err != nil {
			return err
		}
		written := text.String()
		if to == "etc/main.cf" {
			written = lastOnly(written)
		}
		err = os.WriteFile(filepath.Join(in.Dir, to), []byte(written), 0o644)
		if err != nil {
			return err
		}
	}
	return nil
}

func (in *Instance) expand(line string) string { return strings.ReplaceAll(line, "$DIR", in.Dir) }

// warden waits for the end of its input, which comes with the end of the test's process
// in whatever way, and then ends what a pid file of ours still names.
const warden = `cat >/dev/null
end() {
	p=$(cat "$2" 2>/dev/null | tr -d ' ') || return
	[ -n "$p" ] && tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -q "$3" && kill "$1" "-$p"
}
[ -d "$1" ] || exit 0
for signal in -TERM -KILL; do
	end $signal "$1/queue/pid/master.pid" master
	end $signal "$1/dovecot/run/master.pid" dovecot
	sleep 1
done
rm -rf "$(readlink -f "$1")" "$1"
`

func (in *Instance) watch() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	in.warden = exec.Command("/bin/sh", "-c", warden, "warden", in.Dir)
	in.warden.Stdin = r
	in.warden.SysProcAttr = ownGroup()
	if err := in.warden.Start(); err != nil {
		w.Close()
		return fmt.Errorf("start warden: %w", err)
	}
	in.hold = w
	return nil
}

// Stop ends both daemons. It may be called twice.
func (in *Instance) Stop() error {
	var err error
	in.stopped.Do(func() {
		err = in.StopPostfix()
		if e := in.StopDovecot(); err == nil {
			err = e
		}
	})
	return err
}

func (in *Instance) remove(t testing.TB) {
	if err := removeFolder(in.Dir); err != nil {
		t.Errorf("remove private Postfix: %v", err)
	}
	in.hold.Close()
	in.warden.Wait()
}

// Log returns what Postfix has logged so far.
func (in *Instance) Log() string { return read(in.Dir + "/mail.log") }

// DovecotLog returns what Dovecot has logged so far.
func (in *Instance) DovecotLog() string { return read(in.Dir + "/dovecot.log") }

func read(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// account returns the ids of a user of the system in a root folder.
func account(root, name string) (uid, gid int, err error) {
	text, err := os.ReadFile(root + "/etc/passwd")
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(line, ":")
		if len(f) < 4 || f[0] != name {
			continue
		}
		if uid, err = strconv.Atoi(f[2]); err != nil {
			return 0, 0, err
		}
		gid, err = strconv.Atoi(f[3])
		return uid, gid, err
	}
	return 0, 0, fmt.Errorf("no user %s in %s/etc/passwd", name, root)
}

// testdata finds the module's testdata folder above the test's working directory.
func testdata() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata"), nil
		}
	}
	return "", fmt.Errorf("find testdata: no go.mod above the working directory")
}

// await polls a condition of another process, which shows it in no other way.
func await(ctx context.Context, what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}
