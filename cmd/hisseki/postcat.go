package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"hisseki/quarantine"
)

// Bounds of a mail shown on a terminal.
const (
	maxShownLines = 400
	maxShownWidth = 300 // characters
)

// showMail prints a mail from Postfix's queue, made safe for a terminal. A mail that
// cannot be read is said so, not an error: the evidence was shown.
func showMail(ctx context.Context, w io.Writer, postfixConfig, id string) error {
	queue := quarantine.Queue{ConfigDir: postfixConfig}
	mail, err := queue.Cat(ctx, id)
	if err != nil {
		_, err = fmt.Fprintf(w, "mail        not shown: %s\n", safe(err.Error(), 200))
		return err
	}
	for i, line := range strings.Split(strings.TrimRight(string(mail), "\n"), "\n") {
		if i == maxShownLines {
			_, err := fmt.Fprintf(w, "... cut after %d lines, see postcat -q %s\n", i, id)
			return err
		}
		if _, err := fmt.Fprintln(w, "| "+safe(line, maxShownWidth)); err != nil {
			return err
		}
	}
	return nil
}
