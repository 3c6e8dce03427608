package mailbox

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
