package words

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// said are the texts that the analyzer's source gives for what was observed and is usual, with
// figures in their places. What it puts together from names is left out.
func said(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	eachNode(t, "analyzer", func(name string, n ast.Node) {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && (k.Name == "observed" || k.Name == "usual") {
				texts(n.Value, name, out)
			}
		case *ast.ReturnStmt: // what a signal lacks
			for _, e := range n.Results {
				if strings.HasSuffix(name, "/coverage.go") {
					texts(e, name, out)
				}
			}
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if s, ok := l.(*ast.SelectorExpr); ok && i < len(n.Rhs) && (s.Sel.Name == "observed" || s.Sel.Name == "usual") {
					texts(n.Rhs[i], name, out)
				}
			}
		}
	})
	return out
}

var number = regexp.MustCompile(`%(?:\.\d)?[df]`)

// texts adds what an expression may say: a constant, fmt.Sprintf of figures, or count.
func texts(e ast.Expr, where string, out map[string]string) {
	if s, ok := constant(e); ok {
		out[s] = where
	}
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return
	}
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		if f.Sel.Name != "Sprintf" {
			return
		}
		s, ok := constant(call.Args[0])
		if strings.HasSuffix(where, "/coverage.go") {
			s = strings.ReplaceAll(s, "%s", "3 mails")
		}
		if ok && !strings.Contains(s, "%s") {
			out[number.ReplaceAllString(s, "3")] = where
		}
	case *ast.Ident:
		if f.Name == "count" {
			for i, figure := range []string{"1 ", "3 "} {
				if s, ok := constant(call.Args[i+1]); ok {
					out[figure+s] = where
				}
			}
		}
	}
}

func constant(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil && strings.ContainsFunc(s, unicode.IsLetter) // punctuation is no word
}

// What the analyzer says was observed, and is usual, has Japanese words.
func TestEveryPhraseIsJapanese(t *testing.T) {
	list := said(t)
	if len(list) < 15 {
		t.Fatalf("only %d texts were found: %v", len(list), list)
	}
	ja := For(Japanese, nil)
	for s, where := range list {
		if !japanese(ja.Phrase(s)) {
			t.Errorf("%s says %q, which has no Japanese", where, s)
		}
	}
}

// Whoever reads in Japan at night need not reckon hours of UTC; where the clock is put forward in summer they stay.
func TestHoursOfTheReader(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*3600)
	summer, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		zone *time.Location
		want string
	}{
		{tokyo, "週末 18〜24時 (UTC、JST 3〜9時)"}, {nil, "週末 18〜24時 (UTC)"}, {summer, "週末 18〜24時 (UTC)"},
		{time.FixedZone("IST", 5*3600+1800), "週末 18〜24時 (UTC)"}, {time.FixedZone("X", -5*3600), "週末 18〜24時 (UTC、X 13〜19時)"},
	} {
		if got := For(Japanese, c.zone).Phrase("weekend, 18 to 24 h UTC"); got != c.want {
			t.Errorf("in %v: %q, want %q", c.zone, got, c.want)
		}
	}
}
