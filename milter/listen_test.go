package milter

import (
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.sock")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		t.Fatal(err)
	}
	sock := Socket{Address: "unix:" + path, Group: group.Name}
	ln, err := sock.Listen()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sock.Listen(); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a socket in use was taken: %v", err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false) // as after SIGKILL
	ln.Close()
	if ln, err = sock.Listen(); err != nil {
		t.Fatalf("stale socket: %v", err)
	}
	expectMode(t, path, 0o660)
	ln.Close()
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket stays after an orderly end")
	}
	sock.Mode = 0o600
	if ln, err = sock.Listen(); err != nil {
		t.Fatal(err)
	}
	expectMode(t, path, 0o600)
	ln.Close()
	sock.Group = "no-such-group-here"
	if _, err := sock.Listen(); err == nil || !strings.Contains(err.Error(), "socket_group") {
		t.Errorf("an unknown group was taken, or it is not said where it is named: %v", err)
	}
}

func expectMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != want {
		t.Errorf("socket mode %v, want %v", info.Mode().Perm(), want)
	}
}

// A socket that cannot be made is said once, with what its folder must be.
func TestNoFolderForSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "m.sock")
	_, err := Socket{Address: "unix:" + path}.Listen()
	want := "listen on unix:" + path + ": bind: no such file or directory: " + filepath.Dir(path) +
		" must be a folder in which the user that runs hisseki serve may write"
	if err == nil || err.Error() != want {
		t.Errorf("it says\n%v\nwant\n%s", err, want)
	}
}

func TestOnlySocketsAreRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "precious")
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, link, dir} {
		if _, err := (Socket{Address: "unix:" + p}).Listen(); err == nil {
			t.Errorf("%s was replaced by a socket", p)
		}
		if _, err := os.Lstat(p); err != nil {
			t.Error(err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, bad := range []string{"", "tcp:1", "/run/x", "unix:", "unix:@abstract", "inet:127.0.0.1",
		"unix:/" + strings.Repeat("x", 120)} {
		if ln, err := (Socket{Address: bad}).Listen(); err == nil {
			ln.Close()
			t.Errorf("address %q was accepted", bad)
		}
	}
	ln, err := Socket{Address: "inet:127.0.0.1:0"}.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if _, err := (Socket{Address: "inet6:127.0.0.1:0"}).Listen(); err == nil {
		t.Error("inet6 took an IPv4 address")
	}
}

// TestPassedSocket runs itself as systemd would: descriptor 3 is the socket.
func TestPassedSocket(t *testing.T) {
	if os.Getenv("LISTEN_FDS") != "" {
		ln, err := Socket{Address: "inet:127.0.0.1:1"}.Listen() // the passed one goes first
		if err != nil {
			t.Fatal(err)
		}
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "here")
		c.Close()
		return
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0" -test.run '^TestPassedSocket$'`,
		os.Args[0])
	cmd.Env = append(os.Environ(), "LISTEN_FDS=1")
	cmd.ExtraFiles = []*os.File{file}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(10 * time.Second))
	got, err := io.ReadAll(c)
	if string(got) != "here" {
		t.Errorf("the process with the passed socket says %q, %v", got, err)
		cmd.Process.Kill()
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
