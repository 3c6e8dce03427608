package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	xterm "golang.org/x/term"

	"hisseki/internal/term"
)

func addJSON(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print one JSON object a line")
}

// writeLines prints one JSON object a line. JSON escapes control characters itself.
func writeLines[T any](w io.Writer, lines []T) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for i := range lines {
		if err := enc.Encode(lines[i]); err != nil {
			return fmt.Errorf("writing JSON: %w", err)
		}
	}
	return nil
}

// isTerminal says whether a person reads or writes there.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && xterm.IsTerminal(int(f.Fd()))
}

// wantsColour follows no-color.org: any value but the empty one switches colour off.
func wantsColour(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// listing is a table for people, aligned also where Japanese is in it.
type listing struct {
	out    io.Writer
	table  table.Writer
	colour bool
}

func newTable(w io.Writer, columns ...string) *listing {
	t := &listing{out: w, table: table.NewWriter(), colour: wantsColour(w)}
	style := table.StyleDefault
	style.Options = table.Options{}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatDefault
	t.table.SetStyle(style)
	t.table.SuppressTrailingSpaces()
	t.table.AppendHeader(cells(columns))
	return t
}

func cells(values []string) table.Row {
	row := make(table.Row, len(values))
	for i, v := range values {
		row[i] = v
	}
	return row
}

func (t *listing) row(values ...string) { t.table.AppendRow(cells(values)) }

func (t *listing) write() error {
	_, err := fmt.Fprintln(t.out, t.table.Render())
	return err
}

// paint gives a state or action its colour.
func (t *listing) paint(word string) string {
	if !t.colour {
		return word
	}
	switch word {
	case "held", "hold", "stale", "bad":
		return text.FgRed.Sprint(word)
	case "delayed", "delay", "releasing", "discarding", "warn":
		return text.FgYellow.Sprint(word)
	case "released", "pass", "ok":
		return text.FgGreen.Sprint(word)
	}
	return word
}

// safe makes text from a mail fit for a terminal.
func safe(s string, most int) string { return term.Safe(s, most) }

// stamp is a time in the machine's zone.
func stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

func points(p float64) string { return strconv.FormatFloat(p, 'f', 1, 64) }

func incidentName(id int64) string { return fmt.Sprintf("I%d", id) }

// few shows the first of a list and how many more there are.
func few(list []string, n int) string {
	out := ""
	for i, s := range list {
		if i == n {
			return fmt.Sprintf("%s +%d", out, len(list)-n)
		}
		if i > 0 {
			out += ", "
		}
		out += safe(s, 40)
	}
	return out
}
