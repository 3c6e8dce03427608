package quarantine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"hisseki/internal/capped"
	"hisseki/postfix"
)

// Bounds of what is kept of a command's output, in bytes. An error text is for people;
// postsuper says a line of at most 80 bytes for each of at most batch ids.
const (
	maxErrorText = 1 << 10
	maxSaid      = 128 << 10
)

// command runs one of Postfix's commands with a timeout. stdout gets its output; what it said on stderr is
// returned, cut to maxSaid. An error repeats the end of it.
func (q *Queue) command(ctx context.Context, stdin string, stdout io.Writer, name string,
	args ...string) (string, error) {
	timeout := q.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := postfix.Instance{ConfigDir: q.ConfigDir}.Command(ctx, name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	said := capped.New(maxSaid)
	cmd.Stdout, cmd.Stderr = stdout, said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(ctx.Err(), err)
		}
		text := strings.TrimSpace(said.String())
		text = text[max(0, len(text)-maxErrorText):]
		return said.String(), fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, text)
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
