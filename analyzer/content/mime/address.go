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
		if len(list) >= maxAddresses {
			r.Defect(DefectAddress, "more addresses than are kept")
			break
		}
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
// comments and brackets, and drops the names of groups:
//
//	"Sato, H." <h@example.jp>, Friends: a@example.org (b, c); d@example.org
func splitMailboxes(s string) (items []string, ok bool) {
	c := mailboxCutter{s: s, at: -1, ok: true}
	for i := 0; i < len(s); i++ {
		if s[i] != '"' && s[i] != '(' {
			c.take(i)
			continue
		}
		end := enclosedEnd(s, i)
		if end < 0 { // never closed: a comma is a comma again
			return append(c.items, strings.FieldsFunc(s[c.start:], func(r rune) bool {
				return r == ',' || r == ';'
			})...), false
		}
		i = end - 1
	}
	c.add(len(s))
	return c.items, c.ok && !c.angle
}

// mailboxCutter is how far splitMailboxes has come in s.
type mailboxCutter struct {
	s            string
	start        int      // of the item that is being read
	items        []string // those before it
	at           int      // where the last at-sign stood, -1 before the first
	angle, route bool     // between "<" and ">"; what begins there is "<@"
	ok           bool     // no bracket was left open
}

// take reads s[i], which stands outside quotes and comments.
func (c *mailboxCutter) take(i int) {
	switch c.s[i] {
	case '<':
		c.angle, c.route = true, i+1 < len(c.s) && c.s[i+1] == '@'
	case '>':
		c.angle = false
	case '@':
		c.at = i
	case ':':
		if !c.angle && c.at < c.start {
			c.start = i + 1 // a group's name: "Friends: a@example.org;"
		}
	case ',', ';':
		if c.s[i] == ',' && c.angle && c.route {
			return // obsolete: "<@a,@b:user@host>"
		}
		if c.angle { // "<a@example.org, b@..." : the bracket was never closed
			c.ok, c.angle = false, false
		}
		c.add(i)
	}
}

// add ends the item that is being read before s[end].
func (c *mailboxCutter) add(end int) {
	item := strings.TrimSpace(c.s[c.start:end])
	if c.start > 0 && c.s[c.start-1] == ';' && isComment(item) {
		item = "" // behind a group: "unlisted-recipients:; (no To-header on input)"
	}
	if item != "" {
		c.items = append(c.items, item)
	}
	c.start = end + 1
}
