package maildate

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// parts is what the words of a date say until now.
type parts struct {
	day      []number // numbers and the month's name, in order
	hour     int
	min, sec int
	timed    bool
	half     string // "am", "pm"
	zone     string // "+0900", a name, or ""
	offset   int    // of the zone, seconds east of UTC
}

// number is one of day, month and year.
type number struct {
	value  int
	digits int // 0 for the name of a month
}

var (
	// 10:00, 9:05:07.123, and with what hangs on it: 10:00:00+0900, 1:00PM
	timeWord = regexp.MustCompile(`^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?:?(\D.*)?$`)
	dotTime  = regexp.MustCompile(`^(\d{1,2})\.(\d{2})(?:\.(\d{2}))?$`) // Lotus Domino, Finnish
	isoDate  = regexp.MustCompile(`^(\d{4})([-/.])(\d{1,2})([-/.])(\d{1,2})(?:[Tt](.+))?$`)
	isoBasic = regexp.MustCompile(`^(\d{4})(\d\d)(\d\d)[Tt](\d\d)(\d\d)(\d\d)(\D.*)?$`)
	// 23-Nov-2026, 23.11.2026
	joinedDate = regexp.MustCompile(`^(\d{1,2})[-/.](\pL{3,}|\d{1,2})[-/.](\d{2}|\d{4})$`)
	// +0900, +09:00, +900, GMT+9, UTC-0330
	zoneWord = regexp.MustCompile(`^(?i:UTC|GMT|UT)?([-+])(\d{1,2})(?::?(\d{2}))?$`)
	ordinal  = regexp.MustCompile(`^(\d{1,2})(?:st|nd|rd|th)$`)
	named    = regexp.MustCompile(`^\pL[\pL.]*$`)
)

// complete says whether date and time are there.
func (d *parts) complete() bool { return len(d.day) == 3 && d.timed }

// more reads what stands behind date and time: a zone, AM or PM. Dirt there, such as
// "Asia/Tokyo", takes nothing away.
func (d *parts) more(word string) {
	if !allDigits(word) {
		_ = d.take(word, false)
	}
}

// take reads one word; false: it cannot be part of a date.
func (d *parts) take(word string, first bool) bool {
	if m := ordinal.FindStringSubmatch(word); m != nil {
		word = m[1]
	}
	switch {
	case allDigits(word):
		return d.number(word)
	case d.clock(word), d.joined(word), d.numericZone(word):
		return true
	case named.MatchString(word):
		return d.name(word, first)
	}
	return false
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func (d *parts) number(word string) bool {
	n, err := strconv.Atoi(word)
	if err != nil || len(d.day) >= 4 {
		return false
	}
	d.day = append(d.day, number{n, len(word)})
	return true
}

// clock reads a time of the day.
func (d *parts) clock(word string) bool {
	m := timeWord.FindStringSubmatch(word)
	if m == nil && len(d.day) > 1 { // else 10.11.26 is a date
		m = dotTime.FindStringSubmatch(word)
	}
	if m == nil || d.timed {
		return false
	}
	d.setTime(m[1], m[2], m[3])
	return len(m) < 5 || m[4] == "" || d.take(m[4], false)
}

func (d *parts) setTime(hour, min, sec string) {
	d.timed = true
	d.hour, _ = strconv.Atoi(hour) // at most two digits
	d.min, _ = strconv.Atoi(min)
	d.sec, _ = strconv.Atoi(sec) // "" is 0
}

// joined reads a date in one word.
func (d *parts) joined(word string) bool {
	return len(d.day) == 0 && (d.iso(word) || d.basic(word) || d.dayFirst(word))
}

// numbers takes day, month and year in the order in which they stand.
func (d *parts) numbers(list ...string) bool {
	for _, word := range list {
		if !d.number(word) {
			return false
		}
	}
	return true
}

// iso reads 2026-11-23, 2026/11/23 and 2026-11-23T10:00:00+09:00.
func (d *parts) iso(word string) bool {
	m := isoDate.FindStringSubmatch(word)
	if m == nil || m[2] != m[4] || !d.numbers(m[1], m[3], m[5]) {
		return false
	}
	return m[6] == "" || d.clock(m[6])
}

// basic reads 20261123T100000Z.
func (d *parts) basic(word string) bool {
	m := isoBasic.FindStringSubmatch(word)
	if m == nil || !d.numbers(m[1], m[2], m[3]) {
		return false
	}
	d.setTime(m[4], m[5], m[6])
	return m[7] == "" || d.take(m[7], false)
}

// dayFirst reads 23-Nov-2026, 23.11.2026, and 23/11/2026 or 11/23/2026 where only one of
// them can be meant: 02/03/2026 has two meanings.
func (d *parts) dayFirst(word string) bool {
	m := joinedDate.FindStringSubmatch(word)
	switch {
	case m == nil:
		return false
	case !allDigits(m[2]):
		return d.number(m[1]) && d.month(m[2]) && d.number(m[3])
	case word[len(m[1])] == '.' || noMonth(m[1]):
		return d.numbers(m[1], m[2], m[3])
	case noMonth(m[2]):
		return d.numbers(m[2], m[1], m[3])
	}
	return false
}

// noMonth says whether one or two digits are more than twelve.
func noMonth(s string) bool { return len(s) == 2 && s > "12" }

// numericZone reads an offset, up to the 99:59 of section 3.3; the second of
// "+0900 +0900" and that of "JST +0900" say nothing more.
func (d *parts) numericZone(word string) bool {
	m := zoneWord.FindStringSubmatch(word)
	if m == nil || !d.timed {
		return false
	}
	hours, _ := strconv.Atoi(m[2]) // at most two digits
	minutes, _ := strconv.Atoi(m[3])
	if minutes > 59 {
		return false
	}
	if d.zone != "" && (!named.MatchString(d.zone) || d.offset != 0) {
		return true // but "GMT +0900" is the offset
	}
	d.offset = hours*3600 + minutes*60
	if m[1] == "-" {
		d.offset = -d.offset
	}
	d.zone = m[1] + twoDigits(hours) + twoDigits(minutes)
	return true
}

func twoDigits(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }

// name reads a month, a weekday, AM and PM, or the name of a zone.
func (d *parts) name(word string, first bool) bool {
	switch half := strings.ToLower(strings.ReplaceAll(word, ".", "")); {
	case d.timed && d.half == "" && (half == "am" || half == "pm"):
		d.half = half
		return true
	case d.month(word), first:
		return true // of any language: "Lun", "月"
	case !d.timed:
		return false
	}
	if upper := strings.ToUpper(word); d.zone == "" && len(word) <= 5 {
		d.zone, d.offset = upper, zones[upper]
	}
	return true // what stands behind the zone: "+0900 JST"
}

// month reads a month's name. What stood in the first place and looked like one was a
// weekday ("mar, 23 nov 2026" is a Tuesday).
func (d *parts) month(word string) bool {
	n := monthOf(word)
	if n == 0 {
		return false
	}
	for i, x := range d.day {
		if x.digits == 0 {
			if i > 0 || d.timed {
				return false
			}
			d.day = d.day[1:]
			break
		}
	}
	d.day = append(d.day, number{value: n})
	return true
}

// time puts the parts together, or returns the zero time.
func (d *parts) time() time.Time {
	if t, ok := d.unix(); ok {
		return t
	}
	year, month, day, ok := d.date()
	if !ok || !d.timed || !d.halfDay() {
		return time.Time{}
	}
	if d.hour > 24 || d.hour == 24 && d.min+d.sec > 0 || d.min > 59 || d.sec > 60 {
		return time.Time{}
	}
	noon := time.Date(year, time.Month(month), day, 12, 0, 0, 0, time.UTC)
	if month < 1 || month > 12 || noon.Day() != day {
		return time.Time{} // 31 February
	}
	zone := time.UTC
	if d.offset != 0 {
		zone = time.FixedZone(d.zone, d.offset)
	}
	return time.Date(year, time.Month(month), day, d.hour, d.min, d.sec, 0, zone)
}

// unix reads seconds since 1970, which stand alone.
func (d *parts) unix() (time.Time, bool) {
	if len(d.day) != 1 || d.timed || d.day[0].digits < 9 || d.day[0].digits > 10 {
		return time.Time{}, false
	}
	return time.Unix(int64(d.day[0].value), 0).UTC(), true
}

// date recognises day, month and year by their places.
func (d *parts) date() (year, month, day int, ok bool) {
	if len(d.day) != 3 {
		return 0, 0, 0, false
	}
	a, b, c := d.day[0], d.day[1], d.day[2]
	switch {
	case a.digits == 0: // Nov 23 2026
		a, b = b, a
	case a.digits == 4: // 2026 11 23
		a, c = c, a
	case b.digits > 0 && b.value > 12: // 11 23 2026
		a, b = b, a
	}
	if a.digits == 0 || a.digits > 3 || c.digits == 0 { // 029 Apr was seen
		return 0, 0, 0, false
	}
	year, ok = c.year()
	return year, b.value, a.value, ok
}

// year reads a year of two to four digits (section 4.3).
func (n number) year() (int, bool) {
	switch {
	case n.digits == 2 && n.value < 50:
		return 2000 + n.value, true
	case n.digits == 2 || n.digits == 3:
		return 1900 + n.value, true
	}
	return n.value, n.digits == 4
}

// halfDay turns 1:00 PM into 13:00.
func (d *parts) halfDay() bool {
	if d.half == "" {
		return true
	}
	if d.hour > 12 { // 13:00 PM
		return d.half == "pm"
	}
	if d.hour %= 12; d.half == "pm" {
		d.hour += 12
	}
	return true
}
