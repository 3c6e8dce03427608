package replay

import (
	"strings"
	"time"

	"hisseki/analyzer/content"
	"hisseki/internal/maildate"
)

// receivedTime is when a Received field was written: its date stands behind the last
// semicolon outside comments.
func receivedTime(received string) time.Time {
	s := strings.TrimRight(maildate.StripComments(received), "; \t\r\n")
	i := strings.LastIndexByte(s, ';')
	if i < 0 {
		return time.Time{}
	}
	at, _ := maildate.Parse(s[i+1:])
	return at
}

// mailTime says when a mail was sent, by its header: the earliest sane Received, for
// the first server's clock is better than a PC's; without one, Date. The zero time when
// neither is sane.
func mailTime(fields []content.Field) time.Time {
	var received, date time.Time
	for _, f := range fields {
		switch {
		case strings.EqualFold(f.Name, "Received"):
			if t := receivedTime(f.Value); sane(t) && (received.IsZero() || t.Before(received)) {
				received = t
			}
		case strings.EqualFold(f.Name, "Date") && date.IsZero():
			if t, _ := maildate.Parse(f.Value); sane(t) {
				date = t
			}
		}
	}
	if received.IsZero() {
		return date
	}
	return received
}

// The years in which a mail's own word for its time is believed. Unix' epoch, 1980 and
// 2038 are what broken clocks say.
var (
	earliest = time.Date(1985, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2037, 1, 1, 0, 0, 0, 0, time.UTC)
)

func sane(t time.Time) bool { return t.After(earliest) && t.Before(latest) }
