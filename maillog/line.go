package maillog

import (
	"fmt"
	"io"

	"hisseki/internal/term"
)

// Line is what was read of one file, schema 1.
type Line struct {
	Schema int    `json:"schema"`
	Kind   string `json:"kind"` // "maillog"
	File   string `json:"file"`
	Lines  int    `json:"lines"`
	Ours   int    `json:"of_recorded_mail"`
	Others int    `json:"of_other_mail"`
	Logins int    `json:"logins"`
	// Lines of Postfix and Dovecot in unknown words, lines of no log's form, and one of them.
	Unknown    int    `json:"unknown"`
	Unreadable int    `json:"unreadable"`
	Sample     string `json:"sample,omitempty"`
}

// Line is the result of a file.
func (c *Counts) Line(file string) Line {
	return Line{1, "maillog", file, c.Read, c.Lines, c.Strange, c.Logins, c.Unknown, c.Unreadable, c.Sample}
}

// Print writes a result for people.
func (l *Line) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s: %s, %d of recorded mail, %d of other mail, %s\n", term.Safe(l.File, 200),
		term.Count(l.Lines, "new line"), l.Ours, l.Others, term.Count(l.Logins, "login"))
	if err == nil && l.Unknown+l.Unreadable > 0 {
		_, err = fmt.Fprintf(w, "  not understood: %d of Postfix or Dovecot, %d of no log's form, such as\n  %s\n",
			l.Unknown, l.Unreadable, term.Safe(l.Sample, 160))
	}
	return err
}
