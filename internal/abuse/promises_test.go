package abuse

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	command  = regexp.MustCompile("`go test (\\./[a-z/]+)(?: -run '?([^'` ]+)'?)?(?: -v)?`")
	function = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
)

// testsOf returns the names of a package's tests.
func testsOf(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range function.FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	return names
}

// unproved says of a line of docs/security.md which test it lacks, "" for none. named is told of each
// test that it has.
func unproved(t *testing.T, line string, named func(folder, test string)) string {
	t.Helper()
	commands := command.FindAllStringSubmatch(line, -1)
	if len(commands) == 0 {
		return "no command shows it"
	}
	for _, c := range commands {
		tests := testsOf(t, c[1])
		for pattern := range strings.SplitSeq(strings.ReplaceAll(c[2], `\|`, "|"), "|") {
			pattern, _, _ = strings.Cut(pattern, "/")
			exact, found := regexp.MustCompile(pattern), false
			for _, name := range tests {
				if exact.MatchString(name) {
					named(c[1], name)
					found = true
				}
			}
			if !found {
				return c[1] + " has no test " + pattern
			}
		}
	}
	return ""
}

// TestEveryPromiseHasItsTest: each row of docs/security.md names tests that there are, each section
// has rows but the one that says what is not promised, and each test of this suite shows a promise.
func TestEveryPromiseHasItsTest(t *testing.T) {
	text, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	ours := make(map[string]bool)
	section, rows, all := "", 0, 0
	end := func() {
		if section != "" && rows == 0 && !strings.Contains(section, "not promised") {
			t.Errorf("section %q has no promise", section)
		}
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "## "):
			end()
			section, rows = line[3:], 0
		case strings.HasPrefix(line, "| promise"), strings.HasPrefix(line, "| finding"), strings.HasPrefix(line, "|---"):
		case strings.HasPrefix(line, "|"):
			rows, all = rows+1, all+1
			if strings.HasSuffix(line, "| the same |") && rows > 1 {
				continue // as the row above it
			}
			if why := unproved(t, line, func(folder, test string) { ours[folder+" "+test] = true }); why != "" {
				t.Errorf("%s: %s", line, why)
			}
		}
	}
	end()
	if all < 40 {
		t.Errorf("%d rows", all)
	}
	for _, name := range testsOf(t, "internal/abuse") {
		if !ours["./internal/abuse "+name] && name != "TestDial" && !strings.HasSuffix(name, "HasItsTest") && name != "TestUnprovedPromises" {
			t.Errorf("docs/security.md does not name %s", name)
		}
	}
}

// What the check above finds.
func TestUnprovedPromises(t *testing.T) {
	for line, want := range map[string]string{
		"| All is well. | trust us |":                                                 "no command shows it",
		"| All is well. | `go test ./internal/abuse -run TestAllIsWell` |":            "./internal/abuse has no test TestAllIsWell",
		"| x | `go test ./internal/abuse -run 'TestUnproved\\|TestNo'` |":             "./internal/abuse has no test TestNo",
		"| x | `go test ./internal/abuse -run 'TestUnproved\\|TestEvery'` |":          "",
		"| x | `go test ./internal/nowhere` |":                                        "./internal/nowhere has no test ",
		"| x | `go test ./internal/abuse -run TestUnprovedPromises/hidden_HTML -v` |": "",
	} {
		if got := unproved(t, line, func(string, string) {}); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
