package milter

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
)

// Socket says where to listen.
type Socket struct {
	Address string      // inet:HOST:PORT, inet6:HOST:PORT or unix:PATH; "" takes systemd's
	Mode    fs.FileMode // of a unix socket: 0660
	Group   string      // of a unix socket: "" keeps the process's
}

// Listen opens the socket. The one that systemd passed goes before Address.
func (s Socket) Listen() (net.Listener, error) {
	passed, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("take systemd's socket: %w", err)
	}
	if len(passed) > 1 {
		return nil, fmt.Errorf("systemd passed %d sockets: give the socket unit one ListenStream",
			len(passed))
	}
	if len(passed) == 1 {
		if passed[0] == nil {
			return nil, errors.New("systemd passed a socket that is not a stream: use ListenStream")
		}
		return passed[0], nil
	}
	kind, addr, ok := strings.Cut(s.Address, ":")
	network := map[string]string{"inet": "tcp", "inet6": "tcp6"}[kind]
	switch {
	case ok && network != "":
		ln, err := net.Listen(network, addr)
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", s.Address, reasonOf(err))
		}
		return ln, nil
	case ok && kind == "unix" && addr != "" && addr[0] != '@': // '@' would have no owner or mode
		return s.unix(addr)
	}
	return nil, fmt.Errorf("listen address %q: write inet:HOST:PORT, inet6:HOST:PORT or unix:PATH",
		s.Address)
}

// reasonOf takes from an error what its reader has just been told: "listen tcp 192.0.2.1:25: bind: ..."
func reasonOf(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// maxPath is what sun_path has room for on Linux, NUL aside (unix(7)).
const maxPath = 107

func (s Socket) unix(path string) (net.Listener, error) {
	if err := removeStale(path); err != nil {
		return nil, err
	}
	if len(path) > maxPath {
		return nil, fmt.Errorf("socket path %s has %d bytes, at most %d work: choose a shorter one",
			path, len(path), maxPath)
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w: %s must be a folder in which the user that runs "+
			"hisseki serve may write", s.Address, reasonOf(err), filepath.Dir(path))
	}
	if err := s.permit(path); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return ln, nil
}

// permit sets the group first, so that the mode never holds for the wrong one.
func (s Socket) permit(path string) error {
	if err := s.chgrp(path); err != nil {
		return err
	}
	mode := s.Mode
	if mode == 0 {
		mode = 0o660
	}
	if err := os.Chmod(path, mode); err != nil {
		return fmt.Errorf("set the socket's mode: %w", err)
	}
	return nil
}

func (s Socket) chgrp(path string) error {
	if s.Group == "" {
		return nil
	}
	g, err := user.LookupGroup(s.Group)
	if err != nil {
		return fmt.Errorf("group %q of socket_group is not on this machine: %w", s.Group, err)
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return fmt.Errorf("socket group %s: %w", s.Group, err)
	}
	if err := os.Chown(path, -1, gid); err != nil {
		return fmt.Errorf("give the socket to group %s of socket_group: %w: the user that runs hisseki "+
			"serve must be in that group", s.Group, err)
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
		return fmt.Errorf("%s exists and is not a socket: remove it or listen elsewhere", path)
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		c.Close()
		return fmt.Errorf("another process listens on %s: stop it first", path)
	}
	// Only a refusal proves that nobody is there: a full backlog or a missing
	// permission look different.
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("is somebody listening on %s? stop it or remove the socket: %w", path, err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove stale socket: %w", err)
	}
	return nil
}
