package hisseki_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestDependenciesAreExplained: docs/dependencies.md names each module that we use
// directly or build with, and no other.
func TestDependenciesAreExplained(t *testing.T) {
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Tool []struct{ Path string }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
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
	want := len(mod.Tool)
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
