// Package freeport chooses ports of 127.0.0.1 for servers that tests start as processes of their own.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// Between the choice of a port and the start of its server anybody may take it: an outgoing
// connection, as the kernel chooses its port out of a range, or another test. So ports are chosen
// outside of that range, and each is locked for as long as the test's process lives, also while its
// server is down.

// span is how many ports are chosen from.
const span = 12_000

// taken are the lock files of this process, open until it ends.
var taken struct {
	sync.Mutex
	files []*os.File
}

// Choose returns n ports that nobody listens on and no other test of this machine gets.
func Choose(n int) ([]int, error) {
	low, err := lowest()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(os.TempDir(), "hisseki-test-ports")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	_ = os.Chmod(folder, 0o777) // of whoever made it, against his umask: others' tests lock there too
	var ports []int
	for range 4 * span {
		if len(ports) == n {
			return ports, nil
		}
		port := low + rand.IntN(span)
		if ok, err := take(folder, port); err != nil {
			return nil, err
		} else if ok {
			ports = append(ports, port)
		}
	}
	return nil, fmt.Errorf("no %d free ports from %d to %d", n, low, low+span-1)
}

// Address is a free one, "127.0.0.1:20771".
func Address(t testing.TB) string {
	t.Helper()
	ports, err := Choose(1)
	if err != nil {
		t.Fatal(err)
	}
	return "127.0.0.1:" + strconv.Itoa(ports[0])
}

// take locks a port, and says whether it is free.
func take(folder string, port int) (bool, error) {
	f, err := os.OpenFile(filepath.Join(folder, strconv.Itoa(port)), os.O_CREATE|os.O_RDONLY, 0o666)
	if errors.Is(err, os.ErrPermission) {
		return false, nil // another user's, with a umask
	}
	if err != nil {
		return false, err
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return false, f.Close()
	}
	l, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return false, f.Close()
	}
	taken.Lock()
	defer taken.Unlock()
	taken.files = append(taken.files, f)
	return true, l.Close()
}

// lowest returns the first of span ports that the kernel gives to no outgoing connection.
func lowest() (int, error) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0, err
	}
	var low, high int
	if _, err := fmt.Sscan(string(text), &low, &high); err != nil {
		return 0, fmt.Errorf("read ip_local_port_range %q: %w", text, err)
	}
	return outside(low, high), nil
}

// outside returns where span ports begin below a range, or else above it, or else amid it.
func outside(low, high int) int {
	switch {
	case low-span > 1024:
		return low - span
	case high+span < 65535:
		return high + 1
	}
	return 65535 - span
}
