package words

import (
	"go/ast"
	"strings"
	"testing"
	"time"
)

// doctorSays are the calls in package doctor that say something: keys with how many arguments they
// give, and the names of its checks.
func doctorSays(t *testing.T) (keys map[string]int, checks map[string]bool) {
	t.Helper()
	keys, checks = map[string]int{}, map[string]bool{}
	eachNode(t, "doctor", func(name string, n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return
		}
		first, ok := constant(call.Args[0])
		switch f := call.Fun.(type) {
		case *ast.Ident: // say("doctor-answers", a), bad("milter", say(...), ...)
			switch {
			case f.Name == "say" && !ok:
				t.Errorf("%s says what is no constant", name)
			case f.Name == "say":
				keys[first] = len(call.Args) - 1
			case f.Name == "bad" && ok:
				checks[first] = true
			}
		case *ast.SelectorExpr: // d.add("socket", OK, say(...), nothing), words.Count(n, "mail")
			switch f.Sel.Name {
			case "add":
				if ok {
					checks[first] = true
				}
			case "Count":
				if noun, ok := constant(call.Args[1]); ok {
					keys["one-"+noun], keys["many-"+noun] = 0, 1
				}
			}
		}
	})
	return keys, checks
}

// All that doctor says is in the catalogue with as many arguments, and nothing else is.
func TestDoctorIsWhole(t *testing.T) {
	keys, checks := doctorSays(t)
	if len(keys) < 90 || len(checks) < 20 {
		t.Fatalf("only %d texts and %d checks were found", len(keys), len(checks))
	}
	for key, given := range keys {
		w, ok := ofDoctor[key]
		if !ok {
			t.Errorf("doctor says %q, which has no words", key)
			continue
		}
		places := map[string]bool{}
		for _, v := range verbs(w[0]) {
			places[v] = true
		}
		if len(places) != given {
			t.Errorf("%s: %d arguments for %q", key, given, w[0])
		}
	}
	for check := range checks {
		if _, ok := ofDoctor["check-"+check]; !ok {
			t.Errorf("the check %q has no words", check)
		}
	}
	for key := range ofDoctor {
		_, said := keys[key]
		check, isCheck := strings.CutPrefix(key, "check-")
		switch {
		case said || isCheck && checks[check]:
		case key == "check" || key == "found" || strings.HasPrefix(key, "level-"):
		default:
			t.Errorf("%s: nothing says it", key)
		}
	}
}

// What stands in a text is in the reader's language too.
func TestTextsWithinTexts(t *testing.T) {
	x := Say("doctor-agent-waiting", 90*time.Minute, Count(3, "mail")).Of("mx1")
	if got, want := For(English, nil).Say(x), "mx1: last seen 1h30m0s ago, and 3 mails of it wait"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := For(Japanese, nil).Say(x), "mx1: 最終確認は1時間前で、3 通が待っています"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := For(Japanese, nil).Say(Text{}); got != "" {
		t.Errorf("nothing is said as %q", got)
	}
	fate := Say("doctor-fate", Name{"fate-", "bounced"}, "user unknown")
	if got := For(English, nil).Say(fate) + " " + For(Japanese, nil).Say(fate); got != "bounced: user unknown 配送結果は「不達」: user unknown" {
		t.Error(got)
	}
}
