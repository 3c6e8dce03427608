package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Outlook prints above an older mail, in every language that it speaks:
//
//	Od: Partner <partner@example.org>
//	Odesláno: 2026/11/22 10:00
//	Komu: Sato <sato@example.jp>
//	Předmět: Re: invoice
//
// Words need not be known for that: it is a run of lines of a word and a value, of which
// the first has an address, the second a date and a time.

// Bounds of a run: its lines, and what recipients wrap to.
const (
	minShape = 3
	maxShape = 6
	maxWraps = 12
)

// shapedBlock says whether line i begins a header block by its shape.
func (l Lines) shapedBlock(i int) bool {
	from, ok := valueOf(l[i].text)
	if !ok || strings.IndexByte(from, '@') < 0 || i+minShape > len(l) {
		return false
	}
	if i > 0 && strings.TrimSpace(l[i-1].text) != "" && !isRule(l[i-1].text) {
		return false // git writes "commit 0123", then "Author: ..."
	}
	if sent, ok := valueOf(l[i+1].text); !ok || !hasTime(sent) {
		return false
	}
	count, addressed, ok := l.shapedLines(i)
	bracketed := strings.ContainsAny(from, "<[")
	return ok && (count > minShape && (bracketed || addressed > 1) || count == minShape && addressed > 1)
}

// shapedLines counts the lines of a word and a value from line i on, and those of them with
// an address; ok is false where something stands among them that no mail program prints.
func (l Lines) shapedLines(i int) (count, addressed int, ok bool) {
	wraps := 0
	for j := i; j < len(l) && count < maxShape && wraps < maxWraps; j++ {
		t := l[j].text
		if strings.TrimSpace(t) == "" {
			break
		}
		value, ok := valueOf(t)
		if !ok {
			if !isWrapped(t) {
				return 0, 0, false // text follows at once
			}
			wraps++ // "  Suzuki <suzuki@example.jp>;"
			continue
		}
		if count++; count > 2 && hasTime(value) {
			return 0, 0, false // an older mail was sent once
		}
		if strings.IndexByte(value, '@') >= 0 {
			addressed++
		}
	}
	return count, addressed, true
}

// valueOf returns what follows the word or two and the colon that a line begins with. Thai,
// Chinese and Japanese write no blanks, French one in front of the colon.
func valueOf(t string) (value string, ok bool) {
	t = strings.Trim(t, " \t\u3000\u00a0*")
	for i, r := range t[:min(len(t), 80)] {
		switch {
		case r == ':' || r == '：':
			word := strings.Trim(t[:i], " \u00a0*")
			value = strings.Trim(t[i+utf8.RuneLen(r):], " \t\u3000\u00a0*")
			words := strings.Count(word, " ") + 1
			return value, word != "" && words <= 3 && utf8.RuneCountInString(word) <= 25 &&
				!strings.HasPrefix(value, "//")
		case !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" -'’\u00a0*", r):
			return "", false
		}
	}
	return "", false
}

// hasTime says whether a line holds a date and a time of day in whatever order and
// language: a clock, and a numeric date or a year.
func hasTime(t string) bool {
	if len(t) > 100 {
		return false
	}
	clock, date := false, false
	for i := 0; i < len(t); {
		end := numberEnd(t, i)
		w := strings.TrimRight(t[i:end], "/-.:")
		switch {
		case w == "":
		case strings.IndexByte(w, ':') > 0: // 10:00
			clock = true
		case isThreefold(w), // 22.11.2026
			len(w) == 4 && (w[:2] == "19" || w[:2] == "20" || w[:2] == "25"): // 2569 in Thailand
			date = true
		case strings.Count(w, ".") == 1 && len(w) >= 4: // 10.00 in Finland
			clock = true
		}
		i = max(end, i+1)
	}
	return clock && date
}

// numberEnd returns the end of the digits that stand at t[i], and of the marks of dates and
// clocks among them; i where no digit stands there.
func numberEnd(t string, i int) int {
	if t[i] < '0' || t[i] > '9' {
		return i
	}
	for i < len(t) && (t[i] >= '0' && t[i] <= '9' || strings.IndexByte("/-.:", t[i]) >= 0) {
		i++
	}
	return i
}

// isThreefold says whether a number has three parts, as dates have: "2026/11/22",
// "22.11.2026", "2026-11-22".
func isThreefold(w string) bool {
	return strings.Count(w, "/") == 2 || strings.Count(w, "-") == 2 || strings.Count(w, ".") == 2
}
