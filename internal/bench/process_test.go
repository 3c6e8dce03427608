package bench

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hisseki/internal/freeport"
)

// process is one contestant: a milter in a process of its own.
type process struct {
	name string
	net  string // "tcp4" or "unix"
	addr string // HOST:PORT or a path
	cmd  *exec.Cmd
	log  string
}

// socketNames are what Postfix and hisseki call the networks.
var socketNames = map[string]string{"tcp4": "inet:", "unix": "unix:"}

// address returns where a milter can listen.
func address(b *testing.B, network string) string {
	b.Helper()
	if network == "unix" {
		dir, err := os.MkdirTemp("", "bench-socket") // b.TempDir is for our own user only
		if err == nil {
			err = os.Chmod(dir, 0o755)
		}
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { os.RemoveAll(dir) })
		return filepath.Join(dir, "milter")
	}
	return freeport.Address(b)
}

// startNoop starts the milter that does nothing; how is "answering", "silent" or
// "recording", which keeps its log beside its unix socket.
func startNoop(b *testing.B, network, how string) *process {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), asNoop+"="+how, atNetwork+"="+network,
		atAddress+"="+address(b, network))
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	p := &process{name: "noop-" + how, net: network, cmd: cmd}
	p.start(b)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatalf("start the milter that does nothing: %v", err)
	}
	p.addr = strings.TrimSpace(line)
	return p
}

// startServe starts hisseki serve on a store, as it is shipped: mode observe,
// synchronous=FULL. It returns when the milter takes connections.
func startServe(b *testing.B, network, db string, more ...string) *process {
	b.Helper()
	p := &process{name: "hisseki", net: network, addr: address(b, network),
		log: filepath.Join(b.TempDir(), "serve.log")}
	log, err := os.Create(p.log)
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	p.cmd = exec.Command(program, append([]string{"serve", "--db", db,
		"--listen", socketNames[network] + p.addr}, more...)...)
	p.cmd.Env = append(os.Environ(), "HISSEKI_CONFIG=", "NOTIFY_SOCKET=")
	p.cmd.Stderr = log
	p.start(b)
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		conn, err := net.Dial(network, p.addr)
		if err == nil {
			conn.Close()
			if network == "unix" { // Postfix runs as another user
				err = os.Chmod(p.addr, 0o666)
			}
			if err != nil {
				b.Fatal(err)
			}
			return p
		}
		if time.Now().After(end) || !p.alive() {
			text, _ := os.ReadFile(p.log)
			b.Fatalf("hisseki serve does not answer: %v\n%s", err, text)
		}
	}
}

func (p *process) start(b *testing.B) {
	b.Helper()
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { p.stop(b) })
}

func (p *process) alive() bool { return p.cmd.Process.Signal(syscall.Signal(0)) == nil }

// stop ends the process. It may be called twice.
func (p *process) stop(b *testing.B) {
	if p.cmd.ProcessState != nil {
		return
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(30*time.Second, func() { p.cmd.Process.Kill() })
	defer timer.Stop()
	if err := p.cmd.Wait(); err != nil && p.log != "" {
		text, _ := os.ReadFile(p.log)
		b.Errorf("hisseki serve ended: %v\n%.2000s", err, text)
	}
}

// tick is the unit of CPU times in /proc: USER_HZ, 100 on every Linux we know.
const tick = 10 * time.Millisecond

// cpu returns the process's user and system time so far (proc(5), fields 14 and 15 of
// stat): what getrusage counts, but of a process that still runs.
func (p *process) cpu(b *testing.B) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		b.Fatalf("no times in %q", text)
	}
	return time.Duration(user+system) * tick
}

// resident returns the process's memory in MiB: what it has now, or "VmHWM", the most
// it ever had.
func (p *process) resident(b *testing.B, what string) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, what+":"); ok {
			kib, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				b.Fatal(err)
			}
			return float64(kib) / 1024
		}
	}
	b.Fatalf("no %s in %s", what, text)
	return 0
}

func writeFile(b *testing.B, path, text string) {
	b.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

// lines are the first lines of the log that say something, and how many do.
func (p *process) lines(what string, most int) string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	n := 0
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, what) {
			if n++; n <= most {
				b.WriteString(line)
			}
		}
	}
	fmt.Fprintf(&b, "%d in all", n)
	return b.String()
}
