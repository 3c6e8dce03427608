package replay

import (
	"bytes"
	"regexp"
	"strings"
	"time"

	"hisseki/internal/maildate"
)

// fromLine is a line that begins with "From ", which may begin a mail:
//
//	From sato@example.jp Mon Nov 23 10:01:00 2026
//	From - Mon Nov 23 10:01:00 2026                 Thunderbird
//	From sato at example.jp  Mon Nov 23 10:01:00 2026   Mailman
//	From 17@xxx Mon Nov 23 10:01:00 +0000 2026      Takeout
//	From sato@example.jp                            no date
//	From                                            older Thunderbirds
//	From accounts on Mon at 10:30 we saw:           text
type fromLine struct {
	words int       // in front of the date
	dated bool      // the rest is a date that begins with a weekday, as ctime(3) writes it
	at    time.Time // that date, zero when it is not sane
}

// maxFromWords bounds the words in front of the date.
const maxFromWords = 8

var (
	weekday = regexp.MustCompile(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?$`)
	// stamp is a date without words of a sentence: a month, numbers, a zone; UUCP's end.
	stamp = regexp.MustCompile(`^[A-Z][a-z]{2},?(?: (?:[A-Z][a-z]{2}|[A-Z]{1,5}|[-+]?[0-9:.]+))*` +
		`(?: remote from \S+)?$`)
)

// readFromLine reads a line without its end.
func readFromLine(line string) fromLine {
	words := strings.Fields(line)[1:]
	if len(words) > 0 && words[0] == "-" {
		words = words[1:]
	}
	for i, word := range words[:min(len(words), maxFromWords)] {
		if !weekday.MatchString(word) {
			continue
		}
		rest := strings.Join(words[i:], " ")
		if t, _ := maildate.Parse(rest); !t.IsZero() && stamp.MatchString(rest) {
			f := fromLine{words: i, dated: true}
			if sane(t) {
				f.at = t
			}
			return f
		}
	}
	return fromLine{words: len(words)}
}

// begins says whether the line begins a mail, by what follows it and whether an empty line
// is in front. Of a whole line a header's first field is enough; what lacks the date or
// the empty line, or has words that are not an address, must be followed by a mail's header.
func (f fromLine) begins(next []byte, blank bool) bool {
	fields, mail := headerLike(next)
	// In front of the date: an address, "-" or nothing, "sato at example.jp".
	whole := f.dated && (f.words <= 1 || f.words == 3) || !f.dated && f.words == 0
	if blank && whole {
		return fields
	}
	return mail
}

// aField begins a header. A mail follows its "From " line at once.
var aField = regexp.MustCompile(`^[!-9;-~]+[ \t]*:`)

// headerLike says whether a text begins with a header field, and whether its header has
// what mail has: From, and Date, Received or a Message-ID.
func headerLike(text []byte) (fields, mail bool) {
	var from, sent bool
	for line := range bytes.Lines(text) {
		name := aField.Find(line)
		switch {
		case name != nil:
			fields = true
		case fields && (line[0] == ' ' || line[0] == '\t'):
			continue // a folded field's
		case !fields && bytes.HasPrefix(line, []byte(">From ")): // quoted by a second writer
			continue
		default:
			return fields, from && sent
		}
		switch strings.ToLower(strings.TrimRight(string(name), ": \t")) {
		case "from":
			from = true
		case "date", "received", "message-id":
			sent = true
		}
	}
	return fields, from && sent
}
