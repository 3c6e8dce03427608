package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"time"

	"hisseki/internal/capped"
)

// Command runs a program, without a shell: its arguments are as configured, the event
// is one line of JSON on its standard input, exit status 0 means done.
type Command struct {
	Args []string // the program's absolute path and its arguments
	User string   // who runs it; only root can run it as somebody else
}

// maxOutput bounds what is kept of a run's output, in bytes.
const maxOutput = 16 << 10

// Tell implements Teller. Output is what the command printed, standard error included.
func (c *Command) Tell(ctx context.Context, e *Event) (string, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("write event as JSON: %w", err)
	}
	cmd, err := c.prepare(ctx)
	if err != nil {
		return "", err
	}
	said := capped.New(maxOutput)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(append(text, '\n')), said, said
	if err := cmd.Run(); err != nil {
		return said.String(), fmt.Errorf("run %s as %s: %w", c.Args[0], c.User, err)
	}
	return said.String(), nil
}

// prepare sets up a process group of its own, so that a command that is out of time ends
// with all its children.
func (c *Command) prepare(ctx context.Context) (*exec.Cmd, error) {
	owner, err := user.Lookup(c.User)
	if err != nil {
		return nil, fmt.Errorf("find the user of a command: %w", err)
	}
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C.UTF-8", "HOME=" + owner.HomeDir, "USER=" + owner.Username}
	cmd.Dir = "/"
	cmd.WaitDelay = 2 * time.Second // for a child that keeps the pipes open
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if cmd.SysProcAttr.Credential, err = credential(owner); err != nil {
		return nil, err
	}
	return cmd, nil
}

// credential is nil for the user that we are already.
func credential(u *user.User) (*syscall.Credential, error) {
	if u.Uid == strconv.Itoa(os.Geteuid()) {
		return nil, nil
	}
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("only root can run a command as %s", u.Username)
	}
	groups, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("find the groups of %s: %w", u.Username, err)
	}
	var ids []uint32
	for _, text := range append([]string{u.Uid, u.Gid}, groups...) {
		id, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("the ids of %s: %w", u.Username, err)
		}
		ids = append(ids, uint32(id))
	}
	return &syscall.Credential{Uid: ids[0], Gid: ids[1], Groups: ids[2:]}, nil
}
