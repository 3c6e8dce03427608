package text

import "strings"

// Unflow joins the soft line breaks of format=flowed text (RFC 3676).
func Unflow(text string, delsp bool) string {
	lines := strings.Split(text, "\n")
	var b strings.Builder
	b.Grow(len(text))
	soft, depth := false, 0
	for i, line := range lines {
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		body := strings.TrimPrefix(line[d:], " ") // space-stuffing
		joined := soft && d == depth && body != "-- "
		if !joined && i > 0 {
			b.WriteByte('\n')
		}
		if !joined && d > 0 {
			b.WriteString(line[:d])
			b.WriteByte(' ')
		}
		soft = strings.HasSuffix(body, " ") && body != "-- "
		depth = d
		if soft && delsp {
			body = body[:len(body)-1]
		}
		b.WriteString(body)
	}
	return b.String()
}

// ForwardSubject says whether a subject says that the mail is a forward.
func ForwardSubject(subject string) bool {
	s := strings.ToLower(strings.TrimSpace(subject))
	for _, prefix := range []string{
		"fw:", "fwd:", "fw：", "[fwd:", "wg:", "tr:", "rv:", "転送:", "転送：", "【転送】",
	} {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}
