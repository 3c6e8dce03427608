package mime

import "strings"

// UnescapeScript undoes "\x68", "\u0068" and "\/" of JavaScript (ECMA-262, section 12.9.4).
func UnescapeScript(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		n := 0
		switch s[i+1] {
		case 'x':
			n = 2
		case 'u':
			n = 4
		case '/':
			continue // what follows stands for itself
		}
		r, ok := hexRune(s[i+2:], n)
		if n == 0 || !ok {
			b.WriteByte(s[i])
			continue
		}
		b.WriteRune(r)
		i += 1 + n
	}
	return b.String()
}

// hexRune reads n hexadecimal digits at the start of s.
func hexRune(s string, n int) (r rune, ok bool) {
	if len(s) < n {
		return 0, false
	}
	for i := range n {
		d := Unhex(s[i])
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}
