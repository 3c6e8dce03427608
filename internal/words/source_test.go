package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// eachNode visits the source of a package, without its tests: name is the file's.
func eachNode(t *testing.T, room string, visit func(name string, n ast.Node)) {
	t.Helper()
	files, err := filepath.Glob("../../" + room + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(room, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			visit(name, n)
			return true
		})
	}
}
