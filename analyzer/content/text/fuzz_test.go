package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"hisseki/analyzer/content/fixture"
	"hisseki/analyzer/content/mime"
)

// anywhere is a resolver to which every reference leads somewhere.
func anywhere(_, ref string) string { return ref }

// FuzzHTML holds that a page's text is no longer than the page and that everything
// noted of it lies within.
func FuzzHTML(f *testing.F) {
	for _, body := range fixture.Bodies(f, "../../..") {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, src string) {
		src = strings.ToValidUTF8(src, "\uFFFD")
		var refs []*Ref
		rest := 0
		page := ReadHTML(strings.NewReader(src), HTML{
			Keep: 1 << 20, Resolve: anywhere, Contact: func(string, string) {},
			Ref: func(l *Ref) { refs = append(refs, l) },
			Rest: func(text string, labels []Span) {
				rest += len(text)
				for _, l := range labels {
					if l.Start > l.End || l.End > len(text) {
						t.Errorf("odd label %+v in %d bytes", l, len(text))
					}
				}
			},
		})
		if !utf8.ValidString(page.Text) {
			t.Errorf("text is not valid UTF-8: %q", page.Text)
		}
		if len(page.Text)+rest > 3*len(src)+2 {
			t.Errorf("%d bytes of text from %d of HTML", len(page.Text)+rest, len(src))
		}
		for _, l := range refs {
			if l.At > len(page.Text)+1 || l.URL == "" {
				t.Errorf("odd link %+v in %d bytes", l, len(page.Text))
			}
		}
		for _, m := range page.Marks {
			if m.start > m.end || m.start > len(page.Text)+1 {
				t.Errorf("odd mark %+v in %d bytes", m, len(page.Text))
			}
		}
	})
}

// FuzzOwnText holds that every line stays where it is and that own text and
// signature are made of lines of the text.
func FuzzOwnText(f *testing.F) {
	for _, body := range fixture.Bodies(f, "../../..") {
		f.Add(body, false)
	}
	f.Fuzz(func(t *testing.T, text string, forward bool) {
		text, _ = mime.Visible(strings.ToValidUTF8(text, "\uFFFD"))
		l := Classify(text, nil, forward)
		for i, line := range l {
			if text[line.start:line.start+len(line.text)] != line.text {
				t.Fatalf("line %d is not at %d", i, line.start)
			}
		}
		own, signature := l.Own(len(text))
		if len(own)+len(signature) > len(text)+2 {
			t.Errorf("more own text than text: %q, %q of %q", own, signature, text)
		}
		for _, part := range strings.Split(own, "\n") {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in the text", part)
			}
		}
		l.QuotedAt(len(text))
	})
}
