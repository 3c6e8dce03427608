package text

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/net/html"
)

// TestLongTextIsParted: long text reads as if it were short, and is never held whole; what stands in tags
// and in scripts is left as it is.
func TestLongTextIsParted(t *testing.T) {
	words := strings.Repeat("A word & Ärger &amp; so on, as people write. ", 3*longText/46)
	blob := strings.Repeat("QUJD ", 3*longText/5)
	for name, page := range map[string]string{
		"no tag":     words,
		"behind one": "<p>" + words + "<b>end</b>" + words,
		"quoted":     `<p><img alt="a > b" src="data:image/png;base64,` + blob + `">` + words,
		"script":     "<script>" + blob + "</script>" + words,
		"textarea":   "<p><textarea>" + words + "</textarea>" + words,
		"plaintext":  "<plaintext>" + words + "<b>" + words,
		"no blank":   "<p>" + strings.Repeat("資料をお送りいたします。", longText/12),
	} {
		want, held := tokens(html.NewTokenizer(strings.NewReader(page)), nil)
		for source, src := range map[string]io.Reader{
			"whole": strings.NewReader(page), "with its error": iotest.DataErrReader(strings.NewReader(page))} {
			got, most := tokens(tokenize(src))
			if got != want {
				t.Errorf("%s, %s: read otherwise: %d bytes, want %d", name, source, len(got), len(want))
			}
			if name == "no tag" || name == "behind one" || name == "no blank" {
				if most > 2*longText || held < 2*longText {
					t.Errorf("%s, %s: %d bytes are held, %d without", name, source, most, held)
				}
			}
		}
	}
}

// tokens is what a page says, without comments and with texts joined, and the longest token.
func tokens(z *html.Tokenizer, p *parted) (all string, most int) {
	next := z.Next
	if p != nil {
		next = p.token
	}
	var b strings.Builder
	for {
		switch next() {
		case html.ErrorToken:
			return b.String(), most
		case html.CommentToken:
			continue
		case html.StartTagToken, html.SelfClosingTagToken:
			b.Write(z.Raw())
			name, _ := z.TagName()
			if p != nil {
				p.started(tagOf(name))
			}
		default:
			b.Write(z.Raw())
		}
		most = max(most, len(z.Raw()))
	}
}
