package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	xterm "golang.org/x/term"

	"hisseki/internal/table"
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

// listing is a table for people.
type listing struct {
	*table.Table
	screen table.Screen
}

func newTable(w io.Writer, columns ...string) *listing {
	list := make([]table.Column, len(columns))
	for i, name := range columns {
		list[i] = table.Fixed(name)
	}
	s := table.Screen{Writer: w, Colour: wantsColour(w)}
	return &listing{table.New(s, list...), s}
}

func (t *listing) row(values ...string)     { t.Row(values...) }
func (t *listing) write() error             { return t.Write() }
func (t *listing) paint(word string) string { return t.screen.Paint(word) }

// safe makes text from a mail fit for a terminal.
func safe(s string, most int) string { return term.Safe(s, most) }

// stamp is a time in the machine's zone.
func stamp(t time.Time) string { return term.Stamp(t) }

func points(p float64) string { return strconv.FormatFloat(p, 'f', 1, 64) }

func incidentName(id int64) string { return fmt.Sprintf("I%d", id) }

func few(list []string, n int) string { return term.Few(list, n) }
