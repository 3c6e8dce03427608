package hisseki_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What make test runs without the race detector runs nothing at the same time: no goroutine begins in
// it, and what it shares is made once. internal/evaluate plays several replays at once, and make test
// runs the tests of that with the detector too.
func TestWithoutRaceDetector(t *testing.T) {
	text, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?m)^PLAIN := (.+)$`).FindSubmatch(text)
	racing := regexp.MustCompile(`(?m)^RACING := (\S+)$`).FindSubmatch(text)
	if list == nil || racing == nil {
		t.Fatal("the Makefile has no PLAIN or no RACING")
	}
	for _, folder := range strings.Fields(string(list[1])) {
		if folder == "./internal/evaluate" {
			continue
		}
		files := sources(t, folder)
		if len(files) == 0 {
			t.Errorf("no source in %s", folder)
		}
		for _, path := range files {
			for _, what := range atOnce(t, path) {
				t.Errorf("%s has %s: make test must run %s with the race detector", path, what, folder)
			}
		}
	}
	for _, name := range strings.Split(string(racing[1]), "|") {
		if !hasTest(t, "internal/evaluate", name) {
			t.Errorf("internal/evaluate has no %s, which the Makefile's RACING names", name)
		}
	}
	if len(atOnce(t, "internal/evaluate/evaluation.go")) == 0 { // or this test sees nothing
		t.Error("internal/evaluate plays nothing at the same time any more")
	}
}

// sources are the files of a folder, and with /... of those below it, without tests.
func sources(t *testing.T, folder string) (list []string) {
	t.Helper()
	folder, deep := strings.CutSuffix(folder, "/...")
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && path != folder && !deep {
				return filepath.SkipDir
			}
			return err
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			list = append(list, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// once are names of package sync that make something once, or keep what is used again.
var once = map[string]bool{"Once": true, "OnceValue": true, "OnceFunc": true, "OnceValues": true, "Pool": true}

// atOnce lists what a file does at the same time, or guards against it.
func atOnce(t *testing.T, path string) (list []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			list = append(list, "a go statement")
		case *ast.SelectorExpr:
			from, _ := n.X.(*ast.Ident)
			if from != nil && from.Name == "sync" && !once[n.Sel.Name] || n.Sel.Name == "Go" {
				list = append(list, n.Sel.Name)
			}
		}
		return true
	})
	return list
}

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(folder + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+name+"(") {
			return true
		}
	}
	return false
}
