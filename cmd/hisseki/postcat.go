package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"time"
)

// Bounds of a mail shown on a terminal.
const (
	maxShownLines = 400
	maxShownWidth = 300
)

// queueID is what Postfix uses, short or long (postconf enable_long_queue_ids).
var queueID = regexp.MustCompile(`^[0-9A-Za-z]{5,30}$`)

// showMail prints a mail from Postfix's queue, made safe for a terminal. A mail that
// cannot be read is said so, not an error: the evidence was shown.
func showMail(ctx context.Context, w io.Writer, postfixConfig, id string) error {
	if !queueID.MatchString(id) {
		return fmt.Errorf("queue id %q is none of Postfix's", safe(id, 40))
	}
	postcat, err := exec.LookPath("postcat")
	if err != nil {
		if postcat, err = exec.LookPath("/usr/sbin/postcat"); err != nil {
			_, err = fmt.Fprintln(w, "mail        not shown: there is no postcat on this host")
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	args := []string{"-qbh", id}
	if postfixConfig != "" {
		args = append([]string{"-c", postfixConfig}, args...)
	}
	cmd := exec.CommandContext(ctx, postcat, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("reading the mail: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("reading the mail: %w", err)
	}
	shown, more, err := copySafe(w, out)
	if more {
		cancel() // postcat has more to say than we show
	}
	waited := cmd.Wait()
	switch {
	case err != nil:
		return fmt.Errorf("showing the mail: %w", err)
	case more:
		_, err = fmt.Fprintf(w, "... cut after %d lines, see postcat -q %s\n", shown, id)
	case waited != nil || shown == 0:
		_, err = fmt.Fprintln(w, "mail        not shown: it is not in this host's queue (any more)")
	}
	return err
}

// copySafe copies lines, bounded and safe, and says how many and whether more follow.
func copySafe(w io.Writer, r io.Reader) (lines int, more bool, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	for lines < maxShownLines {
		line, prefix, err := in.ReadLine()
		if errors.Is(err, io.EOF) {
			return lines, false, nil
		}
		if err != nil {
			return lines, false, err
		}
		if _, err := fmt.Fprintln(w, "| "+safe(string(line), maxShownWidth)); err != nil {
			return lines, false, err
		}
		lines++
		for prefix && err == nil {
			_, prefix, err = in.ReadLine()
		}
	}
	_, err = in.Peek(1)
	return lines, err == nil, nil
}
