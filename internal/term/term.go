// Package term makes hostile text safe to print on a terminal.
package term

import (
	"strings"
	"unicode"
)

// Safe returns s fit for one line of a terminal: control characters, escape sequences,
// line ends, bidirectional overrides and invisible characters become "·", invalid UTF-8
// becomes "\ufffd", and what exceeds most characters is cut with "…".
func Safe(s string, most int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == most {
			b.WriteRune('…')
			break
		}
		n++
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ')
		case r == unicode.ReplacementChar || unicode.IsPrint(r) || r == '\u3000':
			b.WriteRune(r)
		default: // Cc, Cf (bidi, zero width), Co, Cs, Zl, Zp and unassigned
			b.WriteRune('·')
		}
	}
	return b.String()
}
