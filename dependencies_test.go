package hisseki_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// modules is what a go.mod names.
type modules struct {
	Require []struct {
		Path     string
		Indirect bool
	}
	Tool []struct{ Path string }
}

func readModules(t *testing.T, path string) (m modules) {
	t.Helper()
	out, err := exec.Command("go", "mod", "edit", "-json", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestDependenciesAreExplained: docs/dependencies.md names each module that we use
// directly or build with, and no other. The tools of releases have a go.mod of their own:
// what they need must not choose the versions of what the program needs.
func TestDependenciesAreExplained(t *testing.T) {
	mod, tools := readModules(t, "go.mod"), readModules(t, "tools/go.mod")
	text, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| module") {
			rows++
		}
	}
	want := len(mod.Tool) + len(tools.Tool)
	for _, r := range mod.Require {
		if r.Indirect {
			continue
		}
		if want++; !strings.Contains(string(text), "\n| "+r.Path+" | ") {
			t.Errorf("docs/dependencies.md does not say what %s is for", r.Path)
		}
	}
	if rows != want {
		t.Errorf("%d modules are explained, %d are used", rows, want)
	}
}
