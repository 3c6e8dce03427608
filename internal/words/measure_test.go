package words

import (
	"go/ast"
	"strings"
	"testing"
	"unicode"
)

// measureRooms are the packages that say what ofMeasure has.
var measureRooms = []string{"replay", "drill", "calibration"}

// All that replay, drill and calibrate say is in the catalogue, and nothing else is.
func TestMeasureIsWhole(t *testing.T) {
	said, kinds := map[string]bool{}, []string{}
	for _, room := range measureRooms {
		eachNode(t, room, func(_ string, n ast.Node) {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, ok := constant(n); ok {
					said[s], said["one-"+s], said["many-"+s] = true, true, true
				}
			case *ast.BinaryExpr: // w.W("cal-state-" + l.State)
				if s, ok := constant(n.X); ok && strings.HasSuffix(s, "-") {
					kinds = append(kinds, s)
				}
			case *ast.CallExpr: // w.Named("replay-act-", action)
				if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Named" {
					if s, ok := constant(n.Args[0]); ok {
						kinds = append(kinds, s)
					}
				}
			}
		})
	}
	for key := range ofMeasure {
		known := said[key]
		for _, k := range kinds {
			known = known || strings.HasPrefix(key, k)
		}
		if !known {
			t.Errorf("%s: nothing says it", key)
		}
	}
}

// What replay, drill and calibrate print has no English words of its own: it is in the catalogue.
func TestMeasurePrintsNoEnglish(t *testing.T) {
	calls := 0
	for _, room := range append([]string{"internal/history"}, measureRooms...) {
		eachNode(t, room, func(name string, n ast.Node) {
			call, ok := n.(*ast.CallExpr)
			if !ok || room == "drill" && !strings.HasSuffix(name, "/report.go") { // its other files compose letters
				return
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !strings.HasPrefix(f.Sel.Name, "Fprint") && f.Sel.Name != "Fixed" && f.Sel.Name != "Cut" &&
				f.Sel.Name != "Spare" && f.Sel.Name != "WriteString" {
				return
			}
			if x, ok := f.X.(*ast.Ident); !ok || x.Name != "fmt" && x.Name != "table" && x.Name != "b" && x.Name != "io" {
				return
			}
			calls++
			for _, arg := range call.Args {
				s, _ := constant(arg)
				if bare := place.ReplaceAllString(s, ""); bare != "hisseki: " && strings.ContainsFunc(bare, unicode.IsLetter) {
					t.Errorf("%s prints %q", name, s)
				}
			}
		})
	}
	if calls < 30 {
		t.Fatalf("only %d calls that print were found", calls)
	}
}
