package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/chromedp/cdproto/runtime"

	"hisseki/access"
)

// axe.min.js is what its authors released: npm's axe-core 4.14.1 (MPL-2.0, unchanged). It is used
// here alone.
const axeSum = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

// TestAccessible: axe-core finds nothing serious on any page, in either theme and language.
func TestAccessible(t *testing.T) {
	t.Parallel()
	axe := axeSource(t)
	for _, lang := range []string{"en", "ja"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, nil)
			o.hire("alice", access.Admin)
			o.theft()
			o.agent()
			o.dial()
			accessible(t, o, axe, lang)
		})
	}
}

func accessible(t *testing.T, o *office, axe, lang string) {
	b := newBrowser(t, o, lang)
	b.open("/login")
	b.axe(axe, "/login "+lang)
	b.open("/enter/" + strings.Repeat("x", 43))
	b.axe(axe, "/enter "+lang)
	b.login("alice")
	for _, dark := range []bool{false, true} {
		b.screen(1280, 900, dark)
		for _, path := range append([]string{"/nothing"}, allPages...) {
			if path == "/sender?name=" {
				path += "bando@example.jp"
			}
			b.open(path)
			where := path + " " + lang
			if dark {
				where += " dark"
			}
			b.axe(axe, where)
		}
	}
}

func axeSource(t *testing.T) string {
	t.Helper()
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(axe); hex.EncodeToString(sum[:]) != axeSum {
		t.Fatal("axe.min.js is not what it was")
	}
	return string(axe)
}

func awaits(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// axe runs axe-core on the page. It comes in by the debugger: the page's policy would refuse it.
func (b *browser) axe(source, where string) {
	b.t.Helper()
	var found []string
	b.do(chromedp.Evaluate(source+";0", nil), chromedp.Evaluate(`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
		.then(r => r.violations.filter(v => v.impact == "serious" || v.impact == "critical")
		.flatMap(v => v.nodes.slice(0, 3).map(n => v.id + ": " + n.html.slice(0, 160) + " " + (n.any[0]?.message ?? ""))))`, &found,
		awaits))
	for _, f := range found {
		b.t.Errorf("%s: %s", where, f)
	}
}
