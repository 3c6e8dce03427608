package mime

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// A stretch is bytes whose structure is broken.
type stretch struct {
	body []byte
	at   Place
}

// scanLater has a stretch scanned as it stands when all parts have been read.
func (r *Reader) scanLater(body []byte, at Place) {
	if len(body) > 0 {
		r.broken = append(r.broken, stretch{body, at})
	}
}

// scanBroken scans the stretches, each byte once: what is broken often lies in what is
// broken around it.
func (r *Reader) scanBroken() {
	for _, s := range outermost(r.broken) {
		r.scanRaw(s.body, s.at, false)
	}
}

// outermost returns the stretches that do not lie in another one, in the order given.
func outermost(all []stretch) []stretch {
	// Slices of one array share its last byte, and by their capacity one sees where in it
	// they begin.
	type span struct{ array, start, end, index int }
	arrays := make(map[*byte]int)
	spans := make([]span, len(all))
	for i, s := range all {
		last := &s.body[:cap(s.body)][cap(s.body)-1]
		if _, ok := arrays[last]; !ok {
			arrays[last] = len(arrays)
		}
		spans[i] = span{arrays[last], -cap(s.body), len(s.body) - cap(s.body), i}
	}
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(a.array-b.array, a.start-b.start, b.end-a.end, a.index-b.index)
	})
	var keep []int
	var around span // the last one kept
	for i, s := range spans {
		if i == 0 || s.array != around.array || s.end > around.end {
			around = s
			keep = append(keep, s.index)
		}
	}
	slices.Sort(keep)
	out := make([]stretch, len(keep))
	for i, k := range keep {
		out[i] = all[k]
	}
	return out
}

// scanRaw looks for text and URLs in bytes whose structure is broken, as they stand
// and with base64 and quoted-printable runs decoded. Where nothing else was read of
// them, asText makes what they hold the mail's text.
func (r *Reader) scanRaw(b []byte, at Place, asText bool) {
	if !r.spend(len(b)) {
		return
	}
	at.Raw = true
	at.Group = nil
	plain := b
	if bytes.Contains(b, []byte("=\n")) || bytes.Contains(b, []byte("=\r\n")) ||
		bytes.Contains(b, []byte("=3D")) || bytes.Contains(b, []byte("=3d")) {
		plain = looseQP(r.buffer(), b, len(b))
		defer r.free(plain)
	}
	r.rawText(plain, at, asText)
	buf := r.buffer()
	defer func() { r.free(buf) }()
	base64Runs(b, func(run []byte) {
		if r.OutOfTime() {
			return
		}
		out, _ := looseBase64(buf[:0], run)
		buf = out
		if bytes.IndexByte(out, '.') < 0 && bytes.IndexByte(out, ':') < 0 && !asText {
			return // no link can be in it
		}
		if mostlyText(out) || mayHide(out) {
			r.rawText(out, at, asText && mostlyText(out))
		}
	})
}

// rawText shows one stretch of a broken body.
func (r *Reader) rawText(b []byte, at Place, asText bool) {
	if !r.OutOfTime() {
		r.visitor.Raw(r.NewText(b, "", hasTags(b)), at, asText)
	}
}

// HasTags says whether text is HTML in all likelihood.
func HasTags(text string) bool { return hasTags([]byte(text)) }

func hasTags(b []byte) bool {
	for i := bytes.IndexByte(b, '<'); i >= 0; {
		b = b[i+1:]
		for _, tag := range []string{"a ", "html", "div", "td", "area", "form", "body", "v:"} {
			if len(b) >= len(tag) && strings.EqualFold(string(b[:len(tag)]), tag) {
				return true
			}
		}
		i = bytes.IndexByte(b, '<')
	}
	return false
}

// base64Runs calls found for runs of lines that are nothing but base64, at least 40
// digits in all.
func base64Runs(b []byte, found func(run []byte)) {
	start, digits := -1, 0
	for at := 0; at < len(b); {
		line := b[at:]
		next := len(b)
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line, next = line[:i], at+i+1
		}
		line = bytes.TrimRight(line, "\r")
		if isBase64Line(line) {
			if start < 0 {
				start, digits = at, 0
			}
			digits += len(line)
		} else if start >= 0 {
			if digits >= 40 {
				found(b[start:at])
			}
			start = -1
		}
		at = next
	}
	if start >= 0 && digits >= 40 {
		found(b[start:])
	}
}

func isBase64Line(line []byte) bool {
	for _, c := range line {
		if b64Value[c] == b64None {
			return false
		}
	}
	return len(line) > 0
}

// mayHide says whether bytes that begin neither as text nor as a known kind of file hold
// a link all the same.
func mayHide(b []byte) bool {
	if _, kind := sniffContent(b, ""); kind != OtherFile && kind != TextFile {
		return false
	}
	return bytes.Contains(b, []byte("://")) || bytes.Contains(b, []byte("href"))
}

// mostlyText says whether decoded bytes are text rather than a picture or noise.
func mostlyText(b []byte) bool {
	b = b[:min(len(b), 4096)]
	odd := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b {
			odd++
		}
	}
	return len(b) > 0 && odd*50 < len(b)
}
