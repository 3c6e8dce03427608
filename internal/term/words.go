package term

import (
	"fmt"
	"time"
)

// Stamp is a time in the machine's zone, to the minute: "2026-11-17 10:12".
func Stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

// Count is a number of things: "1 mail", "2 mails".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Few shows the first n of a list, made safe, and how many more there are:
// "a@example.org, b@example.org +3".
func Few(list []string, n int) string {
	out := ""
	for i, s := range list {
		if i == n {
			return fmt.Sprintf("%s +%d", out, len(list)-n)
		}
		if i > 0 {
			out += ", "
		}
		out += Safe(s, 40)
	}
	return out
}
