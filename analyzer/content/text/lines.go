package text

import (
	"sort"
	"strings"
)

// lineKind says whose words a line is.
type lineKind uint8

const (
	kindOwn        lineKind = iota
	kindQuote               // of an earlier mail, with the line that introduces it
	kindForward             // of a forwarded mail, with its header
	kindSignature           // block under the text: rule, name, address
	kindDisclaimer          // legal text and the like, added by rule
	kindCode                // a patch
)

// A line is one line of text with its kind.
type line struct {
	start int // offset in the text
	text  string
	kind  lineKind
}

// Lines is a text cut into lines.
type Lines []line

// maxLines bounds the lines that are looked at one by one; what follows keeps the
// kind of the last.
const maxLines = 20000

func cutLines(text string) Lines {
	n := min(strings.Count(text, "\n")+1, maxLines)
	list := make(Lines, 0, n)
	start := 0
	for len(list) < n-1 {
		end := strings.IndexByte(text[start:], '\n') + start
		list = append(list, line{start: start, text: text[start:end]})
		start = end + 1
	}
	return append(list, line{start: start, text: text[start:]})
}

// at returns the index of the line with an offset, -1 before the first.
func (l Lines) at(offset int) int {
	return sort.Search(len(l), func(i int) bool { return l[i].start > offset }) - 1
}

// QuotedAt says whether the offset is in quoted or forwarded text.
func (l Lines) QuotedAt(offset int) bool {
	i := l.at(offset)
	return i >= 0 && (l[i].kind == kindQuote || l[i].kind == kindForward)
}

// Quoted says whether there is quoted text.
func (l Lines) Quoted() bool { return l.has(kindQuote) }

// Forwarded says whether there is text of a forwarded mail.
func (l Lines) Forwarded() bool { return l.has(kindForward) }

// CodeAt says whether the offset is in a patch.
func (l Lines) CodeAt(offset int) bool {
	i := l.at(offset)
	return i >= 0 && l[i].kind == kindCode
}

func (l Lines) has(kind lineKind) bool {
	for i := range l {
		if l[i].kind == kind {
			return true
		}
	}
	return false
}

// Own returns the author's own lines and the signature among the first limit bytes
// of the text. Runs of empty lines become one.
func (l Lines) Own(limit int) (own, signature string) {
	var b, sign strings.Builder
	b.Grow(l.room(limit))
	empty := true
	for _, line := range l {
		text := line.text
		if line.start >= limit {
			break
		}
		if line.start+len(text) > limit {
			text = strings.ToValidUTF8(text[:limit-line.start], "")
		}
		switch line.kind {
		case kindSignature:
			sign.WriteString(text)
			sign.WriteByte('\n')
		case kindOwn:
			text = strings.TrimRight(text, " \t\u3000")
			if text == "" && empty {
				continue
			}
			empty = text == ""
			b.WriteString(text)
			b.WriteByte('\n')
		}
	}
	return strings.TrimSpace(b.String()), strings.TrimSpace(sign.String())
}

// room is how many bytes the author's own lines have among the first limit ones of the
// text, at most.
func (l Lines) room(limit int) int {
	n := 0
	for i := range l {
		if l[i].kind == kindOwn && l[i].start < limit {
			n += len(l[i].text) + 1
		}
	}
	return n
}

// set gives lines from up to before to a kind, unless they are something already.
func (l Lines) set(from, to int, kind lineKind) {
	for i := from; i < to && i < len(l); i++ {
		if l[i].kind == kindOwn {
			l[i].kind = kind
		}
	}
}

// Classify says of each line whose words it is. marks are ranges that HTML itself
// sets apart; forward says that the subject calls this mail a forward.
func Classify(text string, marks []Mark, forward bool) Lines {
	l := cutLines(text)
	l.applyMarks(marks)
	l.patch()
	l.quotes(forward)
	l.signatures()
	l.disclaimers()
	return l
}

// applyMarks gives every line that lies in a marked range its kind.
func (l Lines) applyMarks(marks []Mark) {
	for _, m := range marks {
		i := sort.Search(len(l), func(i int) bool { return l[i].start >= m.start })
		if i > 0 && l[i-1].start+len(l[i-1].text) > m.start && m.start == l[i-1].start {
			i--
		}
		for ; i < len(l) && l[i].start < m.end; i++ {
			if l[i].kind == kindOwn {
				l[i].kind = m.kind
			}
		}
	}
}

// patch marks a unified diff: from its first header, or from the "---" that git
// puts above the diffstat, to the signature line or the end.
func (l Lines) patch() {
	for i := range l {
		if !l.opensPatch(i) {
			continue
		}
		end := i
		for end < len(l) && l[end].text != "-- " && l[end].text != "--" {
			end++
		}
		l.set(l.diffStatAbove(i), end, kindCode)
		return
	}
}

// patchHeads begin the first line of a patch; behind some stands a second.
var patchHeads = []struct{ first, second string }{
	{"diff --git ", ""}, {"diff -u", ""}, {"diff -r", ""}, // git, diff, Mercurial
	{"--- ", "+++ "},     // "--- a/main.go", "+++ b/main.go"
	{"Index: ", "====="}, // Subversion
}

// opensPatch says whether a patch begins at line i: with its header, its diffstat, or
// "@@ -1,2 +1,3 @@".
func (l Lines) opensPatch(i int) bool {
	t := l[i].text
	if t == "" || strings.IndexByte("d-I@ ", t[0]) < 0 { // most lines
		return false
	}
	for _, head := range patchHeads {
		if strings.HasPrefix(t, head.first) && (head.second == "" ||
			i+1 < len(l) && strings.HasPrefix(l[i+1].text, head.second)) {
			return true
		}
	}
	return strings.HasPrefix(t, "@@ -") && strings.Contains(t[4:], " @@") || isDiffStat(t)
}

// diffStatAbove returns the first of the lines right above line i, where a patch begins,
// that are of its diffstat, with the "---" and up to three empty lines.
func (l Lines) diffStatAbove(i int) int {
	start := i
	for start > 0 {
		above := l[start-1].text
		if !isDiffStat(above) && strings.TrimSpace(above) != "---" &&
			(i-start >= 3 || above != "") {
			break
		}
		start--
	}
	return start
}

// isDiffStat says whether a line is of a diffstat: " path | 12 ++--" or
// " 3 files changed, 10 insertions(+)".
func isDiffStat(t string) bool {
	if !strings.HasPrefix(t, " ") {
		return false
	}
	if strings.Contains(t, " changed, ") && strings.Contains(t, "(") &&
		(strings.Contains(t, " file changed") || strings.Contains(t, " files changed")) {
		return true
	}
	if strings.HasPrefix(t, " create mode ") || strings.HasPrefix(t, " delete mode ") {
		return true
	}
	_, tail, ok := strings.Cut(t, " | ")
	if !ok || len(t) > 120 {
		return false
	}
	tail = strings.TrimLeft(tail, " ")
	digits := len(tail) - len(strings.TrimLeft(tail, "0123456789"))
	if digits == 0 {
		return strings.HasPrefix(tail, "Bin ")
	}
	return strings.Trim(tail[digits:], " +-") == ""
}
