package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/internal/demo"
	"hisseki/internal/freeport"
)

// patient is a running serve to which things happen, spoken to as Postfix does.
type patient struct {
	t      *testing.T
	db     string
	config string
	serve  *process
	mta    demo.MTA
	mails  []company.Mail
	sent   int
}

// newPatient starts serve with its store in a folder.
func newPatient(t *testing.T, dir string) *patient {
	t.Helper()
	address := freeport.Address(t)
	p := &patient{t: t, db: filepath.Join(dir, "hisseki.db"), mta: demo.NewMTA("tcp", address),
		config: filepath.Join(t.TempDir(), "hisseki.toml"),
		mails:  company.New(demo.Seed).Weeks(1, time.Now())}
	p.configure(fmt.Sprintf("database = %q\nmilter.listen = %q\n", p.db, "inet:"+address))
	return p
}

func (p *patient) configure(text string) {
	p.t.Helper()
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// start starts serve, which must say a text.
func (p *patient) start(says string) {
	p.t.Helper()
	log := filepath.Join(p.t.TempDir(), "serve.log")
	p.serve = spawn(p.t, log, 0, 0, "serve", "--config", p.config)
	wait(p.t, says, func() bool {
		if strings.Contains(p.serve.said(), says) {
			return true
		}
		if p.serve.ended() {
			p.t.Fatalf("serve ended without saying %q: %s", says, p.serve.said())
		}
		return false
	})
}

// What serve logs of a mail.
const (
	judged   = "msg=verdict"
	unjudged = `msg="mail not judged"`
)

// patience is how long Postfix waits for a verdict (milter_content_timeout). The budget of
// 5 s is far below; on a machine that is busy with other tests it says nothing.
const patience = 300 * time.Second

// mail sends one mail, which must pass, whatever is wrong, before Postfix gives up on us.
// It returns whether serve has judged it.
func (p *patient) mail() bool {
	p.t.Helper()
	before := p.serve.said()
	m := &p.mails[p.sent%len(p.mails)]
	p.sent++
	began := time.Now()
	kept, err := p.mta.Send(m, fmt.Sprintf("4FAULT%04dz", p.sent))
	if err != nil || kept {
		p.t.Fatalf("mail %d did not pass: kept %v, %v\n%s", p.sent, kept, err, p.serve.said())
	}
	if took := time.Since(began); took > patience {
		p.t.Errorf("mail %d took %v", p.sent, took)
	}
	var said string
	wait(p.t, "a line about a mail", func() bool {
		said = p.serve.said()[len(before):]
		return strings.Contains(said, judged) || strings.Contains(said, unjudged)
	})
	return strings.Contains(said, judged)
}

// fares sends mails until one is judged or not, as wanted.
func (p *patient) fares(want bool, what string) {
	p.t.Helper()
	for range 3000 {
		if p.mail() == want {
			return
		}
	}
	p.t.Fatalf("%s: never saw a mail with judged = %v", what, want)
}

// small mounts a small file system for the test.
func small(t *testing.T) (dir string) {
	t.Helper()
	needsRoot(t, "mount a small file system")
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		t.Fatalf("mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// fill leaves no room on a small file system, and returns the file to remove for it.
func fill(t *testing.T, dir string) (path string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 4<<10)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	f.Close()
	return f.Name()
}

// TestStartOnFullDisk: a store on a full disk is whole, and nobody is told to move it away.
func TestStartOnFullDisk(t *testing.T) {
	t.Parallel()
	dir := small(t)
	p := newPatient(t, dir)
	p.start("msg=serving")
	p.fares(true, "before")
	p.serve.stop()
	filler := fill(t, dir)
	for _, daemon := range [][]string{{"serve"}, {"agent", "--host", demo.Host}} {
		out, err := exec.Command(program(t), append(daemon, "--config", p.config)...).CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte(p.db+": ")) ||
			!bytes.Contains(out, []byte("make room on its disk")) || bytes.Contains(out, []byte("move it")) {
			t.Errorf("%s on a full disk: %v\n%s", daemon[0], err, out)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	p.start("msg=serving")
	p.fares(true, "after")
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := small(t)
	p := newPatient(t, dir)
	p.start("msg=serving")
	p.fares(true, "before")
	filler := fill(t, dir)
	p.fares(false, "full disk")
	if said := p.serve.said(); !strings.Contains(said, "disk is full") {
		t.Errorf("the log does not say why:\n%s", said)
	}
	out, err := exec.Command(program(t), "status", "--config", p.config).CombinedOutput()
	if err != nil {
		t.Errorf("status on a full disk: %v\n%s", err, out)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	p.fares(true, "after, without a restart")
	if code := p.serve.stop(); code != 0 {
		t.Errorf("serve ends with %d:\n%s", code, p.serve.said())
	}
}

func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	dir := small(t)
	p := newPatient(t, dir)
	p.start("msg=serving")
	p.fares(true, "before")
	p.serve.stop()
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program(t), "serve", "--config", p.config).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte(p.db+": ")) ||
		!bytes.Contains(out, []byte("must be able to write there")) {
		t.Errorf("serve on a read-only disk: %v\n%s", err, out)
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	p.start("msg=serving")
	p.fares(true, "after")
}

// TestLocked has another process keep the store's lock for 30 s.
func TestLocked(t *testing.T) {
	t.Parallel()
	p := newPatient(t, t.TempDir())
	p.start("msg=serving")
	p.fares(true, "before")
	other, err := sql.Open("sqlite3", "file:"+p.db+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 30*time.Second; {
		if p.mail() {
			t.Error("a mail was recorded in a locked store")
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	p.fares(true, "after, without a restart")
}

func TestCorrupted(t *testing.T) {
	t.Parallel()
	p := newPatient(t, t.TempDir())
	p.start("msg=serving")
	for range 5 {
		p.fares(true, "before")
	}
	p.serve.stop() // what is in its memory would go on working for a while
	p.start("msg=serving")
	f, err := os.OpenFile(p.db, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	garbage := bytes.Repeat([]byte{0xa5}, int(info.Size())-4096)
	if _, err := f.WriteAt(garbage, 4096); err != nil {
		t.Fatal(err)
	}
	f.Close()
	p.fares(false, "corrupted")
	p.serve.stop()
	out, err := exec.Command(program(t), "serve", "--config", p.config).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("move it away or restore a backup")) {
		t.Errorf("serve on a corrupted store: %v\n%s", err, out)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(p.db+suffix, p.db+".broken"+suffix); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	p.start("msg=serving")
	p.fares(true, "after")
}

// TestDeleted deletes the store under serve: it stops, puts everything back, and whoever
// starts it again finds it.
func TestDeleted(t *testing.T) {
	t.Parallel()
	p := newPatient(t, t.TempDir())
	p.start("msg=serving")
	p.fares(true, "before")
	if err := os.Remove(p.db); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.serve.gone:
	case <-time.After(time.Minute):
		t.Fatalf("serve goes on without its store:\n%s", p.serve.said())
	}
	if said := p.serve.said(); !strings.Contains(said, "deleted or replaced while in use") ||
		p.serve.cmd.ProcessState.ExitCode() != exitError {
		t.Errorf("serve ended saying\n%s", said)
	}
	p.start("msg=serving")
	p.fares(true, "after")
	out, err := exec.Command(program(t), "status", "--config", p.config).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("2 passed")) {
		t.Errorf("records were lost: %v\n%s", err, out)
	}
}

// TestBrokenReload: whatever is wrong with a new configuration, the old one stays.
func TestBrokenReload(t *testing.T) {
	t.Parallel()
	p := newPatient(t, t.TempDir())
	good, err := os.ReadFile(p.config)
	if err != nil {
		t.Fatal(err)
	}
	p.start("msg=serving")
	broken := filepath.Join(t.TempDir(), "country.mmdb")
	if err := os.WriteFile(broken, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, says := range map[string]string{
		"mode = 1\n":                            p.config + ":1: mode",
		"[milter\n":                             p.config + ":1",
		"places.country = \"" + broken + "\"\n": "opening places.country " + broken,
		string(good) + "verdict.off = [\"nosuch\"]\n": "nosuch",
	} {
		p.configure(text)
		before := len(p.serve.said())
		p.reload()
		p.serve.says(before, "configuration not reloaded, the old one stays")
		p.serve.says(before, says)
		p.fares(true, "after a broken reload")
	}
	p.configure("mode = \"enforce\"\n" + string(good))
	p.reload()
	p.serve.says(0, `msg="configuration reloaded" mode=enforce`)
}

func (p *patient) reload() {
	p.t.Helper()
	if err := p.serve.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		p.t.Fatal(err)
	}
}
