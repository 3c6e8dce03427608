package mime

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Text is a part that mail programs show, read in segments: first what may be kept, then
// all the rest, so that no part is too long to be looked at.
type Text struct {
	HTML   bool // or text/enriched, whose tags are close enough to be stripped alike
	Flowed bool // format=flowed (RFC 3676)
	DelSp  bool // delsp=yes

	reader *Reader
	body   []byte // what is left, in the part's charset
	label  string
	wide   string // what is left of a charset that cannot be cut
	whole  bool   // wide holds it
}

// NewText reads decoded bytes under a charset's label.
func (r *Reader) NewText(body []byte, label string, html bool) *Text {
	t := &Text{HTML: html, reader: r, body: body, label: label}
	if html && label == "" {
		t.label = MetaCharset(body)
	}
	name := alias(cleanLabel(t.label))
	if isWide(name) && bytes.IndexByte(body, 0) < 0 && !has8bit(body) {
		t.label, name = "", "" // as programs show it: no link can be in it that is two bytes a letter
	}
	if !isKnown(name) && !isPlainUTF8(body) {
		r.Skip(UnreadEncoding, "text in a charset that is not known")
	}
	if isWide(name) || name == "utf-7" || hasWideMark(body) {
		t.wide, t.whole, t.body = t.convert(body), true, nil
	}
	return t
}

// hasWideMark says whether b begins with the byte order mark of UTF-16.
func hasWideMark(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff"))
}

// Head returns the first segment: as much as may be kept as text of the mail, "" when
// other parts have used that up.
func (t *Text) Head() string {
	r := t.reader
	part := min(r.Limits.PartBytes, r.Limits.TextBytes*textFactor, maxTextPart)
	room := max(0, min(part, maxTextAll-r.shownText))
	r.shownText += min(room, len(t.body)+len(t.wide))
	if room == 0 {
		return ""
	}
	return t.take(room)
}

// Next returns the next segment; ok is false when there is none, or no more time.
func (t *Text) Next() (segment string, ok bool) {
	if len(t.body)+len(t.wide) == 0 || t.reader.OutOfTime() {
		return "", false
	}
	return t.take(segmentBytes), true
}

// take converts about n bytes.
func (t *Text) take(n int) string {
	if t.whole {
		n = cutText(t.wide, n)
		out := t.wide[:n]
		t.wide = t.wide[n:]
		return out
	}
	n = t.cut(n)
	out := t.convert(t.body[:n])
	t.body = t.body[n:]
	return out
}

// cut returns where to cut the body, about n bytes from its beginning: behind a line end,
// where also ISO-2022-JP begins anew; else behind a blank, which is not part of a longer
// character in any charset that is read in segments; else anywhere in what is ASCII, and before a
// character of what is UTF-8.
func (t *Text) cut(n int) int {
	if n >= len(t.body) {
		return len(t.body)
	}
	if i := bytes.LastIndexByte(t.body[:n], '\n'); i >= 0 {
		return i + 1
	}
	if bytes.IndexByte(t.body[:n], 0x1b) < 0 && bytes.IndexByte(t.body[:n], 0x0e) < 0 {
		if i := bytes.LastIndexByte(t.body[:n], ' '); i >= 0 {
			return i + 1
		}
		if !has8bit(t.body[:n]) {
			return n
		}
	}
	if name := alias(cleanLabel(t.label)); name == "utf-8" || name == "" {
		for i := n; i > n-utf8.UTFMax; i-- {
			if utf8.RuneStart(t.body[i]) {
				return i
			}
		}
		return n // no UTF-8, whatever is said
	}
	if i := bytes.IndexByte(t.body[n:], '\n'); i >= 0 {
		return n + i + 1
	}
	return len(t.body)
}

// cutText returns where to cut valid UTF-8, at most n bytes from its beginning: behind a
// line end or blank if there is one, else before a character.
func cutText(s string, n int) int {
	if n >= len(s) {
		return len(s)
	}
	if i := strings.LastIndexAny(s[:n], "\n "); i >= 0 {
		return i + 1
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return max(n, 1)
}

// convert turns bytes into UTF-8.
func (t *Text) convert(b []byte) string {
	text, note := DecodeCharset(b, t.label)
	if note != "" {
		t.reader.Defect(note, charsetDetail(note))
	}
	return text
}

func charsetDetail(code string) string {
	switch code {
	case DefectCharset:
		return "a charset that is not known"
	case DefectLabel:
		return "a charset label that does not fit the text"
	}
	return "text that is broken in its own charset"
}
