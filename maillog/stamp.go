package maillog

import (
	"strings"
	"time"
)

// ahead is how far in the future of its reference a line without a year may be, before it
// is taken for one of the year before: clocks differ a little, zones up to a day.
const ahead = 25 * time.Hour

// stamp reads the time that a line begins with: words for day, clock, year and zone in the
// orders that programs write them,
//
//	Nov  4 10:00:00                      RFC 3164
//	Nov  4 10:00:00.123456               journalctl -o short-precise
//	Wed 2026-11-04 10:00:00 JST          journalctl -o short-full
//	2026-11-04T10:00:00.123+09:00        RFC 3339; +0900 by journalctl -o short-iso
//	2026-11-04 10:00:00,123              Dovecot's log_timestamp, and many others
//	2026/11/04 10:00:00
//	11月 04 10:00:00, nov. 04 10:00:00   journalctl in the machine's language
//	Wed Nov  4 10:00:00 JST 2026         date(1); without the zone, ctime(3)
//	Nov  4 2026 10:00:00                 syslog with years
//	1796346000.123456                    journalctl -o short-unix; 1796346000, 1796346000123
//	4 Nov 2026 10:00:00, Wed, 04 Nov 2026 10:00:00 +0900
//	04-Nov-2026 10:00:00, 04/Nov/2026:10:00:00 +0900
//	04.11.2026 10:00:00                  day before month, as wherever dots are used
//	11/04/2026 10:00:00 AM               month before day where AM or PM follows; else nobody knows
//	20261104 10:00:00, 20261104T100000Z  ISO 8601's basic form
//	2026-11-04_10:00:00.12345            svlogd -tt
//	[2026-11-04 10:00:00]
type stamp struct {
	ref  time.Time // not long after the line was written: a year may be missing
	zone *time.Location

	at   time.Time
	fine bool // the clock has parts of a second

	year, day, second, nano int
	month                   time.Month
	weekday, clock          bool
	american                bool // "11/04/2026" was read, which AM or PM must follow
	half                    bool // AM or PM was read
	offset                  *time.Location
}

// read returns what follows the time.
func (s *stamp) read(line string) (rest string, ok bool) {
	if len(line) == 0 || len(line) > 1 && line[0] == ' ' {
		return "", false
	}
	rest, closing := strings.CutPrefix(line, "[")
	for range 8 { // more words has no time
		word, after, found := strings.Cut(rest, " ")
		last := closing && strings.HasSuffix(word, "]")
		if last {
			word = word[:len(word)-1]
		}
		if !found || !s.word(word, after) {
			break
		}
		rest = strings.TrimLeft(after, " ")
		if last {
			closing = false
			break
		}
	}
	if closing || !s.clock || s.month == 0 || s.day == 0 || s.american && !s.half {
		return "", false
	}
	return rest, s.finish()
}

// word takes one word of the time; false for one that is not of it.
func (s *stamp) word(word, after string) bool {
	switch {
	case s.clock && (word == "AM" || word == "PM"):
		return s.noon(word == "PM")
	case s.clock && s.month != 0:
		return s.behind(word, after)
	case word == "" || word[0] < '0' || word[0] > '9':
		return s.name(strings.TrimSuffix(word, ","))
	}
	return s.figures(word, after)
}

// noon takes AM or PM behind a clock of twelve hours.
func (s *stamp) noon(after bool) bool {
	const half = 12 * 3600
	if s.half || s.second >= half+3600 {
		return false
	}
	s.half = true
	s.second %= half
	if after {
		s.second += half
	}
	return true
}

// figures takes a word that begins with a digit, by its length.
func (s *stamp) figures(word, after string) bool {
	switch n := len(word); {
	case n <= 3 && digits(strings.TrimSuffix(word, ",")): // "4", "4, 2026"
		s.day = number(strings.TrimSuffix(word, ","))
		return s.month != 0 || isMonth(after)
	case n == 4 && digits(word): // "2026"
		s.year = number(word)
		return s.year >= 1970
	case months[word] != 0: // "11月"
		s.month = months[word]
		return true
	case n == 8 && digits(word): // "20261104"
		return s.date(word[:4] + "-" + word[4:6] + "-" + word[6:])
	case n >= 15 && (word[8] == 'T' || word[8] == 't') && digits(word[9:15]): // "20261104T100000+0900"
		return s.figures(word[:8], "") && s.time(word[9:11]+":"+word[11:13]+":"+word[13:])
	case n >= 10 && digits(word[:10]): // "1796346000.123456"
		return s.unix(word)
	case n == 10: // "2026-11-04"
		return s.date(word)
	case n == 11 && word[2] == word[6]: // "04-Nov-2026"
		return s.named3(word)
	case n >= 19 && strings.IndexByte("Tt_", word[10]) >= 0: // "2026-11-04T10:00:00.123+09:00"
		return s.date(word[:10]) && s.time(word[11:])
	case n == 20 && word[11] == ':': // "04/Nov/2026:10:00:00"
		return s.named3(word[:11]) && s.time(word[12:])
	}
	return s.time(word) // "10:00:00"
}

// isMonth says whether the next word is a month's name: "Nov 2026 10:00:00" behind "4".
func isMonth(after string) bool {
	word, _, _ := strings.Cut(after, " ")
	s := stamp{}
	return s.name(word) && s.month != 0
}

// named3 takes "04-Nov-2026" and "04/Nov/2026".
func (s *stamp) named3(word string) bool {
	if word[2] != word[6] || word[2] != '-' && word[2] != '/' || !digits(word[:2]) || !digits(word[7:]) ||
		!s.name(word[3:6]) {
		return false
	}
	s.day, s.year = number(word[:2]), number(word[7:])
	return s.month != 0 && s.year >= 1970
}

// name takes "Wed" or "Nov".
func (s *stamp) name(word string) bool {
	if len(word) != 3 {
		s.month = months[strings.TrimSuffix(strings.ToLower(word), ".")]
		return s.month != 0
	}
	for m := time.January; m <= time.December; m++ {
		if m.String()[:3] == word {
			s.month = m
			return true
		}
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if d.String()[:3] == word {
			s.weekday = true
			return true
		}
	}
	s.month = months[strings.ToLower(word)]
	return s.month != 0
}

// behind takes what may follow when day and clock are complete: a year, a zone. A host's name
// has letters too: a zone of letters is expected only where a program that writes weekdays
// puts one, before a year or after a day with its year.
func (s *stamp) behind(word, after string) bool {
	if s.year == 0 && len(word) == 4 && digits(word) {
		s.year = number(word)
		return s.year >= 1970
	}
	if word == "" {
		return false
	}
	if s.offset != nil {
		_, known := zones[word] // "+0900 JST"
		return known && s.plainZone(after)
	}
	if word[0] == '+' || word[0] == '-' {
		s.offset = offset(word)
		return s.offset != nil
	}
	if name := strings.TrimSuffix(word, ":"); zones[name] != 0 || name == "UTC" || name == "GMT" {
		if name != word || s.plainZone(after) {
			s.offset = s.named(name) // "10:00:00 JST mx postfix", "10:00:00.000 JST: postfix"
			return true
		}
	}
	year, _, _ := strings.Cut(after, " ")
	if !s.weekday || s.year == 0 && (len(year) != 4 || !digits(year)) {
		return false
	}
	s.offset = s.named(word)
	return s.offset != nil
}

// plainZone says whether a zone's letters are one, and no host of that name: a host has its
// program behind it.
func (s *stamp) plainZone(after string) bool {
	next, _, _ := strings.Cut(after, " ")
	return !strings.HasSuffix(next, ":") && !isFacility(next)
}

// date takes "2026-11-04", "2026/11/04", "04.11.2026" and "11/04/2026".
func (s *stamp) date(word string) bool {
	switch {
	case word[2] == '.' && word[5] == '.':
		word = word[6:] + "-" + word[3:5] + "-" + word[:2]
	case word[2] == '/' && word[5] == '/':
		s.american = true
		word = word[6:] + "-" + word[:2] + "-" + word[3:5]
	case word[4] == '/' && word[7] == '/':
		word = word[:4] + "-" + word[5:7] + "-" + word[8:]
	}
	if word[4] != '-' || word[7] != '-' || !digits(word[:4]) || !digits(word[5:7]) || !digits(word[8:]) {
		return false
	}
	s.year, s.month, s.day = number(word[:4]), time.Month(number(word[5:7])), number(word[8:])
	return s.year >= 1970 && s.month >= 1 && s.month <= 12
}

// time takes "10:00:00", parts of a second and an offset.
func (s *stamp) time(word string) bool {
	if len(word) >= 7 && word[1] == ':' {
		word = "0" + word // "9:00:00 AM"
	}
	if len(word) < 8 || !s.hours(word[:8]) {
		return false
	}
	rest := word[8:]
	if rest != "" && (rest[0] == '.' || rest[0] == ',') {
		fraction := rest[1:]
		rest = strings.TrimLeft(fraction, "0123456789")
		fraction = fraction[:len(fraction)-len(rest)]
		s.nano, s.fine = nanoseconds(fraction), fraction != ""
	}
	if rest != "" {
		s.offset = offset(rest)
	}
	s.clock = rest == "" || s.offset != nil
	return s.clock
}

// hours takes "10:00:00".
func (s *stamp) hours(word string) bool {
	if word[2] != ':' || word[5] != ':' || !digits(word[:2]) || !digits(word[3:5]) || !digits(word[6:]) {
		return false
	}
	hour, minute, second := number(word[:2]), number(word[3:5]), number(word[6:])
	s.second = hour*3600 + minute*60 + second
	return hour < 24 && minute < 60 && second <= 60
}

// unix takes "1796346000.123456", "1796346000" and, in thousandths or millionths, "1796346000123".
func (s *stamp) unix(word string) bool {
	whole, fraction, found := strings.Cut(word, ".")
	if n := len(whole); n == 13 && !found || n == 16 && !found {
		whole, fraction = whole[:10], whole[10:]
	}
	if len(whole) != 10 || !digits(whole) || fraction != "" && !digits(fraction) {
		return false
	}
	seconds := int64(0)
	for _, c := range whole {
		seconds = seconds*10 + int64(c-'0')
	}
	at := time.Unix(seconds, int64(nanoseconds(fraction))).UTC()
	s.year, s.month, s.day = at.Date()
	s.second = at.Hour()*3600 + at.Minute()*60 + at.Second()
	s.nano, s.fine, s.clock, s.offset = at.Nanosecond(), fraction != "", true, time.UTC
	return true
}

// nanoseconds reads the digits behind a decimal point; what is finer is dropped.
func nanoseconds(s string) int {
	n := 0
	for i := range 9 {
		n *= 10
		if i < len(s) {
			n += int(s[i] - '0')
		}
	}
	return n
}

// offset reads "Z", "+09:00", "+0900" or "+09"; nil for anything else.
func offset(s string) *time.Location {
	if s == "Z" || s == "z" {
		return time.UTC
	}
	if len(s) < 3 || s[0] != '+' && s[0] != '-' {
		return nil
	}
	text := strings.Replace(s[1:], ":", "", 1)
	if !digits(text) || len(text) != 2 && len(text) != 4 {
		return nil
	}
	seconds := number(text[:2]) * 3600
	if len(text) == 4 {
		seconds += number(text[2:]) * 60
	}
	if seconds > 15*3600 {
		return nil
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone(s, seconds)
}

// zones are abbreviations that mean one zone wherever they are used, in hours east.
var zones = map[string]int{"UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2,
	"EEST": 3, "MSK": 3, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
	"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "HST": -10}

// named returns the zone of an abbreviation. One that several places use is taken for the
// machine's; nil for a word that is not an abbreviation.
func (s *stamp) named(word string) *time.Location {
	if hours, ok := zones[word]; ok {
		return time.FixedZone(word, hours*3600)
	}
	if len(word) < 3 || len(word) > 5 || strings.ToUpper(word) != word || digits(word) {
		return nil
	}
	return s.zone
}

// finish makes a time of the words.
func (s *stamp) finish() bool {
	zone := s.zone
	if s.offset != nil {
		zone = s.offset
	}
	if s.year != 0 {
		return s.make(s.year, zone)
	}
	year := s.ref.In(zone).Year()
	for _, y := range []int{year + 1, year, year - 1, year - 2, year - 3, year - 4} {
		// 29 February is in few.
		if s.make(y, zone) && s.at.Sub(s.ref) < ahead {
			return true
		}
	}
	return false
}

func (s *stamp) make(year int, zone *time.Location) bool {
	s.at = time.Date(year, s.month, s.day, 0, 0, 0, 0, time.UTC)
	if s.at.Day() != s.day {
		return false // 31 November
	}
	s.at = time.Date(year, s.month, s.day, s.second/3600, s.second/60%60, s.second%60, s.nano, zone)
	return true
}
