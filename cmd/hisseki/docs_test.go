package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// codeSpan is what a document marks as code within a line: `hisseki status --json`.
var codeSpan = regexp.MustCompile("`([^`]+)`")

// codeOf are the parts of a document that are code: spans, indented lines and fenced blocks. A span that goes on
// in the next line ("`hisseki doctor\n--undo`") is one.
func codeOf(text string) (list []string) {
	var prose strings.Builder
	fenced := false
	for line := range strings.Lines(text) {
		switch fence := strings.HasPrefix(strings.TrimSpace(line), "```"); {
		case fence:
			fenced = !fenced
		case fenced || strings.HasPrefix(line, "    "):
			list = append(list, line)
		default:
			prose.WriteString(line)
		}
	}
	for _, paragraph := range strings.Split(prose.String(), "\n\n") {
		for _, m := range codeSpan.FindAllStringSubmatch(paragraph, -1) {
			list = append(list, strings.ReplaceAll(m[1], "\n", " "))
		}
	}
	return list
}

// aCall is a command line of the program within code: "sudo hisseki incident show I3; ...". What follows a pipe, a
// remark or another command is none of it.
var aCall = regexp.MustCompile(`(?:^\s*"?|sudo |[;|&(=] *|bin/)hisseki +([^|;&#<>\n]*)`)

// wrong says what of a command line the program does not know, "" for nothing.
func wrong(line string) string {
	cmd := newRoot()
	var flags []string
	descends := true
	for _, word := range strings.Fields(line) {
		word = strings.Trim(word, "\"'.,:)…")
		if name, ok := strings.CutPrefix(word, "--"); ok {
			name, _, _ = strings.Cut(name, "=")
			flags = append(flags, name)
			continue
		}
		if !descends || !cmd.HasSubCommands() {
			continue
		}
		next, _, err := cmd.Find([]string{word})
		switch {
		case err == nil && next != cmd:
			cmd = next
		case name.MatchString(word) && !cmd.HasParent():
			return "there is no command " + word
		case name.MatchString(word) && len(flags) == 0:
			return cmd.CommandPath() + " has no command " + word
		default:
			descends = false
		}
	}
	for _, f := range flags {
		if !knows(cmd, f) {
			return cmd.CommandPath() + " has no flag --" + f
		}
	}
	return ""
}

// name is how commands are called.
var name = regexp.MustCompile(`^[a-z][a-z-]*$`)

// knows says whether a command, or one below it where it only groups others, has a flag.
func knows(cmd *cobra.Command, flag string) bool {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	if cmd.Flags().Lookup(flag) != nil || cmd.InheritedFlags().Lookup(flag) != nil {
		return true
	}
	for _, sub := range cmd.Commands() {
		if sub.Flags().Lookup(flag) != nil {
			return true
		}
	}
	return false
}

// TestDocsNameCommands: every command and flag that the documents and what is shipped beside the program name is
// there.
func TestDocsNameCommands(t *testing.T) {
	var paths []string
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/ja/*.md", "../../docs/man/*", "../../deploy/*.toml",
		"../../deploy/*.service", "../../deploy/*.y*ml", "../../deploy/*/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	calls := 0
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		code := codeOf(string(text))
		if !strings.HasSuffix(path, ".md") {
			code = regexp.MustCompile(`"hisseki [^"\n]*"|/usr/bin/hisseki [^\n]*`).FindAllString(string(text), -1)
		}
		for _, line := range code {
			for _, m := range aCall.FindAllStringSubmatch(line, -1) {
				if strings.HasPrefix(m[1], "/") { // "install bin/hisseki /usr/bin/hisseki"
					continue
				}
				calls++
				if what := wrong(m[1]); what != "" {
					t.Errorf("%s names %q: %s", path, strings.TrimSpace(m[0]), what)
				}
			}
		}
	}
	if calls < 300 {
		t.Errorf("only %d commands were found in the documents", calls)
	}
}

// TestWrongCommandsAreFound: what the test above must find.
func TestWrongCommandsAreFound(t *testing.T) {
	for line, want := range map[string]string{
		"status --json":                    "",
		"incident show I3":                 "",
		"quarantine":                       "",
		"incident confirm I3 --dry-run":    "",
		"--db X incident list --wide":      "",
		"incident shwo I3":                 "hisseki incident has no command shwo",
		"statsu":                           "there is no command statsu",
		"quarantine list --sendr a":        "hisseki quarantine list has no flag --sendr",
		"reviewer add NAME --role viewer|": "",
	} {
		if got := wrong(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
