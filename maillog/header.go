package maillog

import (
	"strings"
	"time"
)

// ahead is how far in the future of its reference a line without a year may be, before it
// is taken for one of the year before: clocks differ a little, zones up to a day.
const ahead = 25 * time.Hour

// timestamp reads the time that a line begins with and returns the rest.
func timestamp(line string, ref time.Time, zone *time.Location) (time.Time, string, bool) {
	if len(line) > 16 && line[0] >= '0' && line[0] <= '9' {
		stamp, rest, ok := strings.Cut(line, " ")
		if !ok {
			return time.Time{}, "", false
		}
		if at, err := time.Parse(time.RFC3339Nano, stamp); err == nil {
			return at, rest, true
		}
		// Dovecot's log_timestamp is often set to an ISO form with a space.
		clock, rest, ok := strings.Cut(rest, " ")
		at, err := time.ParseInLocation("2006-01-02 15:04:05", stamp+" "+clock, zone)
		return at, rest, ok && err == nil
	}
	const form = "Jan _2 15:04:05"
	if len(line) <= len(form)+1 || line[len(form)] != ' ' {
		return time.Time{}, "", false
	}
	year := ref.In(zone).Year()
	for _, y := range []int{year + 1, year, year - 1, year - 2, year - 3, year - 4} {
		// With its year, for 29 February is in few.
		at, err := time.ParseInLocation("2006 "+form, itoa4(y)+" "+line[:len(form)], zone)
		if err == nil && at.Sub(ref) < ahead {
			return at, line[len(form)+1:], true
		}
	}
	return time.Time{}, "", false
}

func itoa4(year int) string {
	return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006")
}

// split takes what follows the time apart: "host tag[pid]: message", or, in a file of
// Dovecot's own, "service: Level: message".
func split(rest string) (tag, message string, ok bool) {
	first, after, ok := strings.Cut(rest, " ")
	if !ok {
		return "", "", false
	}
	if strings.HasSuffix(first, ":") {
		level, said, ok := strings.Cut(after, ": ")
		if !ok || level != "Info" && level != "Warning" && level != "Error" {
			return "", "", false
		}
		return "dovecot", first + " " + said, true
	}
	tag, message, ok = strings.Cut(after, ": ")
	if i := strings.IndexByte(tag, '['); i > 0 && strings.HasSuffix(tag, "]") {
		tag = tag[:i]
	}
	return tag, message, ok && tag != "" && !strings.Contains(tag, " ")
}
