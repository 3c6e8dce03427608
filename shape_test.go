package hisseki_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Limits of the tree's shape, without tests. A number that only grows is noticed here first.
const (
	maxFileLines     = 400  // of any file
	maxCommandLines  = 3000 // of cmd/hisseki
	maxStoreNames    = 110  // that package store exports
	complexity       = 15   // cyclomatic complexity that is worth a second look
	maxComplexShare  = 0.01 // of functions beyond it
	minCommentsShare = 0.08 // of lines
)

// shape is what the source looks like, without tests.
type shape struct {
	files, funcs, complexity []int          // lines, lines, branches + 1
	lines, comments          int            // of all files
	packages                 map[string]int // lines by folder
	exported                 map[string]int // names by folder
	longest                  string         // file
	branching                []string       // functions beyond complexity
}

func (s *shape) add(path string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.ParseComments)
	if err != nil {
		return err
	}
	n := strings.Count(string(source), "\n")
	if len(s.files) == 0 || n > slices.Max(s.files) {
		s.longest = path
	}
	folder := filepath.Dir(path)
	s.files, s.lines, s.packages[folder] = append(s.files, n), s.lines+n, s.packages[folder]+n
	line := func(p token.Pos) int { return set.Position(p).Line }
	for text := range strings.Lines(string(source)) {
		if strings.HasPrefix(strings.TrimSpace(text), "//") {
			s.comments++
		}
	}
	for _, d := range file.Decls {
		s.exported[folder] += exportedNames(d)
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			s.funcs = append(s.funcs, line(f.End())-line(f.Pos())+1)
			n := cyclomatic(f)
			s.complexity = append(s.complexity, n)
			if n > complexity {
				s.branching = append(s.branching, fmt.Sprintf("%s %s %d", path, f.Name.Name, n))
			}
		}
	}
	return nil
}

// exportedNames counts the names that a declaration exports: functions, methods of
// exported types, types, constants and variables.
func exportedNames(d ast.Decl) (n int) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || exportedReceiver(d.Recv)) {
			n++
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() {
					n++
				}
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					if name.IsExported() {
						n++
					}
				}
			}
		}
	}
	return n
}

func exportedReceiver(list *ast.FieldList) bool {
	t := list.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	name, ok := t.(*ast.Ident)
	return ok && name.IsExported()
}

// cyclomatic is McCabe's number: decisions plus one (IEEE Trans. Software Eng. SE-2, 1976).
func cyclomatic(f *ast.FuncDecl) int {
	n := 1
	ast.Inspect(f.Body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			if node.List != nil {
				n++
			}
		case *ast.CommClause:
			if node.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if node.Op == token.LAND || node.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}

func measure(t *testing.T) *shape {
	t.Helper()
	s := &shape{packages: make(map[string]int), exported: make(map[string]int)}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && len(path) > 1 && (path[0] == '.' || path == "bin") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		return s.add(path)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func quantiles(list []int) string {
	slices.Sort(list)
	return fmt.Sprintf("%d/%d/%d", list[len(list)/2], list[len(list)*9/10], list[len(list)-1])
}

func share(list []int, beyond int) float64 {
	n := 0
	for _, x := range list {
		if x > beyond {
			n++
		}
	}
	return float64(n) / float64(len(list))
}

// most names the folders with the highest numbers.
func most(of map[string]int) string {
	var names []string
	for name := range of {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b))
	})
	var out []string
	for _, name := range names[:3] {
		out = append(out, fmt.Sprintf("%s %d", name, of[name]))
	}
	return strings.Join(out, "; ")
}

// TestShape keeps files, functions and surfaces small; -v prints the table.
func TestShape(t *testing.T) {
	s := measure(t)
	comments := float64(s.comments) / float64(s.lines)
	t.Logf("lines per file med/p90/max: %s (%s)", quantiles(s.files), s.longest)
	t.Logf("function lines med/p90/max: %s", quantiles(s.funcs))
	t.Logf("cyclomatic > 10 / > 15: %.1f / %.1f %%", 100*share(s.complexity, 10),
		100*share(s.complexity, complexity))
	t.Logf("more than %d: %s", complexity, strings.Join(s.branching, "; "))
	t.Logf("comment share: %.1f %%", 100*comments)
	t.Logf("biggest exported surfaces: %s", most(s.exported))
	t.Logf("biggest packages, lines: %s", most(s.packages))
	if n := slices.Max(s.files); n > maxFileLines {
		t.Errorf("%s has %d lines, at most %d: split it by noun", s.longest, n, maxFileLines)
	}
	if n := s.packages["cmd/hisseki"]; n > maxCommandLines {
		t.Errorf("cmd/hisseki has %d lines, at most %d: logic belongs in review, daemon, doctor",
			n, maxCommandLines)
	}
	if n := s.exported["store"]; n > maxStoreNames {
		t.Errorf("store exports %d names, at most %d", n, maxStoreNames)
	}
	if x := share(s.complexity, complexity); x >= maxComplexShare {
		t.Errorf("%.1f %% of the functions have a complexity over %d, less than %.0f %% may",
			100*x, complexity, 100*maxComplexShare)
	}
	if comments < minCommentsShare {
		t.Errorf("only %.1f %% of the lines are comments", 100*comments)
	}
}
