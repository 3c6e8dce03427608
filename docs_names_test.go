package hisseki_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents are the texts that name things of the project.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/ja/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts[path] = string(text)
		}
	}
	if len(texts) < 25 {
		t.Fatalf("only %d documents", len(texts))
	}
	return texts
}

// aLink is a link to a file of the project, perhaps to a heading of it: [upgrade](upgrade.md#move-to-another-host).
var aLink = regexp.MustCompile(`\]\(([^)#:\s]*)(?:#([^)\s]+))?\)`)

// anchors are the names of a document's headings, as GitHub makes them: lower case, hyphens for spaces, no
// punctuation.
func anchors(text string) (list []string) {
	for line := range strings.Lines(text) {
		if head := strings.TrimLeft(line, "#"); head != line {
			name := strings.ToLower(strings.TrimSpace(head))
			name = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(name, "")
			list = append(list, strings.ReplaceAll(name, " ", "-"))
		}
	}
	return list
}

// TestLinksLead: links between documents lead to files and headings that are there.
func TestLinksLead(t *testing.T) {
	texts, links := documents(t), 0
	for path, text := range texts {
		for _, m := range aLink.FindAllStringSubmatch(text, -1) {
			links++
			to := path
			if m[1] != "" {
				to = filepath.Join(filepath.Dir(path), m[1])
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			} else if m[2] != "" && !slices.Contains(anchors(texts[to]), m[2]) {
				t.Errorf("%s links to %s#%s, which has no such heading", path, m[1], m[2])
			}
		}
	}
	if links < 100 {
		t.Errorf("only %d links were found", links)
	}
}

// aPath is a file of the project as documents name it: docs/howto.md, store/postgres/patience.go, deploy/hooks.
var aPath = regexp.MustCompile("(?:^|[\\s`(\"'])((?:docs|deploy|scripts|packaging|store|internal|cmd|daemon|milter|analyzer|replay|doctor|testdata)/[\\w./-]*\\w)")

// TestPathsAreThere: files and folders of the project that documents name are there.
func TestPathsAreThere(t *testing.T) {
	found := 0
	for path, text := range documents(t) {
		if path == "CHANGELOG.md" { // of what was, too
			continue
		}
		for _, m := range aPath.FindAllStringSubmatch(text, -1) {
			found++
			// "deploy/hisseki*.service", "release-X.Y.Z.sql"
			like, err := filepath.Glob(strings.ReplaceAll(m[1], "X.Y.Z", "*") + "*")
			if _, missing := os.Stat(m[1]); missing != nil && (err != nil || len(like) == 0 || strings.Contains(m[1], ".") && !strings.Contains(m[1], "X.Y.Z")) {
				t.Errorf("%s names %s, which is not there", path, m[1])
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d paths were found", found)
	}
}

// aTest is how documents say what shows a claim: go test ./store -engine postgres -run 'TestRoles|Backup' -v
var aTest = regexp.MustCompile("go\\s+test\\s+([^`;\n&]*?(?:\n[^`;&]*?)?)-(run|bench)\\s+'?([^\\s'`)]+)")

// aRoom is a package that a command line of go test names.
var aRoom = regexp.MustCompile(`\./[\w/]+`)

// TestTestsAreThere: tests and benchmarks that documents name are in the packages that they name.
func TestTestsAreThere(t *testing.T) {
	found := 0
	for path, text := range documents(t) {
		for _, m := range aTest.FindAllStringSubmatch(text, -1) {
			kind := map[string]string{"run": "Test", "bench": "Benchmark"}[m[2]]
			var names []string
			for _, room := range aRoom.FindAllString(m[1], -1) {
				names = append(names, testsOf(t, room, kind)...)
			}
			if len(names) == 0 || m[3] == "^$" || m[3] == "NONE" {
				continue
			}
			for one := range strings.SplitSeq(strings.ReplaceAll(m[3], `\|`, "|"), "|") {
				found++
				one, _, _ = strings.Cut(one, "/")
				pattern, err := regexp.Compile(one)
				if err != nil || !slices.ContainsFunc(names, pattern.MatchString) {
					t.Errorf("%s names go test %s-%s %s: no such test", path, m[1], m[2], one)
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d tests were found in the documents", found)
	}
}

// testsOf are the names of a package's tests or benchmarks.
func testsOf(t *testing.T, room, kind string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(room, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (`+kind+`\w*)\(`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	return names
}

// settingsShipped are the tables and keys of the shipped configuration, "milter.listen".
func settingsShipped(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("deploy/hisseki.toml")
	if err != nil {
		t.Fatal(err)
	}
	known, at := map[string]bool{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "# ")
		if m := regexp.MustCompile(`^\[\[?([a-z._]+)\]\]?`).FindStringSubmatch(line); m != nil {
			at = m[1] + "."
			known[m[1]] = true
		} else if m := regexp.MustCompile(`^([a-z_]+)\s*(?:=| {2,})`).FindStringSubmatch(line); m != nil {
			known[at+m[1]] = true
		}
	}
	return known
}

// aSetting is a key of the configuration within code: `privacy.journal`, `[review] two_person = true`.
var aSetting = regexp.MustCompile("`\\[?([a-z]+(?:\\.[a-z]+)*)(?:\\.|\\]\\s+)([a-z_]+)(?:`| = )")

// TestSettingsAreThere: keys of the configuration that documents name are in the shipped one.
func TestSettingsAreThere(t *testing.T) {
	known, found := settingsShipped(t), 0
	for path, text := range documents(t) {
		if path == "CHANGELOG.md" {
			continue
		}
		for _, m := range aSetting.FindAllStringSubmatch(text, -1) {
			if !known[m[1]] { // not a table: a file, a package, a figure
				continue
			}
			found++
			if !known[m[1]+"."+m[2]] {
				t.Errorf("%s names %s.%s, which deploy/hisseki.toml does not have", path, m[1], m[2])
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d settings were found in the documents", found)
	}
}

// TestTargetsAreThere: targets of make that documents name are in the Makefile.
func TestTargetsAreThere(t *testing.T) {
	text, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for path, doc := range documents(t) {
		for _, m := range regexp.MustCompile("(?:`make ([a-z-]+)(?:`| [A-Z]+=)|\n    make ([a-z-]+))").FindAllStringSubmatch(doc, -1) {
			target := m[1] + m[2]
			if !regexp.MustCompile(`(?m)^(?:[a-z -]+ )?` + target + `(?: [a-z -]+)?:`).Match(text) {
				t.Errorf("%s names make %s, which the Makefile does not have", path, target)
			}
		}
	}
}
