package main

import (
	"os"
	"strconv"

	"github.com/spf13/cobra"
	xterm "golang.org/x/term"

	"hisseki/internal/table"
	"hisseki/internal/term"
)

func addJSON(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print one JSON object a line")
}

// listFlags are how a list is printed.
type listFlags struct{ json, wide bool }

func (f *listFlags) add(cmd *cobra.Command) {
	addJSON(cmd, &f.json)
	cmd.Flags().BoolVar(&f.wide, "wide", false, "print all columns in full, however wide the screen is")
}

// usualWidth is how wide a list is where no terminal says how wide it is.
const usualWidth = 80

// screen is where a command prints a list.
func (f *listFlags) screen(cmd *cobra.Command) table.Screen {
	out := cmd.OutOrStdout()
	s := table.Screen{Writer: out, Width: usualWidth, Colour: wantsColour(out)}
	if file, ok := out.(*os.File); ok {
		if width, _, err := xterm.GetSize(int(file.Fd())); err == nil && width > 0 {
			s.Width = width
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 && !isTerminal(out) {
		s.Width = n
	}
	if f.wide {
		s.Width = 0
	}
	return s
}

// isTerminal says whether a person reads or writes there.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && xterm.IsTerminal(int(f.Fd()))
}

// wantsColour follows no-color.org: any value but the empty one switches colour off.
func wantsColour(w any) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// safe makes text from a mail fit for a terminal.
func safe(s string, most int) string { return term.Safe(s, most) }

// few shows the first of a list and how many more there are.
func few(list []string, n int) string { return term.Few(list, n) }

func counted(n int, noun string) string { return term.Count(n, noun) }
