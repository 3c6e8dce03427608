package milter

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
)

// Socket says where to listen.
type Socket struct {
	Address string      // inet:HOST:PORT or unix:PATH; "" takes systemd's socket
	Mode    fs.FileMode // of a unix socket: 0660
	Group   string      // of a unix socket: "" keeps the process's
}

// Listen opens the socket. A socket that systemd passed goes before Address.
func (s Socket) Listen() (net.Listener, error) {
	passed, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("take systemd's socket: %w", err)
	}
	if len(passed) > 0 && passed[0] != nil {
		return passed[0], nil
	}
	kind, addr, ok := strings.Cut(s.Address, ":")
	switch {
	case ok && kind == "inet":
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", s.Address, err)
		}
		return ln, nil
	case ok && kind == "unix":
		return s.unix(addr)
	}
	return nil, fmt.Errorf("listen address %q: write inet:HOST:PORT or unix:PATH", s.Address)
}

func (s Socket) unix(path string) (net.Listener, error) {
	if err := removeStale(path); err != nil {
		return nil, err
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", s.Address, err)
	}
	if err := s.permit(path); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return ln, nil
}

func (s Socket) permit(path string) error {
	mode := s.Mode
	if mode == 0 {
		mode = 0o660
	}
	if err := os.Chmod(path, mode); err != nil {
		return fmt.Errorf("set the socket's mode: %w", err)
	}
	if s.Group == "" {
		return nil
	}
	g, err := user.LookupGroup(s.Group)
	if err != nil {
		return fmt.Errorf("socket group: %w", err)
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return fmt.Errorf("socket group %s: %w", s.Group, err)
	}
	if err := os.Chown(path, -1, gid); err != nil {
		return fmt.Errorf("give the socket to group %s: %w", s.Group, err)
	}
	return nil
}

// removeStale removes a socket that a crashed process left. It touches nothing else,
// and no socket on which somebody still answers.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at socket %s: %w", path, err)
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("%s exists and is no socket: remove it or listen elsewhere", path)
	}
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		c.Close()
		return fmt.Errorf("another process listens on %s: stop it first", path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove stale socket: %w", err)
	}
	return nil
}
