package words

import (
	"cmp"
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// faultRooms are the packages whose errors a person at a terminal reads.
var faultRooms = []string{"cmd/hisseki", "review", "review/command", "web/command", "access", "ledger", "doctor",
	"signing", "postfix", "internal/places", "internal/wiring", "internal/config", "replay", "internal/history", "drill", "calibration"}

// formatsOf are the formats of all errors that a package makes, and all texts that are put together.
func formatsOf(t *testing.T, room string) (out, texts []string) {
	t.Helper()
	eachNode(t, room, func(name string, n ast.Node) {
		if e, ok := n.(ast.Expr); ok {
			texts = append(texts, format(e))
		}
		if call, ok := n.(*ast.CallExpr); ok {
			if f, ok := call.Fun.(*ast.SelectorExpr); ok {
				if x, ok := f.X.(*ast.Ident); ok && (x.Name == "errors" && f.Sel.Name == "New" || x.Name == "fmt" && f.Sel.Name == "Errorf") {
					out = append(out, format(call.Args[0]))
				}
			}
			if f, ok := call.Fun.(*ast.Ident); ok && room == "internal/config" && f.Name == "must" { // must(ok, key, reason)
				out = append(out, format(call.Args[2]))
			}
		}
		if lit, ok := n.(*ast.CompositeLit); ok && len(lit.Elts) == 2 { // &KeyError{key, reason}
			if f, ok := lit.Type.(*ast.Ident); ok && f.Name == "KeyError" {
				out = append(out, format(lit.Elts[1]))
			}
		}
	})
	return out, texts
}

// format is an expression as a format: what is no constant is a place.
func format(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return format(e.X) + format(e.Y)
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			return format(e.Args[0])
		}
	case *ast.BasicLit:
		if s, ok := constant(e); ok {
			return s
		}
	}
	return "%s"
}

// onlyPlaces are formats that say nothing themselves: "--since %w", "%w: %s", "web.openid: %w".
var onlyPlaces = regexp.MustCompile(`^(?:--[a-z]+:? |web\.openid: |limits\.reach: |%s:%d: )?(?:(?:--)?%(?:\.\d+)?[a-z](?:: | |$))*$`)

// Every error that a person at a terminal reads has Japanese words, and no words are left of an error
// that is gone.
func TestEveryFaultIsJapanese(t *testing.T) {
	unused := maps.Clone(faults)
	ja := For(Japanese, nil)
	count := 0
	for _, room := range faultRooms {
		formats, texts := formatsOf(t, room)
		for _, f := range texts {
			delete(unused, f)
		}
		for _, f := range formats {
			if onlyPlaces.MatchString(f) {
				continue
			}
			count++
			sample := place.ReplaceAllStringFunc(f, func(p string) string {
				return cmp.Or(map[byte]string{'q': `"x"`, 'd': "3"}[p[len(p)-1]], "x")
			})
			if _, ok := faults[f]; !ok && !japanese(ja.Fault(sample)) {
				t.Errorf("%s: %q has no Japanese", room, f)
			}
		}
	}
	if count < 100 {
		t.Fatalf("only %d errors were found", count)
	}
	// Another package's, or put together in two places.
	for _, f := range []string{": did you mean %s?", "%d thing", "%d things", "user: unknown user %s",
		"%w: nothing is known of an account %s%s", "nothing is known of an account %s%s", "%d mail", "%d mails", "%d theft", "%d thefts",
		"%s is whole: %d mails (newest: %s), %d undecided, %d profiles, %s MB, schema %d%s", ", which serve or hisseki migrate brings to %d"} {
		delete(unused, f)
	}
	for _, f := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%q: no error says it", f)
	}
	for f, text := range faults {
		if !japanese(text) {
			t.Errorf("%q has no Japanese: %q", f, text)
		}
	}
}

func TestFault(t *testing.T) {
	ja := For(Japanese, nil)
	for text, want := range map[string]string{
		`--since "yesterday" is not a time: write 2h, 3d, 2026-11-17, "2026-11-17 10:00" or RFC 3339`:                   `--since: "yesterday" は日時ではありません(例: 2h、3d、2026-11-17、2026-11-17 10:00)`,
		`there is no command "lst": did you mean list?`:                                                                 `"lst" というコマンドはありません(もしかして: list)`,
		`quarantine has no flag --sendr: did you mean --sender?`:                                                        `フラグ --sendr はありません(もしかして: --sender)`,
		`quarantine has no flag --x`:                                                                                    `フラグ --x はありません`,
		`--limit "many" is not a whole number`:                                                                          `--limit: "many" は整数ではありません`,
		`nothing matched that is open: take an end back with hisseki incident reopen`:                                   `対応中のインシデントがありません。判断を取り消すには hisseki incident reopen を使ってください`,
		`nothing matched: no release called R3 waits for a second reviewer`:                                             `2 人目の承認を待つ R3 はありません`,
		`not everything could be done: there is no I9; I3 is confirmed`:                                                 `一部を実行できませんでした: I9 はありません。I3 は「不正利用と判断」です`,
		`nothing matched: nothing is known of an account alise@example.org: did you mean alice@example.org?`:            `アカウント alise@example.org の記録がありません(もしかして: alice@example.org)`,
		`nothing was released: another reviewer must agree to R3, on the review page or with hisseki reviewer agree R3`: `まだ送信していません。R3 には、確認ページか hisseki reviewer agree R3 で、別の担当者の承認が必要です`,
		`nothing matched: I9`: `該当するものがありません: I9`,
		`open store: open /var/lib/x.db: permission denied: run hisseki with sudo, or as the user of hisseki serve`: `データベースを開けません: open /var/lib/x.db: 権限がありません。sudo を付けるか、hisseki serve のユーザーで実行してください`,
		"nothing was done\nwhat nobody knows": "何も実行しませんでした\nwhat nobody knows",
	} {
		if got := ja.Fault(text); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
		if got := For(English, nil).Fault(text); got != text {
			t.Errorf("in English: %s", got)
		}
	}
	if long := strings.Repeat("a: ", 10_000); !strings.HasPrefix(ja.Fault(long), "a: a: ") {
		t.Error("a long error")
	}
}
