// Package maildate reads dates as mail shows them: RFC 5322 section 3.3, the obsolete
// forms of section 4.3, and what programs write beside the standard.
package maildate

import (
	"strings"
	"time"
	"unicode"
)

// maxDate bounds a date in bytes, comments included. Folded dates with a comment in an
// encoded word have about 80.
const maxDate = 300

// Parse reads a date, in the zone that it is written in, and that zone: "+0900", or a name
// in upper case such as "GMT", or "" where it names none (then it is taken as UTC). Of what
// means nothing, or two things (02/03/2026), it returns the zero time and no zone.
//
// A zone is written as +HHMM however the mail spells it ("+09:00", "GMT+9"). Names beyond
// RFC 5322's are known where they mean one offset in the whole world; others are UTC, as
// section 4.3 has it. A year of two digits is 1950 to 2049, one of three is counted from
// 1900. 24:00 is the next day's first minute, second 60 the next minute's first.
func Parse(s string) (t time.Time, zone string) {
	if len(s) > maxDate {
		return time.Time{}, ""
	}
	var d parts
	for i, word := range words(s) {
		if d.complete() {
			d.more(word)
		} else if !d.take(word, i == 0) {
			return time.Time{}, ""
		}
	}
	t = d.time()
	if t.IsZero() {
		return t, ""
	}
	return t, d.zone
}

// words splits a date at blanks and commas, without comments, and without the blanks
// around colons that section 4.3 allows ("10 : 00 : 60").
func words(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(plainDigits(StripComments(s)), between) {
		last := len(out) - 1
		if last >= 0 && (strings.HasPrefix(w, ":") || strings.HasSuffix(out[last], ":")) {
			out[last] += w
			continue
		}
		out = append(out, strings.TrimSuffix(w, ".")) // "5. Dez. 2026"
	}
	return out
}

func between(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,;"`, r) }

// plainDigits turns "2026年11月23日 10時05分" into numbers. A weekday (月, 日) stays: it
// stands behind no digit.
func plainDigits(s string) string {
	digit := false
	return strings.Map(func(r rune) rune {
		after := digit
		digit = r >= '0' && r <= '9'
		switch {
		case after && strings.ContainsRune("年月日秒", r):
			return ' '
		case after && (r == '時' || r == '分'):
			return ':'
		}
		return r
	}, s)
}

// StripComments puts a blank in the place of each comment. Comments nest (section 3.2.2);
// one that does not end takes the rest with it.
func StripComments(s string) string {
	if strings.IndexByte(s, '(') < 0 {
		return s
	}
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && depth > 0:
			i++ // a quoted pair: "\)" ends no comment
		case c == '(':
			depth++
			b.WriteByte(' ')
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}
