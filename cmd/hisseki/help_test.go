package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hisseki/internal/words"
)

// english are three words in a row that are no command, value or address.
var english = regexp.MustCompile(`(?:\b[A-Za-z]{2,}[ ,]+){3}[a-z]{2,}`)

// recipe is what the attacker of a drill's recipe does, "  slow   12 mails to ...", in English.
var recipe = regexp.MustCompile(`^  [a-z][a-z0-9-]+ {2,}(\d+|an?|the|one|two|three|four|five|six|seven|eight|nine|ten) `)

// TestHelpIsJapanese: every command explains itself, its flags and its commands in Japanese, and the
// same in English without --lang.
func TestHelpIsJapanese(t *testing.T) {
	count := 0
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		count++
		args := strings.Fields(c.CommandPath())[1:]
		var ja, en bytes.Buffer
		for out, lang := range map[*bytes.Buffer]string{&ja: "ja", &en: "en"} {
			if code := run(t.Context(), append(slices.Clone(args), "--help", "--lang", lang), nil, out, out); code != exitOK {
				t.Fatalf("%v: exit %d: %s", args, code, out)
			}
		}
		for line := range strings.Lines(ja.String()) {
			if strings.HasPrefix(line, "  hisseki ") || strings.HasPrefix(line, "\t") || recipe.MatchString(line) { // usage, examples
				continue
			}
			if m := english.FindString(line); m != "" {
				t.Errorf("%s says %q in\n%s", c.CommandPath(), m, line)
			}
		}
		if !strings.Contains(ja.String(), "使い方:") || strings.Contains(ja.String(), "Flags:") || !strings.Contains(en.String(), "Flags:") {
			t.Errorf("%s: the help is\n%s\n%s", c.CommandPath(), &ja, &en)
		}
		for _, sub := range c.Commands() {
			if !sub.Hidden {
				walk(sub)
			}
		}
	}
	for _, c := range newRoot().Commands() {
		if !c.Hidden {
			walk(c)
		}
	}
	if count < 60 {
		t.Errorf("only %d commands were seen", count)
	}
}

// TestHelpTextsAreSaid: the catalogue of help has nothing that no command says any more.
func TestHelpTextsAreSaid(t *testing.T) {
	said := map[string]bool{}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		said[c.Short], said[c.Long] = true, true
		for line := range strings.SplitSeq(c.Long, "\n") {
			said[line] = true
		}
		note := func(f *pflag.Flag) { said[f.Usage] = true }
		c.Flags().VisitAll(note)
		c.PersistentFlags().VisitAll(note)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot())
	for _, text := range words.HelpTexts() {
		if !said[text] {
			t.Errorf("no command says %q", text)
		}
	}
}
