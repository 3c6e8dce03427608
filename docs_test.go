package hisseki_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// translated pairs each translated document with its original.
func translated(t *testing.T) map[string]string {
	t.Helper()
	pairs := map[string]string{"README.ja.md": "README.md"}
	found, err := filepath.Glob("docs/ja/*.md")
	if err != nil || len(found) < 3 {
		t.Fatal(found, err)
	}
	for _, path := range found {
		pairs[path] = filepath.Join("docs", filepath.Base(path))
	}
	return pairs
}

// remark is what follows a command on its line, "hisseki status      # how things stand", and
// is translated. A "#" inside of a command has one space before it at most.
var remark = regexp.MustCompile(`(^|\s{2,})# .*$`)

// outline is what a translation must have in common with its original: the levels of the
// headings, and the lines of indented blocks without remarks, each with its line's number.
func outline(t *testing.T, path string) (headings, commands []outlined) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if level := len(line) - len(strings.TrimLeft(line, "#")); level > 0 {
			headings = append(headings, outlined{i + 1, strings.Repeat("#", level), line})
		}
		if code, ok := strings.CutPrefix(line, "    "); ok {
			if code = strings.TrimSpace(remark.ReplaceAllString(code, "")); code != "" {
				commands = append(commands, outlined{i + 1, code, code})
			}
		}
	}
	return headings, commands
}

// outlined is one line: what is compared of it, and what is shown.
type outlined struct {
	line       int
	same, text string
}

// difference says where a translation leaves its original, or "".
func difference(original, translation []outlined, what string) string {
	at := func(list []outlined, i int) string {
		if i >= len(list) {
			return "nothing more"
		}
		return fmt.Sprintf("line %d %q", list[i].line, list[i].text)
	}
	for i := range max(len(original), len(translation)) {
		if i < len(original) && i < len(translation) && original[i].same == translation[i].same {
			continue
		}
		return fmt.Sprintf("%s %d is %s, in the original %s", what, i+1, at(translation, i), at(original, i))
	}
	return ""
}

// TestTranslations: each translated document has the headings of its original, in number and
// level, and its commands. Who changes an original adds the same to the translation.
func TestTranslations(t *testing.T) {
	for path, original := range translated(t) {
		headings, commands := outline(t, original)
		theirHeadings, theirCommands := outline(t, path)
		for _, d := range []string{difference(headings, theirHeadings, "heading"),
			difference(commands, theirCommands, "command")} {
			if d != "" {
				t.Errorf("%s lags behind %s: %s", path, original, d)
			}
		}
		if len(headings) < 2 || len(commands) < 3 {
			t.Errorf("%s has %d headings and %d commands: nothing is compared", original, len(headings), len(commands))
		}
	}
}

// TestTranslationsAreFound: what lags behind is named by the first line that differs.
func TestTranslationsAreFound(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) (headings, commands []outlined) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return outline(t, path)
	}
	h, c := write("a", "# A\n\n## B\n\n    sed 's|^# a|b|' f   # remark\n    # only a remark\n    more\n")
	for name, tt := range map[string]struct{ text, heading, command string }{
		"same":         {"# あ\n## い\n    sed 's|^# a|b|' f  # 注\n    more\n", "", ""},
		"level":        {"# あ\n### い\n    sed 's|^# a|b|' f\n    more\n", `heading 2 is line 2 "### い"`, ""},
		"missing":      {"# あ\n## い\n    sed 's|^# a|b|' f\n", "", "command 2 is nothing more"},
		"other":        {"# あ\n## い\n    sed 's|^# x|b|' f\n    more\n", "", "command 1 is line 3"},
		"one too many": {"# あ\n## い\n## う\n    sed 's|^# a|b|' f\n    more\n", `heading 3 is line 3 "## う"`, ""},
	} {
		h2, c2 := write("b", tt.text)
		got := []string{difference(h, h2, "heading"), difference(c, c2, "command")}
		if want := []string{tt.heading, tt.command}; !slices.EqualFunc(got, want, func(g, w string) bool {
			return strings.HasPrefix(g, w) && (w != "" || g == "")
		}) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
