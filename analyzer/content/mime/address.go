package mime

import "strings"

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
