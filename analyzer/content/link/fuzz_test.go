package link

import (
	"strings"
	"testing"
	"unicode/utf8"

	"hisseki/analyzer/content/fixture"
	"hisseki/analyzer/content/mime"
)

// FuzzURLs holds that hits come in order, lie in the text, have a web scheme and a
// host, and that no blank or control gets into one.
func FuzzURLs(f *testing.F) {
	for _, body := range fixture.Bodies(f, "../../..") {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "\uFFFD")
		last := -1
		Find(text, func(h Hit) {
			if h.At <= last || h.At >= len(text) {
				t.Errorf("hit at %d after one at %d in %d bytes", h.At, last, len(text))
			}
			last = h.At
			blank := func(r rune) bool { return r <= ' ' || r == 0x7f }
			if strings.ContainsFunc(h.Raw, blank) {
				t.Errorf("blank in %q", h.Raw)
			}
			u := New(h.Raw, InText)
			if strings.TrimSuffix(u.Scheme, "s") != "http" && strings.TrimSuffix(u.Scheme, "s") != "ftp" &&
				u.Scheme != "file" && !remote[u.Scheme] {
				t.Errorf("scheme %q of %q", u.Scheme, h.Raw)
			}
			if !utf8.ValidString(u.Host) || !mime.IsASCII(u.Path) {
				t.Errorf("host %q, path %q", u.Host, u.Path)
			}
		})
	})
}
