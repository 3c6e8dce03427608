package main

import (
	"cmp"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/whoami"
	"hisseki/internal/words"
	"hisseki/review"
)

func addJSON(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print one JSON object a line")
}

// listFlags are how a list is printed.
type listFlags struct{ json, wide bool }

// wideUsage explains --wide.
const wideUsage = "print all columns in full, however wide the screen is"

func (f *listFlags) add(cmd *cobra.Command) {
	addJSON(cmd, &f.json)
	cmd.Flags().BoolVar(&f.wide, "wide", false, wideUsage)
}

// screen is where a command prints a list.
func (f *listFlags) screen(cmd *cobra.Command) table.Screen {
	return table.ScreenOf(cmd.OutOrStdout(), f.wide)
}

// inWords returns the words in which a command speaks to people: --lang, else what the locale asks for.
func inWords(cmd *cobra.Command) words.Reader {
	lang := words.Lang(cmd.Flag("lang").Value.String())
	return words.For(cmp.Or(lang, words.FromLocale(os.Getenv)), time.Local)
}

// sayLine prints a line that package words knows as it knows errors.
func sayLine(cmd *cobra.Command, text string) {
	fmt.Fprintln(cmd.OutOrStdout(), inWords(cmd).Fault(text))
}

// safe makes text from a mail fit for a terminal.
func safe(s string, most int) string { return term.Safe(s, most) }

// few shows the first of a list and how many more there are.
func few(list []string, n int) string { return term.Few(list, n) }

// actor is who stands behind the command, for the audit log.
func actor() review.Actor { return whoami.Actor() }

func counted(n int, noun string) string { return term.Count(n, noun) }
