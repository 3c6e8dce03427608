// Package quarantine is the life of a hold in the MTA's queue: release, discard,
// reconcile. It is the only package that runs postsuper and postqueue.
package quarantine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// queueID is a Postfix queue id, long (base 52 time, z, base 51 inode) or short (hex).
var queueID = regexp.MustCompile(`^(?:[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}|[0-9A-F]{5,20})$`)

// ValidID says whether id may be handed to Postfix's commands.
func ValidID(id string) bool { return queueID.MatchString(id) }

// Queued is one mail as Postfix lists it (postqueue -j).
type Queued struct {
	Queue   string `json:"queue_name"` // "hold", "deferred", "active", "incoming", "maildrop"
	ID      string `json:"queue_id"`
	Arrived int64  `json:"arrival_time"` // unix seconds
	Size    int64  `json:"message_size"`
	Sender  string `json:"sender"`
}

// Queue runs Postfix's queue commands.
type Queue struct {
	ConfigDir string        // main.cf's folder; "" means Postfix's default
	Timeout   time.Duration // of one command; 0 means 30 s
}

// maxOutput bounds what is read of a command: about a million queued mails.
const maxOutput = 512 << 20

func (q *Queue) run(ctx context.Context, stdin string, name string, args ...string) ([]byte, error) {
	timeout := q.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if q.ConfigDir != "" {
		args = append([]string{"-c", q.ConfigDir}, args...)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errOut bytes.Buffer
	cmd.Stdout = &capped{&out, maxOutput}
	cmd.Stderr = &capped{&errOut, 4096}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(errOut.Bytes()))
	}
	return out.Bytes(), nil
}

type capped struct {
	w    io.Writer
	room int
}

func (c *capped) Write(p []byte) (int, error) {
	n := min(len(p), c.room)
	c.room -= n
	if _, err := c.w.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil // swallow the rest, or the command would fail
}

// List returns what is in Postfix's queues, by queue id.
func (q *Queue) List(ctx context.Context) (map[string]Queued, error) {
	out, err := q.run(ctx, "", "postqueue", "-j")
	if err != nil {
		return nil, err
	}
	return parseList(bytes.NewReader(out))
}

func parseList(r io.Reader) (map[string]Queued, error) {
	list := make(map[string]Queued)
	s := bufio.NewScanner(r)
	s.Buffer(nil, 64<<20) // a mail to a hundred thousand recipients is one line
	for s.Scan() {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var m Queued
		if err := json.Unmarshal(s.Bytes(), &m); err != nil {
			return nil, fmt.Errorf("read postqueue's list: %w", err)
		}
		if !ValidID(m.ID) {
			return nil, fmt.Errorf("read postqueue's list: queue id %q is none", m.ID)
		}
		list[m.ID] = m
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read postqueue's list: %w", err)
	}
	return list, nil
}

// Release takes mail off hold and has it sent at once.
func (q *Queue) Release(ctx context.Context, ids ...string) error {
	if err := q.super(ctx, "-H", ids); err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		// Without -i the mail waits for the next queue run. Too late is no failure.
		if _, err := q.run(ctx, "", "postqueue", "-i", id); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Discard deletes mail.
func (q *Queue) Discard(ctx context.Context, ids ...string) error { return q.super(ctx, "-d", ids) }

// super runs postsuper with ids on stdin, where no shell and no argument list sees them.
func (q *Queue) super(ctx context.Context, verb string, ids []string) error {
	for _, id := range ids {
		if !ValidID(id) {
			return fmt.Errorf("postsuper %s: %q is no queue id", verb, id)
		}
	}
	_, err := q.run(ctx, strings.Join(ids, "\n")+"\n", "postsuper", verb, "-")
	return err
}

// maxMail bounds what Cat shows of a mail.
const maxMail = 1 << 20

// Cat returns a queued mail's content, at most 1 MiB of it. It needs root.
func (q *Queue) Cat(ctx context.Context, id string) ([]byte, error) {
	if !ValidID(id) {
		return nil, fmt.Errorf("postcat: %q is no queue id", id)
	}
	out, err := q.run(ctx, "", "postcat", "-qbh", id)
	return out[:min(len(out), maxMail)], err
}
