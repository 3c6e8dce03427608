// Package received reads Received fields (RFC 5321 section 4.4), as the servers of the world
// write them: who handed a mail over, as the server saw it.
package received

import (
	"cmp"
	"net/netip"
	"strings"

	"hisseki/internal/maildate"
)

// A Received field (RFC 5321 section 4.4) begins with what the client called itself, and
// says in a comment what the server saw. Daemons differ in how:
//
//	from [192.168.1.5] (p1.example.net [203.0.113.7]) by ...    Postfix, Sendmail, OpenSMTPD
//	from pc (IDENT:u@p1.example.net [203.0.113.7] (may be forged)) by ...       Sendmail
//	from p1.example.net ([203.0.113.7] helo=[192.168.1.5]) by ...               Exim
//	from [203.0.113.7] (port=50123 helo=[192.168.1.5]) by ...                   Exim
//	from unknown (HELO [192.168.1.5]) (u@203.0.113.7) by ...                    qmail
//	from pc (203.0.113.7) by ...                                                Exchange
//	from [203.0.113.7] (account u HELO [192.168.1.5]) by ...                    CommuniGate
//	from 203.0.113.7 (SquirrelMail authenticated user u) by ...                 webmail
//
// So the address is the first one in a comment that is not the client's own word; without
// one, the one in front of the comments.

// Client is who handed a mail to a server.
type Client struct {
	Addr netip.Addr // invalid where the field names none
	Name string     // that the server found for the address
	Helo string     // that the client called itself
}

// From reads the client from a Received field; the zero Client where the field names
// none, or an address that cannot be a client's (loopback, multicast, link-local).
func From(field string) Client {
	c := Hop(field)
	if !c.Addr.IsGlobalUnicast() || c.Addr.Is4() && c.Addr.As4()[0] == 0 {
		return Client{}
	}
	return c
}

// Hop reads the client from a Received field, whatever its address is.
func Hop(field string) Client {
	words, comments, ok := fromClause(field)
	if !ok || len(words) == 0 {
		return Client{}
	}
	var c Client
	front := cmp.Or(strings.TrimSuffix(words[0], "."), words[0]) // "from . (10.0.0.1)": it called itself so
	for _, text := range comments {
		c.comment(text)
	}
	switch {
	case c.Addr.IsValid() && c.Helo == "":
		c.Helo = front
	case c.Addr.IsValid():
		c.nameFrom(front) // Exim and qmail put the verified name in front
	case len(words) > 1: // from pc [203.0.113.7] by ...
		c.Addr, _ = addressIn(words[1])
		c.Helo = front
	default:
		c.Addr, _ = addressIn(front)
	}
	if c.Helo == "" {
		c.Helo = front
	}
	return c
}

// maxClause bounds what is read of a Received field, in bytes.
const maxClause = 4 << 10

// fromClause splits what stands between "from" and "by" into words and comments.
func fromClause(received string) (words, comments []string, ok bool) {
	received = strings.TrimSpace(received[:min(len(received), maxClause)])
	rest, ok := cutWord(received, "from")
	if !ok {
		return nil, nil, false
	}
	for rest != "" {
		if rest[0] == '(' {
			end := commentEnd(rest)
			comments = append(comments, strings.Trim(rest[:end], "()"))
			rest = strings.TrimSpace(rest[end:])
			continue
		}
		if _, by := cutWord(rest, "by"); by || rest[0] == ';' {
			break
		}
		end := strings.IndexAny(rest, " \t\r\n(;")
		if end <= 0 {
			end = len(rest)
		}
		words = append(words, rest[:end])
		rest = strings.TrimSpace(rest[end:])
	}
	return words, comments, true
}

// cutWord takes a word of any case and the blanks behind it from the front.
func cutWord(s, word string) (rest string, ok bool) {
	if len(s) <= len(word) || !strings.EqualFold(s[:len(word)], word) ||
		!strings.ContainsRune(" \t\r\n", rune(s[len(word)])) {
		return s, false
	}
	return strings.TrimSpace(s[len(word):]), true
}

// commentEnd returns where the comment ends that begins a text.
func commentEnd(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// comment reads what a comment says: HELO, the client's name, its address.
func (c *Client) comment(text string) {
	words := strings.Fields(maildate.StripComments(text))
	for i := 0; i < len(words); i++ {
		word := words[i]
		word = strings.TrimRight(word, ",;")
		key, value, _ := strings.Cut(word, "=")
		switch strings.ToLower(key) {
		case "ip", "addr", "address", "client-ip", "remote", "peer": // "(ip=203.0.113.7)"
			word = value
		case "helo", "ehlo":
			if value == "" && i+1 < len(words) {
				i++
				value = strings.TrimRight(words[i], ",;")
			}
			if c.Helo == "" {
				c.Helo = value
			}
			continue
		}
		if c.Addr.IsValid() {
			continue
		}
		if at := strings.IndexByte(word, '['); at > 0 && hostLike(word[:at]) { // "p1.example.net[203.0.113.7]"
			c.nameFrom(word[:at])
			word = word[at:]
		}
		if addr, ok := addressIn(word); ok {
			c.Addr = addr
			if i > 0 { // name [address]
				c.nameFrom(words[i-1])
			}
		}
	}
}

// nameFrom takes a name that the server found for the address, which is not the client's word.
func (c *Client) nameFrom(word string) {
	name := strings.TrimSuffix(word[strings.LastIndexByte(word, '@')+1:], ".")
	if c.Name == "" && strings.Contains(name, ".") && hostLike(name) {
		c.Name = name
	}
}

// hostLike says whether a word is made of a host name's characters and is not an address.
func hostLike(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

// addressIn reads [203.0.113.7], [IPv6:2001:db8::7], [203.0.113.7]:50123, [203.0.113.7:50123],
// u@203.0.113.7, 203.0.113.7 and 203.0.113.7:50123.
func addressIn(word string) (netip.Addr, bool) {
	word = word[strings.LastIndexByte(word, '@')+1:]
	if i := strings.IndexByte(word, '['); i == 0 {
		inside, _, ok := strings.Cut(word[1:], "]")
		if !ok {
			return netip.Addr{}, false
		}
		word = inside
	}
	if port, err := netip.ParseAddrPort(word); err == nil {
		return port.Addr().Unmap().WithZone(""), true
	}
	if len(word) > 5 && strings.EqualFold(word[:5], "IPv6:") {
		word = word[5:]
	}
	addr, err := netip.ParseAddr(word)
	return addr.Unmap().WithZone(""), err == nil
}
