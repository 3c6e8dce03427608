package analyzer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"hisseki/analyzer/content"
)

// mailerName returns the mailer without its versions: "Microsoft Outlook 16.0" and
// "Microsoft Outlook 15.0" are one habit.
func mailerName(c *content.Content) string {
	var b strings.Builder
	for _, w := range strings.FieldsFunc(strings.ToLower(c.Mailer), func(r rune) bool {
		return r == ' ' || r == '/' || r == '(' || r == ';' || r == ','
	}) {
		if strings.ContainsFunc(w, unicode.IsDigit) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if b.WriteString(w); b.Len() > 60 {
			break
		}
	}
	if b.Len() == 0 {
		return "(none)"
	}
	return b.String()
}

// idShape folds a Message-ID to its form: runs of hexadecimal digits, digits, letters
// become one sign each, so that each mail program shows its own pattern.
func idShape(id string) string {
	if id == "" {
		return "(none)"
	}
	left, right, _ := strings.Cut(id, "@")
	return fold(left) + "@" + strings.ToLower(right)
}

func fold(s string) string {
	var b strings.Builder
	for len(s) > 0 && b.Len() < 40 {
		n := 0
		for n < len(s) && isAlnum(s[n]) {
			n++
		}
		if n == 0 {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		b.WriteByte(runKind(s[:n]))
		s = s[n:]
	}
	return b.String()
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// runKind names a run: d digits, h hexadecimal, H upper-case hexadecimal, a lower
// case, A upper case, m mixed.
func runKind(run string) byte {
	digits, lower, upper, hex := 0, 0, 0, 0
	for i := 0; i < len(run); i++ {
		switch c := run[i]; {
		case c >= '0' && c <= '9':
			digits++
			hex++
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			hex++
			fallthrough
		default:
			if c >= 'A' && c <= 'Z' {
				upper++
			} else {
				lower++
			}
		}
	}
	switch {
	case digits == len(run):
		return 'd'
	case hex == len(run) && upper == 0:
		return 'h'
	case hex == len(run) && lower == 0:
		return 'H'
	case lower == len(run):
		return 'a'
	case upper == len(run):
		return 'A'
	}
	return 'm'
}

// addedByMTA are fields that the MTA or a milter before us may add; they say nothing
// about the client. Optional fields of one mail would split one program into many.
var notShape = map[string]bool{
	"received": true, "return-path": true, "delivered-to": true, "dkim-signature": true,
	"authentication-results": true, "cc": true, "bcc": true, "in-reply-to": true,
	"references": true, "reply-to": true, "to": true, "disposition-notification-to": true,
	"importance": true, "x-priority": true, "x-google-dkim-signature": true,
}

// headerShape returns the client's header names in order and spelling, without those
// that come and go with the single mail.
func headerShape(c *content.Content) string {
	var b strings.Builder
	for _, name := range c.Names {
		if notShape[strings.ToLower(name)] {
			continue
		}
		if b.WriteString(name); b.Len() > 400 {
			break
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// heloShape keeps what of a HELO name is habit: its domain, or the form of a bare or
// literal name.
func heloShape(helo string) string {
	if strings.HasPrefix(helo, "[") {
		return "[literal]"
	}
	if i := strings.IndexByte(helo, '.'); i > 0 {
		return strings.ToLower(fold(helo[:i]) + helo[i:])
	}
	return fold(helo)
}

func encodingShape(c *content.Content) string {
	form := "none"
	switch {
	case c.HasPlain && c.HasHTML:
		form = "both"
	case c.HasPlain:
		form = "plain"
	case c.HasHTML:
		form = "html"
	}
	return c.Charset + " " + c.Encoding + " " + form
}

// shiftZone returns a zone such as "+0900" moved by whole hours; "" when it is not a zone.
func shiftZone(zone string, hours int) string {
	n, err := strconv.Atoi(zone)
	if err != nil || len(zone) != 5 {
		return ""
	}
	minutes := n/100*60 + n%100 + 60*hours
	sign := '+'
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	return fmt.Sprintf("%c%02d%02d", sign, minutes/60, minutes%60)
}
