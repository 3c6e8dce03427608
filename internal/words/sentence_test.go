package words

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hisseki/analyzer"
	"hisseki/internal/signalname"
)

// Every signal has sentences, the last of which fits whatever an older version wrote; and every
// sentence belongs to a signal.
func TestEverySignalHasASentence(t *testing.T) {
	ja := For(Japanese, nil)
	list := analyzer.Signals()
	for _, s := range list {
		got := ja.Sign(analyzer.Evidence{Signal: s, Observed: "SEEN", Usual: "USUAL", Text: "put otherwise"})
		if !japanese(got) || !strings.HasSuffix(got, "。") || strings.Contains(got, "put otherwise") {
			t.Errorf("%s: %q", s, got)
		}
		if none := ja.Sign(analyzer.Evidence{Signal: s, Text: "put otherwise"}); none != signalname.Japanese(s) {
			t.Errorf("%s without values: %q", s, none)
		}
	}
	for s, forms := range sentences {
		if !slices.Contains(list, s) {
			t.Errorf("there is no signal %s", s)
		}
		if last := forms[len(forms)-1]; last.en != "" {
			t.Errorf("%s: no sentence fits every text", s)
		}
	}
}

var hole = regexp.MustCompile(`%[ocs]`)

// example is a text that has the form, and its values.
func example(f form) (text string, values []string) {
	text = hole.ReplaceAllStringFunc(f.en, func(verb string) string {
		switch verb {
		case "%o":
			return "SEEN"
		case "%c":
			return "a link in a QR code"
		}
		values = append(values, "V"+itoa(len(values)+1))
		return values[len(values)-1]
	})
	return text, values
}

// Every form is found again in its own text, before any other form, and loses no value.
func TestFormsSayEverything(t *testing.T) {
	ja := For(Japanese, nil)
	for s, forms := range sentences {
		for _, f := range forms {
			if f.en == "" {
				continue
			}
			text, values := example(f)
			e := analyzer.Evidence{Signal: s, Observed: "SEEN", Usual: "USUAL", Text: text}
			held, _ := f.match(text, "SEEN")
			want, got := f.fill(ja, e, held), ja.Sign(e)
			if got != want || !strings.HasSuffix(got, "。") || strings.ContainsAny(got, "{}") {
				t.Errorf("%s: %q became %q, want %q", s, text, got, want)
			}
			if len(values) == 1 && strings.Contains(f.ja, "{seen}") && !strings.Contains(f.ja, "{1}") {
				continue // a figure that was observed
			}
			for _, v := range values {
				if !strings.Contains(got, v) && s != analyzer.ReachLimit {
					t.Errorf("%s: %q lacks %s of %q", s, got, v, text)
				}
			}
		}
	}
}

// builders make sentences from the texts that they are given.
var builders = map[string]bool{"shape": true, "newContact": true, "reachReading": true, "add": true}

// reasons return parts of sentences.
var reasons = map[string]bool{"urlLevel": true, "deceit": true, "linkIn": true, "contactWhy": true,
	"fileLevel": true}

// sentenceTexts are the texts from which the analyzer's source puts sentences together.
func sentenceTexts(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	eachNode(t, "analyzer", func(name string, n ast.Node) {
		for _, e := range saying(n) {
			ast.Inspect(e, func(n ast.Node) bool {
				if e, ok := n.(ast.Expr); ok {
					if s, ok := constant(e); ok {
						out[s] = name
					}
				}
				return true
			})
		}
	})
	return out
}

// saying are the expressions of a node of the source that become a sentence or a part of one.
func saying(n ast.Node) (list []ast.Expr) {
	switch n := n.(type) {
	case *ast.KeyValueExpr: // text: "..."
		if k, ok := n.Key.(*ast.Ident); ok && (k.Name == "text" || k.Name == "Text") {
			list = append(list, n.Value)
		}
	case *ast.AssignStmt: // r.level, r.text = 1, "..."
		for i, l := range n.Lhs {
			if s, ok := l.(*ast.SelectorExpr); ok && i < len(n.Rhs) && s.Sel.Name == "text" {
				list = append(list, n.Rhs[i])
			}
		}
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if builders[name] {
			list = append(list, n.Args...)
		}
	case *ast.FuncDecl:
		if reasons[n.Name.Name] {
			ast.Inspect(n.Body, func(n ast.Node) bool {
				if r, ok := n.(*ast.ReturnStmt); ok {
					list = append(list, r.Results...)
				}
				return true
			})
		}
	}
	return list
}

// known is every English text that has Japanese, with one mark for what stands between its words.
func known() string {
	var b strings.Builder
	for _, forms := range sentences {
		for _, f := range forms {
			b.WriteString(hole.ReplaceAllString(f.en, "%") + "\n")
		}
	}
	for _, f := range slices.Concat(tails, usualForms) {
		b.WriteString(f.en + "\n")
	}
	for en := range clauses {
		b.WriteString(en + "\n")
	}
	for en := range phrases {
		b.WriteString(en + "\n")
	}
	return b.String()
}

var formatVerb = regexp.MustCompile(`%\.?\d?[sdqf]`)

// What the analyzer's source puts into a sentence has Japanese: a text that is changed or new there
// must be changed or new here.
func TestEverySentenceOfTheAnalyzerIsKnown(t *testing.T) {
	all, n := known(), 0
	for text, where := range sentenceTexts(t) {
		for _, words := range formatVerb.Split(text, -1) {
			words = strings.Trim(words, ` "()`)
			if len(words) < 3 || strings.HasPrefix(words, "Mon 15") || strings.HasPrefix(words, "2006") {
				continue
			}
			n++
			if !strings.Contains(all, words) {
				t.Errorf("%s says %q of %q, which has no Japanese", where, words, text)
			}
		}
	}
	if n < 50 {
		t.Fatalf("only %d texts were found", n)
	}
}

// Sentences as the analyzer writes them.
func TestSign(t *testing.T) {
	ja := For(Japanese, nil)
	for _, c := range []struct {
		signal               analyzer.Signal
		observed, text, want string
	}{
		{analyzer.NetworkNew, "192.0.2.0/24 (Example, Inc.) in ZZ",
			"sent from 192.0.2.0/24 (Example, Inc.) in ZZ, new to the whole organisation, a country this account never sent from",
			"192.0.2.0/24 (Example, Inc.)(国: ZZ) から送信されました。組織全体でも初めての接続元です。この国からの送信も初めてです。"},
		{analyzer.URLUnknown, "lure.test",
			"a link in a QR code to lure.test, unknown to this account and the organisation, with look-alike letters",
			"lure[.]test へのQRコード内のリンクです。このアカウントにも組織にも初めてで、紛らわしい文字が使われています。"},
		{analyzer.HourNew, "week end 0", "sent in a part of the week in which this account never sends",
			"週末 0〜6時 (UTC)の送信です。このアカウントは普段、この時間帯に送信しません。"},
		{analyzer.ReachMail, "42 people", "one mail to 42 people", "1通のメールの宛先が42 名です。"},
		{analyzer.ReachLimit, "120 people",
			"for the first time, within an hour 120 people were written to, the admin allows 100",
			"1時間の初めての宛先が120 名となり、管理者の定めた上限の100名を超えました。"},
		{analyzer.HabitOutside, "from 192.0.2.7 in ZZ",
			`sent from 192.0.2.7 in ZZ, outside the declared habit "office" (JP, 198.51.100.0/24), because: no travel`,
			"送信(192.0.2.7、国: ZZ)が、申告された利用範囲「office」の外です(申告: JP, 198.51.100.0/24、理由: no travel)。"},
		{analyzer.MailerNew, "(none)", "a mail program that nobody in the organisation used before",
			"メールソフト「なし」は、組織内の誰も使ったことがありません。"},
		{analyzer.StyleUnlike, "", "too little text to compare the writing: 7 letters",
			"文体を比べるには本文が不足(7 文字)"},
		// what a mail brings along is no form, no link and no control character
		{analyzer.PhoneNew, "{1} {usual}", "a telephone number, {1} {usual}, that nobody in the organisation gave before",
			"電話番号「{1} {usual}」は、組織内の誰も記載したことがありません。"},
		{analyzer.MailerNew, "\x1b[1mhttps://a.test", "other", "メールソフト「·[1mhxxps://a.test」は、このアカウントの普段のものと異なります。"},
		{"of-tomorrow", "x", "said tomorrow", "said tomorrow"},
	} {
		if got := ja.Sign(analyzer.Evidence{Signal: c.signal, Observed: c.observed, Usual: "", Text: c.text}); got != c.want {
			t.Errorf("%s: %q\n became %q\n want   %q", c.signal, c.text, got, c.want)
		}
	}
}
