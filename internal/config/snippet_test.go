package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// setting is a line that begins settings of hisseki.toml in an indented block. Postfix's
// "relayhost = mx" has no quotes, and systemd's tables begin with a capital: "[Service]".
var setting = regexp.MustCompile(`^(\[\[?[a-z][a-z_.]*\]\]?|[a-z_]+ *= *("|\[|[0-9]|true|false))`)

// inline is settings in prose: `[maillog] files = ["/var/log/mail.log"]`.
var inline = regexp.MustCompile("`(\\[[a-z][a-z_.]*\\])\\s+([a-z_]+ = [^`]+)`")

// snippet is settings that a document shows, with the line where they begin.
type snippet struct {
	line int
	text string
}

// snippets finds the settings in a document: of each indented block what follows the first
// line that begins some, so that an nginx block before "[web]" is left out; and those in prose.
func snippets(text string) []snippet {
	var found []snippet
	var block *snippet
	fenced := false
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		code, indented := strings.CutPrefix(line, "    ")
		switch {
		case fenced || !indented && strings.TrimSpace(line) != "":
			block = nil
		case block != nil:
			block.text += code + "\n"
		case indented && setting.MatchString(strings.TrimSpace(code)):
			found = append(found, snippet{i + 1, code + "\n"})
			block = &found[len(found)-1]
		}
	}
	for _, at := range inline.FindAllStringSubmatchIndex(text, -1) {
		value := strings.ReplaceAll(text[at[4]:at[5]], "\n", " ")
		found = append(found, snippet{1 + strings.Count(text[:at[0]], "\n"), text[at[2]:at[3]] + "\n" + value + "\n"})
	}
	return found
}

// TestSnippets reads all settings that documents show as serve would read them: whoever
// copies them into an empty file has a valid one.
func TestSnippets(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/ja/*.md"} {
		list, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, list...)
	}
	read := map[string]int{}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range snippets(string(text)) {
			read[filepath.Base(path)]++
			name := fmt.Sprintf("%s, the settings at line %d", path, s.line)
			if _, err := Parse(name, []byte(s.text), Default("/var/lib/hisseki")); err != nil {
				t.Errorf("%v\n%s", err, s.text)
			}
		}
	}
	for _, path := range []string{"cloud.md", "review.md", "hooks.md", "cluster.md", "detection.md", "container.md", "README.md"} {
		if read[path] == 0 {
			t.Errorf("no settings found in %s", path)
		}
	}
	t.Logf("settings read: %v", read)
}
