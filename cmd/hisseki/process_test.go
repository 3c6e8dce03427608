package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is the folder of the program that build makes; TestMain removes it.
var built string

// build makes the real program once, with the race detector when the tests have it.
var build = sync.OnceValues(func() (path string, err error) {
	// Not t.TempDir: another user runs the program too.
	if built, err = os.MkdirTemp("/tmp", "hisseki-built"); err != nil {
		return "", err
	}
	if err := os.Chmod(built, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(built, "hisseki")
	args := []string{"build", "-o", path}
	if raced() {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return path, nil
})

// raceExit keeps a program with the race detector from waiting a second at its end, which each
// command of a script would.
const raceExit = "atexit_sleep_ms=0"

// raced says whether the tests have the race detector.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// program builds the real program or fails the test.
func program(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// needsRoot skips a test that only root can run, but fails it in CI.
func needsRoot(t testing.TB, to string) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("needs root to " + to)
	}
	t.Skip("needs root to " + to + ": run as root")
}

// unprivileged are the ids of a user without rights, whom serve runs as, with a group of
// that name.
func unprivileged(t testing.TB, group string) (uid, gid int) {
	t.Helper()
	u, err := user.Lookup("daemon")
	if err != nil {
		t.Fatal(err)
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		t.Fatal(err)
	}
	uid, err = strconv.Atoi(u.Uid)
	if err == nil {
		gid, err = strconv.Atoi(g.Gid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return uid, gid
}

// process is one of hisseki's daemons as a process of its own.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	log  *os.File
	from int           // bytes that others had logged before
	gone chan struct{} // closed when it has ended
}

// spawn starts the program with a log beside it, as root or as uid:gid when uid is not 0.
// The kernel ends it with the test's process.
func spawn(t testing.TB, log string, uid, gid int, args ...string) *process {
	t.Helper()
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	before, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, log: f, from: int(before.Size()),
		cmd: exec.Command(program(t), args...), gone: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = f, f, "/"
	p.cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "GORACE=halt_on_error=1 " + raceExit}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if uid != 0 {
		p.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start hisseki %s: %v", args[0], err)
	}
	go func() {
		p.cmd.Wait()
		close(p.gone)
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends it with SIGKILL, if it runs, and waits for its end.
func (p *process) kill() {
	p.end(syscall.SIGKILL)
	p.log.Close()
}

// stop ends it with SIGTERM, as systemd does, and returns its exit code. It waits for a first word:
// a program that has just been started listens to no signals yet, and SIGTERM simply ends it.
func (p *process) stop() int {
	p.t.Helper()
	wait(p.t, "a first word of "+p.cmd.Args[1], func() bool { return p.ended() || len(p.said()) > p.from })
	p.end(syscall.SIGTERM)
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) end(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("end %s: %v", p.cmd.Args[1], err)
	}
	select {
	case <-p.gone:
	case <-time.After(time.Minute):
		p.t.Fatalf("%s does not end\n%s", p.cmd.Args[1], p.said())
	}
}

// ended says whether it has ended, by itself or by us.
func (p *process) ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// said is its log so far.
func (p *process) said() string {
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// says waits until its log has a text that was not within the first skip bytes.
func (p *process) says(skip int, text string) {
	p.t.Helper()
	wait(p.t, fmt.Sprintf("%q in the log of %s", text, p.cmd.Args[1]), func() bool {
		said := p.said()
		if bytes.Contains([]byte(said[min(skip, len(said)):]), []byte(text)) {
			return true
		}
		if p.ended() {
			p.t.Fatalf("%s ended without saying %q:\n%s", p.cmd.Args[1], text, p.said())
		}
		return false
	})
}

// wait polls a condition of another process, which shows it in no other way.
func wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	// Far beyond what is needed on a quiet machine; it may be busy with other tests.
	for deadline := time.Now().Add(4 * time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
