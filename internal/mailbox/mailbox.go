// Package mailbox gives a mailbox one spelling, wherever its address comes from: the SMTP
// envelope, the MTA's log, a timeline or a header.
package mailbox

import "strings"

// Canonical returns the shortest spelling of an address, which names the same mailbox as all
// others (RFC 5321 4.1.2): a local part is quoted only where it has characters that need it,
// and only those are escaped that must be. A source route is dropped (RFC 5321 appendix C).
//
//	"simple"@example.org        simple@example.org
//	back\.slash@example.org     back.slash@example.org
//	"aaa..b"@docomo.example     aaa..b@docomo.example
//	"sp\ ace"@example.org       "sp ace"@example.org
//	@a.example,@b.example:c@d   c@d
//
// Dots at the ends and in a row need no quotes here: Japanese mobile carriers gave such
// addresses, and programs write them either way. An address that is not in one piece is
// returned as it is, and ordinary ones always are.
func Canonical(address string) string {
	if strings.IndexByte(address, '"') < 0 && strings.IndexByte(address, '\\') < 0 &&
		!strings.HasPrefix(address, "@") && strings.Count(address, "@") == 1 &&
		isPlain(address[:strings.IndexByte(address, '@')]) {
		return address // nearly all
	}
	rest := routed(address)
	local, domain, ok := split(rest)
	if !ok {
		return address
	}
	local, ok = unquote(local)
	if !ok || local == "" {
		return address
	}
	return quote(local) + "@" + domain
}

// routed drops a source route, "@a,@b:".
func routed(address string) string {
	if !strings.HasPrefix(address, "@") {
		return address
	}
	if _, rest, ok := strings.Cut(address, ":"); ok {
		return rest
	}
	return address
}

// split cuts at the last "@", which no local part without quotes and no domain has.
func split(address string) (local, domain string, ok bool) {
	i := strings.LastIndexByte(address, '@')
	if i <= 0 || i == len(address)-1 {
		return "", "", false
	}
	return address[:i], address[i+1:], true
}

// unquote returns what a local part means: without quotes, and without backslashes, which make
// the next character an ordinary one. false for quotes that do not close.
func unquote(local string) (string, bool) {
	if !strings.ContainsAny(local, `"\`) {
		return local, true
	}
	var b strings.Builder
	quoted := false
	for i := 0; i < len(local); i++ {
		switch c := local[i]; {
		case c == '\\' && i+1 == len(local):
			return "", false
		case c == '\\':
			i++
			b.WriteByte(local[i])
		case c == '"':
			quoted = !quoted
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), !quoted
}

// quote puts a local part into quotes where it needs them.
func quote(local string) string {
	if isPlain(local) {
		return local
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(local) + `"`
}

// isPlain says whether a local part has only characters of atoms (RFC 5322 3.2.3, with those
// beyond ASCII of RFC 6531) and dots.
func isPlain(local string) bool {
	for i := range len(local) {
		c := local[i]
		if c <= ' ' || c == 0x7f || strings.IndexByte(`()<>[]:;@\,"`, c) >= 0 {
			return false
		}
	}
	return local != ""
}
