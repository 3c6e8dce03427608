package analyzer

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hours are a span of the day on some days of the week. A span that ends before it begins
// goes over midnight and belongs to the day on which it begins.
type Hours struct {
	days     [7]bool // by time.Weekday
	from, to int     // minutes of the day, to at most 24 hours
	text     string
}

// weekdays in the order that people write ranges in.
var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// ParseHours reads "06:00-22:00", "mon-fri 07:30-19:00" or "sat,sun 22:00-02:00".
func ParseHours(text string) (Hours, error) {
	h := Hours{text: strings.ToLower(strings.Join(strings.Fields(text), " "))}
	bad := fmt.Errorf("%.60q is not a span of hours: write 06:00-22:00 or mon-fri 07:30-19:00", text)
	days, span, ok := strings.Cut(h.text, " ")
	if !ok {
		days, span = "mon-sun", h.text
	}
	from, to, ok := strings.Cut(span, "-")
	if !ok || !clock(from, &h.from) || !clock(to, &h.to) || h.from == h.to || h.from == 24*60 {
		return Hours{}, bad
	}
	for _, part := range strings.Split(days, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		i, j := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if i < 0 || j < 0 {
			return Hours{}, bad
		}
		for d := i; ; d = (d + 1) % 7 { // "fri-mon" goes over the end of the week
			h.days[(d+1)%7] = true // time.Weekday counts from Sunday
			if d == j {
				break
			}
		}
	}
	return h, nil
}

// clock reads "HH:MM" up to "24:00" as minutes.
func clock(text string, minutes *int) bool {
	if text == "24:00" {
		*minutes = 24 * 60
		return true
	}
	t, err := time.Parse("15:04", text)
	*minutes = t.Hour()*60 + t.Minute()
	return err == nil
}

// String returns the span as it was written.
func (h Hours) String() string { return h.text }

// contain says whether a time, in its own zone, lies in the span.
func (h Hours) contain(t time.Time) bool {
	at := t.Hour()*60 + t.Minute()
	today, yesterday := h.days[t.Weekday()], h.days[(t.Weekday()+6)%7]
	if h.from < h.to {
		return today && at >= h.from && at < h.to
	}
	return today && at >= h.from || yesterday && at < h.to
}
