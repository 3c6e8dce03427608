package mime

import (
	"strings"
	"unicode/utf16"
)

// decodeUTF7 decodes UTF-7 (RFC 2152), which neither go-message nor
// golang.org/x/text knows. Broken shifts end where they break; bytes beyond ASCII
// become U+FFFD.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	out.Grow(len(b))
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c >= 0x80:
			out.WriteRune('\uFFFD')
			i++
		case c != '+':
			out.WriteByte(c)
			i++
		case i+1 < len(b) && b[i+1] == '-':
			out.WriteByte('+')
			i += 2
		default:
			n := shifted(b[i+1:], &out)
			if n == 0 {
				out.WriteByte('+')
			}
			i += 1 + n
		}
	}
	return out.String()
}

// shifted decodes the base64 run at the start of b and returns its length with the
// closing hyphen.
func shifted(b []byte, out *strings.Builder) int {
	var bits uint32
	var have uint
	var units []uint16
	n := 0
	for n < len(b) && b64Value[b[n]] < 64 {
		bits = bits<<6 | uint32(b64Value[b[n]])
		have += 6
		if have >= 16 {
			have -= 16
			units = append(units, uint16(bits>>have))
		}
		n++
	}
	for _, r := range utf16.Decode(units) {
		out.WriteRune(r)
	}
	if n > 0 && n < len(b) && b[n] == '-' {
		n++
	}
	return n
}
