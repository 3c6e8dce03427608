package words

import (
	"regexp"
	"strings"

	"hisseki/internal/term"
)

// maxText bounds hostile text, in characters: what one line of a page or terminal holds.
const maxText = 300

// scheme is how a link begins that a reader's program would make clickable.
var scheme = regexp.MustCompile(`(?i)(?:https?|ftp)(?::|%3a)`)

// Defang makes a link, host or address harmless to read: hxxp for http, [.] for dots. It
// is safe for a terminal too.
func Defang(link string) string {
	out := link
	if strings.Count(out, ":") > 1 && !strings.Contains(out, "/") { // IPv6
		out = strings.ReplaceAll(out, ":", "[:]")
	}
	return Unlink(strings.ReplaceAll(out, ".", "[.]"))
}

// Unlink makes hostile text safe to show, and links in it unclickable.
func Unlink(text string) string {
	return scheme.ReplaceAllStringFunc(term.Safe(text, maxText), func(s string) string {
		return strings.NewReplacer("http", "hxxp", "ftp", "fxp").Replace(strings.ToLower(s))
	})
}
