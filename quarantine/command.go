package quarantine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"hisseki/internal/capped"
)

// Bounds of what is kept of a command's output, in bytes. An error text is for people;
// postsuper says a line of at most 80 bytes for each of at most batch ids.
const (
	maxErrorText = 1 << 10
	maxSaid      = 64 << 10
)

// command runs one of Postfix's commands: no shell, its own configuration folder, an
// empty environment, a timeout. stdout gets its output; what it said on stderr is
// returned, cut to maxSaid. An error repeats the end of it.
func (q *Queue) command(ctx context.Context, stdin string, stdout io.Writer, name string,
	args ...string) (string, error) {
	timeout := q.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if q.ConfigDir != "" {
		args = append([]string{"-c", q.ConfigDir}, args...)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		path = "/usr/sbin/" + name // not in everybody's PATH
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	cmd.Dir = "/"
	cmd.WaitDelay = 2 * time.Second // for a child that keeps the pipes open
	cmd.Stdin = strings.NewReader(stdin)
	said := capped.New(maxSaid)
	cmd.Stdout, cmd.Stderr = stdout, said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(ctx.Err(), err)
		}
		text := strings.TrimSpace(said.String())
		text = text[max(0, len(text)-maxErrorText):]
		return said.String(), fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, text)
	}
	return said.String(), nil
}

// oneLine keeps the beginning of what is written, and calls stop when that has a line.
type oneLine struct {
	kept *capped.Buffer
	stop func()
}

// Write implements io.Writer.
func (o *oneLine) Write(p []byte) (int, error) {
	n, err := o.kept.Write(p)
	if strings.Contains(o.kept.String(), "\n") {
		o.stop()
	}
	return n, err
}
