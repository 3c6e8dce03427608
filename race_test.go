package hisseki_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// A test that make test leaves out of the pass with the race detector, by its name, is one that the pass
// without it runs, and no other package has a test of that name, which would be left out too.
func TestLeftOutOfTheRacePass(t *testing.T) {
	if _, err := os.Stat(".git"); err != nil {
		t.Skip("not in a git tree:", err)
	}
	text, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?m)^ALONE := (\S+)$`).FindSubmatch(text)
	plain := regexp.MustCompile(`(?ms)^test-plain:.*?\n\n`).Find(text)
	if list == nil || plain == nil {
		t.Fatal("the Makefile has no ALONE or no test-plain")
	}
	for _, name := range strings.Split(string(list[1]), "|") {
		out, err := exec.Command("git", "grep", "-lE", "^func "+name+`\(`, "--", "*_test.go").Output()
		files := strings.Fields(string(out))
		if err != nil || len(files) != 1 {
			t.Errorf("%s is in %v, want one file: %v", name, files, err)
			continue
		}
		folder := files[0][:strings.LastIndexByte(files[0], '/')]
		top, _, _ := strings.Cut(folder, "/")
		if !strings.Contains(string(plain), "./"+folder) && !strings.Contains(string(plain), "./"+top+"/...") {
			t.Errorf("%s of %s is run by no pass", name, folder)
		}
	}
}
