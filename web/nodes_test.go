package web_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

// chromedp's names that read no node of a page, and therefore race with nothing.
var withoutNodes = []string{"Action", "ActionFunc", "DefaultExecAllocatorOptions", "EmulateViewport", "Evaluate", "ExecPath", "Flag",
	"FullScreenshot", "KeyEvent", "ListenTarget", "MouseClickXY", "NewContext", "NewExecAllocator", "NoSandbox", "Run"}

// TestBrowserReadsNoNodes: chromedp writes what it knows of a page's nodes in one goroutine, and its
// actions on elements read it in another without a lock (v0.14: query.go:1095 against util.go:248).
// No test uses them.
func TestBrowserReadsNoNodes(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	used := 0
	set := token.NewFileSet()
	for _, name := range files {
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if from, ok := s.X.(*ast.Ident); ok && from.Name == "chromedp" {
					used++
					if !slices.Contains(withoutNodes, s.Sel.Name) {
						t.Errorf("%s: chromedp.%s may read nodes: use press, fill or wait", set.Position(s.Pos()), s.Sel.Name)
					}
				}
			}
			return true
		})
	}
	if used == 0 {
		t.Error("nothing uses chromedp: delete this test")
	}
}
