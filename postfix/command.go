package postfix

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Instance is one Postfix of this machine by its configuration folder; "" is the default
// one.
type Instance struct {
	ConfigDir string
}

// Command makes one of Postfix's commands ready to run: no shell, its own configuration
// folder, an environment of ours, and an end with ctx also when a child keeps the pipes open.
func (i Instance) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if i.ConfigDir != "" {
		args = append([]string{"-c", i.ConfigDir}, args...)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		path = "/usr/sbin/" + name // not in everybody's PATH
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	cmd.Dir = "/"
	cmd.WaitDelay = 2 * time.Second
	return cmd
}

// patience bounds one question to postconf.
const patience = 10 * time.Second

// postconf asks Postfix for its configuration.
func (i Instance) postconf(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := i.Command(ctx, "postconf", args...).Output()
	if err != nil {
		var said *exec.ExitError
		if errors.As(err, &said) && len(said.Stderr) > 0 {
			err = fmt.Errorf("%w: %.300s", err, strings.TrimSpace(string(said.Stderr)))
		}
		return "", fmt.Errorf("ask postconf %s: %w", strings.Join(args, " "),
			errors.Join(ctx.Err(), err))
	}
	return string(out), nil
}

// Hostname is how the instance names itself (myhostname), in the macro {j} too.
func (i Instance) Hostname(ctx context.Context) (string, error) {
	out, err := i.postconf(ctx, "-xh", "myhostname")
	return strings.TrimSpace(out), err
}
