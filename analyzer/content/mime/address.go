package mime

import (
	"cmp"
	"strings"
)

// Address is one mailbox of a header. Addr is lower case; "" when only a name was
// readable.
type Address struct {
	Name string
	Addr string
}

// addresses reads the mailboxes of address fields (RFC 5322 section 3.4). Mail
// programs are forgiving here, and so must we be: unquoted commas and at-signs in
// names, semicolons as separators, unclosed brackets and bare names are read as far
// as they can be, and noted as a defect.
func (r *Reader) addresses(values []string) []Address {
	var list []Address
	for _, value := range values {
		if len(value) > maxFieldBytes {
			value = value[:maxFieldBytes]
			r.Defect(DefectAddress, "an address field longer than is read")
		}
		value = unfold(value)
		if !IsASCII(value) || strings.IndexByte(value, 0x1b) >= 0 {
			value = guessText([]byte(value))
		}
		items, ok := splitMailboxes(value)
		surname := "" // of "Sato, Hanako <hanako@example.org>" without quotes
		for i, item := range items {
			if i+1 < len(items) && !strings.ContainsAny(item, "@<\"(") &&
				strings.IndexByte(items[i+1], '<') > 0 {
				surname, ok = surname+displayName(item)+", ", false
				continue
			}
			boxes, whole := readMailbox(item)
			ok = ok && whole
			if surname != "" {
				boxes[0].Name = surname + boxes[0].Name
				surname = ""
			}
			if room := maxAddresses - len(list); len(boxes) > room {
				boxes, ok = boxes[:room], false
			}
			list = append(list, boxes...)
		}
		if !ok {
			r.Defect(DefectAddress, "an address field that breaks the rules")
		}
	}
	return list
}

// splitMailboxes cuts an address field at commas and semicolons outside quotes,
// comments and brackets, and drops the names of groups.
func splitMailboxes(s string) (items []string, ok bool) {
	ok = true
	start, depth := 0, 0
	at := -1 // where the last at-sign outside quotes stood
	quoted, angle, route := false, false, false
	add := func(end int) {
		if item := strings.TrimSpace(s[start:end]); item != "" {
			items = append(items, item)
		}
		start = end + 1
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
		case c == '<':
			angle, route = true, i+1 < len(s) && s[i+1] == '@'
		case c == '>':
			angle = false
		case c == '@':
			at = i
		case c == ':' && !angle && at < start:
			start = i + 1 // a group's name
		case c == ',' && angle && route: // obsolete: "<@a,@b:user@host>"
		case c == ',' || c == ';':
			if angle { // "<a@example.org, b@..." : the bracket was never closed
				ok, angle = false, false
			}
			add(i)
		}
	}
	if quoted || depth > 0 || angle {
		ok = false
		if quoted || depth > 0 {
			return append(items, strings.FieldsFunc(s[min(start, len(s)):], func(r rune) bool {
				return r == ',' || r == ';'
			})...), false
		}
	}
	if start < len(s) {
		add(len(s))
	}
	return items, ok
}

// readMailbox reads one "name <addr>", "addr (name)", "addr" or bare name. It
// returns more than one only for addresses with blanks between them, and never none.
func readMailbox(s string) (boxes []Address, ok bool) {
	s = strings.TrimSpace(s)
	open := strings.LastIndexByte(s, '<')
	if open >= 0 {
		name, addr := s[:open], s[open+1:]
		addr, _, closed := strings.Cut(addr, ">")
		ok = closed && strings.Count(s, "<") == 1 &&
			strings.IndexByte(unquotedPart(name), '@') < 0
		a := Address{Name: displayName(name), Addr: cleanAddr(addr)}
		return []Address{a}, ok && a.Addr != ""
	}
	name := ""
	if i := strings.IndexByte(s, '('); i >= 0 && strings.IndexByte(s[:i], '"') < 0 {
		name = strings.TrimSuffix(strings.TrimSpace(s[i+1:]), ")")
		s = strings.TrimSpace(s[:i])
	}
	if strings.IndexByte(s, '@') < 0 {
		return []Address{{Name: displayName(cmp.Or(s, name))}}, false
	}
	// "Foo Bar a@example.org": the words with an at-sign are addresses
	words := strings.Fields(s)
	before := ""
	for _, w := range words {
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
	return boxes, len(words) == 1
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
	if strings.IndexByte(s, '\\') >= 0 {
		var b strings.Builder
		for i := 0; i < len(s); i++ {
			if s[i] == '\\' && i+1 < len(s) {
				i++
			}
			b.WriteByte(s[i])
		}
		s = b.String()
	}
	s = decodeField(s)
	return strings.TrimSpace(strings.Trim(s, `"'`))
}

// cleanAddr lower-cases an address and strips what surrounds it. It returns "" for
// what is not an address at all.
func cleanAddr(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "@") { // RFC 5322 obs-route: "@a,@b:user@host"
		if i := strings.IndexByte(s, ':'); i >= 0 {
			s = s[i+1:]
		}
	}
	if i := len(s) - len("mailto:"); i > 0 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	s = strings.Trim(s, "<>()[]{},;:.'\" \t")
	if strings.Contains(s, "=?") {
		s = decodeField(s)
	}
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || len(s) > 320 { // RFC 5321 section 4.5.3.1: 64+1+255
		return ""
	}
	return strings.ToLower(strings.ToValidUTF8(s, "\uFFFD"))
}
