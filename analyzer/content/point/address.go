package point

import "strings"

// Bounds of an address (RFC 5321 section 4.5.3.1).
const (
	maxLocal  = 64
	maxDomain = 253
)

// address finds the address around a sign at text[i:], of size bytes, that parts a name from a domain,
// and returns where to go on:
//
//	please answer to acc.dept@example.org      返信は keiri＠example.jp まで      accounts [at] example.org
func address(text string, i, size int, found func(Hit)) (next int) {
	end := i
	for end > 0 && text[end-1] == ' ' && i-end < 2 && size > 3 { // "a [at] b"
		end--
	}
	start := end
	for start > 0 && end-start <= maxLocal && isLocal(text[start-1]) {
		start--
	}
	for start < end && !isAlnum(text[start]) {
		start++
	}
	from := i + size
	for from < len(text) && text[from] == ' ' && from-i-size < 2 && size > 3 {
		from++
	}
	n := domainLength(text[from:])
	if start == end || end-start > maxLocal || n == 0 || !isAlnum(text[end-1]) || isPartOfMore(text, start, from+n) {
		return i + size
	}
	value := strings.ToLower(text[start:end] + "@" + text[from:from+n])
	found(Hit{Address, "address:" + value, text[start : from+n], start})
	return from + n
}

// isPartOfMore says whether what looks like an address is part of a link, a path, another address or
// the name of a repository:
//
//	https://user@example.org/   list/4711@example.org   a=b@example.org   git@example.org:x.git
func isPartOfMore(text string, start, end int) bool {
	if end < len(text) && (strings.IndexByte("/@=_", text[end]) >= 0 || text[end] == ':' && end+1 < len(text) && isAlnum(text[end+1])) {
		return true
	}
	switch {
	case start == 0:
		return false
	case text[start-1] == ':': // "mailto:a@example.org", but "https://a:b@example.org"
		before := text[max(0, start-maxLocal):start]
		return strings.Contains(before[strings.LastIndexAny(before, " \n")+1:], "://")
	}
	return strings.IndexByte("/=@%&?#\\", text[start-1]) >= 0
}

// isLocal says whether a byte may stand in the name of a box; those that programs write only (RFC 5322
// section 3.2.3 has more) are left out.
func isLocal(c byte) bool { return isAlnum(c) || strings.IndexByte("._+-", c) >= 0 }

// domainLength returns the length of the domain that s begins with, 0 for none: two labels at least,
// of which the last has letters.
func domainLength(s string) int {
	n := 0
	for n < len(s) && n <= maxDomain && (isAlnum(s[n]) || s[n] == '.' || s[n] == '-') {
		n++
	}
	n = len(strings.TrimRight(s[:n], ".-"))
	dot := strings.LastIndexByte(s[:n], '.')
	if dot < 1 || n-dot < 3 || n > maxDomain || strings.Contains(s[:n], "..") || class[s[dot+1]] != classLetter {
		return 0
	}
	return n
}

// atSign returns the length of "@" or of what is written for it at the beginning of s, 0 for neither.
func atSign(s string) int {
	for _, sign := range []string{"@", "＠", "(at)", "[at]"} {
		if begins(s, sign) {
			return len(sign)
		}
	}
	return 0
}
