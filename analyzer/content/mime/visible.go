package mime

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// suspect are the first bytes of characters that Visible may drop: controls, and the
// leading bytes of U+0080 to U+00AD, U+180E, U+200B and on, U+FEFF, and the tags.
var suspect = func() (t [256]bool) {
	for c := range ' ' {
		t[c] = c != '\n' && c != '\t'
	}
	for _, c := range []byte{0x7f, 0xc2, 0xe1, 0xe2, 0xef, 0xf3} {
		t[c] = true
	}
	return t
}()

// Visible makes line ends "\n", drops controls, and drops characters that take no
// room (zero-width spaces, joiners between letters, direction marks), returning how
// many of those there were. Tabs stay.
func Visible(text string) (string, int) {
	if !hasSuspect(text) {
		return text, 0
	}
	if strings.Contains(text, override) {
		text = turnedBack(text)
	}
	var b strings.Builder
	b.Grow(len(text))
	hidden, start := 0, 0
	for i := 0; i < len(text); {
		if !suspect[text[i]] {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		drop := false
		switch {
		case r == '\r':
			drop = true
			if i+1 < len(text) && text[i+1] != '\n' && text[i+1] != '\r' {
				b.WriteString(text[start:i])
				b.WriteByte('\n') // an old Macintosh line end
				start = i + 1
			}
		case r < ' ' || r >= 0x7f && r < 0xa0:
			drop = true
		case ZeroWidth(r):
			drop = true
			hidden++
		}
		if drop {
			if start < i {
				b.WriteString(text[start:i])
			}
			start = i + n
		}
		i += n
	}
	b.WriteString(text[start:])
	return b.String(), hidden
}

// override and its end are the characters between which text runs backwards (UAX 9, section 2.2).
const override, overrideEnd = "\u202e", "\u202c"

// turnedBack puts text between them into the order in which a reader sees it.
func turnedBack(text string) string {
	var b strings.Builder
	for text != "" {
		before, after, ok := strings.Cut(text, override)
		b.WriteString(before)
		if !ok {
			break
		}
		end := len(after)
		if i := strings.IndexByte(after, '\n'); i >= 0 {
			end = i
		}
		if i := strings.Index(after[:end], overrideEnd); i >= 0 {
			end = i
		}
		b.WriteString(Reversed(after[:end]))
		text = after[end:]
	}
	return b.String()
}

// Reversed returns text from its end to its beginning.
func Reversed(text string) string {
	runes := []rune(text)
	slices.Reverse(runes)
	return string(runes)
}

func hasSuspect(text string) bool {
	for i := 0; i < len(text); i++ {
		if suspect[text[i]] {
			return true
		}
	}
	return false
}

// ZeroWidth says whether a rune takes no room. U+200C and U+200D stay: Persian and
// emoji need them.
func ZeroWidth(r rune) bool {
	switch {
	case r == 0x00ad, r == 0x180e, r == 0x200b, r == 0xfeff:
		return true
	case r >= 0x200e && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x2069:
		return true
	case r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}
