package mime

import (
	"cmp"
	"strings"
)

// readMailbox reads one "name <addr>", "addr (name)", "addr" or bare name. It
// returns more than one only for addresses with blanks between them, and never none.
func readMailbox(s string) (boxes []Address, ok bool) {
	s = strings.TrimSpace(s)
	if strings.IndexByte(s, '@') < 0 || strings.Contains(s, "＜") {
		s = wideMarks.Replace(s) // typed on a Japanese keyboard
	}
	open := strings.LastIndexByte(s, '<')
	if open >= 0 {
		name, addr := s[:open], s[open+1:]
		addr, _, closed := strings.Cut(addr, ">")
		ok = closed && strings.Count(s, "<") == 1 &&
			strings.IndexByte(unquotedPart(name), '@') < 0
		a := Address{Name: displayName(name), Addr: cleanAddr(addr)}
		return []Address{a}, ok && a.Addr != ""
	}
	s, name := withoutComments(s)
	if strings.IndexByte(s, '@') < 0 {
		return []Address{{Name: displayName(cmp.Or(s, name))}}, false
	}
	if addr := cleanAddr(s); addr != "" && isSpec(s) { // with or without blanks around its dots
		return []Address{{Name: displayName(name), Addr: addr}}, true
	}
	// "Foo Bar a@example.org": the words with an at-sign are addresses
	before := ""
	for _, w := range strings.Fields(s) {
		addr := ""
		if strings.IndexByte(w, '@') >= 0 {
			addr = cleanAddr(w)
		}
		if addr == "" {
			before += " " + w
			continue
		}
		boxes = append(boxes, Address{Name: displayName(before), Addr: addr})
		before = ""
	}
	if len(boxes) == 0 {
		return []Address{{Name: displayName(s)}}, false
	}
	if boxes[0].Name == "" {
		boxes[0].Name = displayName(name)
	}
	return boxes, false
}

// wideMarks are the marks of an address in full width.
var wideMarks = strings.NewReplacer("＠", "@", "＜", "<", "＞", ">")

// withoutComments takes the comments out (RFC 5322 section 3.2.2) and returns the last one:
//
//	pete(his account)@silly.example (Pete)
func withoutComments(s string) (rest, comment string) {
	if strings.IndexByte(s, '(') < 0 {
		return s, ""
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		end := i + 1
		switch s[i] {
		case '(':
			if end = commentEnd(s, i); end < 0 {
				end = len(s)
				comment = unescape(s[i+1:])
			} else {
				comment = unescape(s[i+1 : end-1])
			}
		case '"':
			if end = quoteEnd(s, i); end < 0 {
				end = len(s)
			}
			b.WriteString(s[i:end])
		default:
			b.WriteByte(s[i])
		}
		i = end
	}
	return strings.TrimSpace(b.String()), comment
}

// isComment says whether all of s is one comment: "(no To-header on input)".
func isComment(s string) bool { return s != "" && s[0] == '(' && commentEnd(s, 0) == len(s) }

// enclosedEnd returns the offset behind the comment or the quoted string that opens at s[i], -1
// without an end.
func enclosedEnd(s string, i int) int {
	if s[i] == '(' {
		return commentEnd(s, i)
	}
	return quoteEnd(s, i)
}

// commentEnd returns the offset behind the comment that opens at s[i], -1 without an end:
// `(a (b) \) c)`.
func commentEnd(s string, i int) int {
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// unescape takes the backslashes off: `Sato \"H\"`.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// isSpec says whether s without comments is one address and nothing else: words and dots,
// an at-sign, and atoms and dots, with blanks between these at most (RFC 5322 section 4.4):
//
//	john . "q. public" @ example . org
func isSpec(s string) bool {
	word, at := false, false // a word has just ended; the at-sign was met
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case ' ', '\t':
			i = len(s) - len(strings.TrimLeft(s[i:], " \t"))
			if i < len(s) && word && s[i] != '.' && s[i] != '@' {
				return false
			}
		case '.':
			word = false
			i++
		case '@':
			if at {
				return false
			}
			word, at = false, true
			i++
		case '"':
			end := quoteEnd(s, i)
			if at || end < 0 {
				return false
			}
			word, i = true, end
		default:
			word = true
			if n := strings.IndexAny(s[i:], " \t.@\""); n >= 0 {
				i += n
			} else {
				i = len(s)
			}
		}
	}
	return at
}

// quoteEnd returns the offset behind the quoted string that opens at s[i], -1 without an end.
func quoteEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// unquotedPart blanks the quoted strings of s.
func unquotedPart(s string) string {
	if strings.IndexByte(s, '"') < 0 {
		return s
	}
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// displayName decodes a display name and strips its quotes.
func displayName(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	s = decodeField(unescape(s))
	return strings.TrimSpace(strings.Trim(s, `"'`))
}

// cleanAddr returns an address in the one form that all its spellings have (RFC 5321 section
// 4.1.2: what can be written without quotes means the same with them): lower case, without
// comments, blanks, a route or what surrounds it. It returns "" for what is not an address.
//
// Dots may stand anywhere in a local part, as in addresses of Japanese mobile carriers.
func cleanAddr(s string) string {
	s, _ = withoutComments(strings.TrimSpace(s))
	if strings.HasPrefix(s, "@") { // RFC 5322 obs-route: "@a,@b:user@host"
		if i := strings.IndexByte(s, ':'); i >= 0 {
			s = s[i+1:]
		}
	}
	if i := len(s) - len("mailto:"); i > 0 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	s = strings.TrimLeft(strings.Trim(s, "<>(){},;:' \t"), "[")
	if !strings.Contains(s, "@[") { // an address for a domain
		s = strings.TrimRight(s, "]")
	}
	if (strings.Count(s, `"`)-strings.Count(s, `\"`))%2 != 0 || strings.HasPrefix(s, "\"") && quoteEnd(s, 0) == len(s) {
		s = strings.Trim(s, "\"") // quotes around all of it, or a lost one
	}
	if strings.Contains(s, "=?") {
		s = decodeField(s)
	}
	at := strings.LastIndexByte(s, '@')
	if at <= 0 {
		return ""
	}
	local, domain := localPart(s[:at]), strings.Trim(withoutBlanks(s[at+1:]), ".\"")
	if local == "" || domain == "" || len(local)+1+len(domain) > 320 { // RFC 5321 section 4.5.3.1: 64+1+255
		return ""
	}
	return strings.ToLower(strings.ToValidUTF8(local+"@"+domain, "\uFFFD"))
}

// localPart returns a local part without quotes where it needs none.
func localPart(s string) string {
	if strings.IndexByte(s, '"') < 0 {
		return withoutBlanks(s)
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '"' {
			if s[i] > ' ' && s[i] != 0x7f {
				b.WriteByte(s[i])
			}
			i++
			continue
		}
		end := quoteEnd(s, i)
		if end < 0 {
			end = len(s) + 1
		}
		for i++; i < end-1 && i < len(s); i++ {
			if s[i] == '\\' && i+1 < end-1 {
				i++
			}
			if s[i] >= ' ' && s[i] != 0x7f {
				b.WriteByte(s[i])
			}
		}
		i = end
	}
	plain := b.String()
	if strings.ContainsAny(plain, " ()<>[]:;@\\,\"") || plain == "" {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(plain) + `"`
	}
	return plain
}

// withoutBlanks drops blanks and controls.
func withoutBlanks(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
