package words

import (
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Every mark that the agent leaves has Japanese words, and no words are left of one that is gone.
func TestEveryMarkIsJapanese(t *testing.T) {
	unused := maps.Clone(marks)
	found := 0
	for _, room := range []string{"daemon", "quarantine"} {
		eachNode(t, room, func(name string, n ast.Node) {
			if e, ok := n.(ast.Expr); ok {
				delete(unused, format(e))
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || f.Sel.Name != "mark" || len(call.Args) == 0 {
				return
			}
			text := format(call.Args[0])
			if text == "%s" {
				return
			}
			if found++; marks[text] == "" {
				t.Errorf("%s: the mark %q has no Japanese", name, text)
			}
		})
	}
	if found < 8 {
		t.Errorf("only %d marks were found", found)
	}
	for _, text := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%q: no mark says it", text)
	}
	ja := For(Japanese, nil)
	got := ja.Fault(`refused to release mail 4Cxyz (H12): the decision is not signed`)
	if !strings.HasPrefix(got, "メール 4Cxyz (H12) への release を実行しませんでした: ") {
		t.Error(got)
	}
}
