package mime

import (
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
)

// The area of a Japanese charset that its users fill: companies with characters for names,
// mobile carriers with pictographs. Programs keep them in Unicode's private use area, each
// at the same place; golang.org/x/text knows none.

// isUserLead says whether a byte begins a character of CP932's user area.
func isUserLead(c byte) bool { return c >= 0xf0 && c <= 0xf9 }

// decodeShiftJIS decodes Shift_JIS as Windows does (WHATWG encoding standard, "Shift_JIS
// decoder": the pointers from 8836 to 10715 are the private use area).
func decodeShiftJIS(b []byte) string {
	return aroundUsers(b, japanese.ShiftJIS, func(b []byte) (char rune, n int) {
		c := b[0]
		if c < 0x81 || c > 0x9f && c < 0xe0 || c > 0xfc || len(b) < 2 {
			return 0, 1
		}
		d := b[1]
		if d < 0x40 || d == 0x7f || d > 0xfc {
			return 0, 1
		}
		if !isUserLead(c) {
			return 0, 2
		}
		offset := rune(d) - 0x40
		if d > 0x7f {
			offset--
		}
		return 0xe000 + rune(c-0xf0)*188 + offset, 2
	})
}

// decodeEUCJP decodes EUC-JP as eucJP-ms extends it: rows 85 to 94 of both planes are the
// private use area, 940 characters each.
func decodeEUCJP(b []byte) string {
	return aroundUsers(b, japanese.EUCJP, func(b []byte) (char rune, n int) {
		base := rune(0xe000)
		if b[0] == 0x8f && len(b) > 2 {
			b, base, n = b[1:], 0xe000+940, 1
		}
		if b[0] < 0xa1 || b[0] == 0xff || len(b) < 2 || b[1] < 0xa1 || b[1] == 0xff {
			return 0, n + 1
		}
		if b[0] < 0xf5 {
			return 0, n + 2
		}
		return base + rune(b[0]-0xf5)*94 + rune(b[1]-0xa1), n + 2
	})
}

// aroundUsers decodes b by enc but for the characters that user finds: user reads one
// character at the start of its bytes and returns its length, and what it is if it is one.
func aroundUsers(b []byte, enc encoding.Encoding, user func([]byte) (rune, int)) string {
	var out strings.Builder
	start := 0
	flush := func(end int) {
		if start < end {
			text, _ := enc.NewDecoder().Bytes(b[start:end])
			out.Write(text)
		}
	}
	for i := 0; i < len(b); {
		if b[i] < 0x80 {
			i++
			continue
		}
		char, n := user(b[i:])
		if char != 0 {
			flush(i)
			out.WriteRune(char)
			start = i + n
		}
		i += n
	}
	flush(len(b))
	return out.String()
}
