package mime

import (
	"strings"
	"testing"
	"unicode/utf8"

	"hisseki/analyzer/content/fixture"
)

// FuzzCharset holds that any bytes under any label become valid UTF-8.
func FuzzCharset(f *testing.F) {
	for _, body := range fixture.Bodies(f, "../../..") {
		for _, label := range []string{"", "iso-2022-jp", "utf-7", "shift_jisx0213", "big5"} {
			f.Add([]byte(body), label)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		if text, _ := DecodeCharset(b, label); !utf8.ValidString(text) {
			t.Errorf("%q as %q gives %q", b, label, text)
		}
		if s := decodeField(string(b)); !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n") {
			t.Errorf("%q gives %q", b, s)
		}
	})
}
