package mailbox

import "golang.org/x/net/idna"

// Lower returns a login or an address in lower case: of ASCII letters alone, as SASL servers and
// Dovecot's %L fold them, so that no other character becomes a letter of somebody else's name.
// strings.ToLower makes "k" of the Kelvin sign (U+212A), and an i with a dot of "İ" (U+0130).
func Lower(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// Domain returns a domain as DNS has it: in lower case, and in ASCII (RFC 5890's A-label) also
// where it was written otherwise, as SMTPUTF8 and mail programs do. No character is mapped to
// another: a domain that only looks like somebody's is another one.
//
//	Example.JP    example.jp
//	筆跡.example   xn--rht10h.example
func Domain(s string) string {
	s = Lower(s)
	for i := range len(s) {
		if s[i] >= 0x80 {
			if ascii, err := idna.Punycode.ToASCII(s); err == nil {
				return Lower(ascii)
			}
			return s
		}
	}
	return s
}
