package pdf

import (
	"bytes"
	"strings"
)

// What streams hold that is not drawn: scripts, and forms in XML (XFA), whole or in pieces.

// script tells of a stream that is text, or of a stretch of one: a script, or XML, which is read as the
// page that viewers make of it.
func (f *file) script(data []byte) {
	text := bytes.TrimLeft(data[:min(len(data), 1000)], blanks+"\x00\xef\xbb\xbf")
	switch {
	case bytes.HasPrefix(data, []byte("\xfe\xff")), bytes.HasPrefix(data, []byte("\xff\xfe")):
		if plain := f.sink.Decode(data, "utf-16"); strings.HasPrefix(strings.TrimLeft(plain, blanks+"\ufeff"), "<") {
			f.sink.File([]byte(plain))
		} else {
			f.sink.Text(plain)
		}
	case bytes.HasPrefix(text, []byte("<")):
		f.sink.File(bytes.TrimLeft(data, "\x00"))
	case bytes.Contains(data, []byte("://")) && bytes.Count(data, []byte{0})*8 <= len(data):
		f.sink.Text(f.sink.Decode(data, ""))
	}
}

// maxStray bounds the URLs of one stream that stand beside what it draws.
const maxStray = 100

// stray tells of URLs in a stream of drawing instructions that are in no string that is drawn, as
// where a script begins with a word of theirs:
//
//	/* BT (x) Tj ET */ url = 'https://example.org/'; app.launchURL(url)
type stray struct {
	file *file
	data []byte
	next int // where the next "://" stands, len(data) for nowhere
	told int
}

func (f *file) strays(data []byte) *stray {
	s := &stray{file: f, data: data}
	s.find(0)
	return s
}

func (s *stray) find(from int) {
	s.next = len(s.data)
	if i := bytes.Index(s.data[min(from, len(s.data)):], []byte("://")); i >= 0 {
		s.next = from + i
	}
}

// upTo tells of those before a place.
func (s *stray) upTo(end int) {
	for s.next < end {
		if s.told++; s.told > maxStray {
			s.file.budget.Over = true
			s.next = len(s.data)
			return
		}
		from, to := s.next, s.next
		for from > 0 && s.next-from < 32 && !separates[s.data[from-1]] {
			from--
		}
		for to < len(s.data) && to-s.next < 4096 && !separates[s.data[to]] {
			to++
		}
		s.file.sink.Text(s.file.sink.Decode(s.data[from:to], ""))
		s.find(max(to, s.next+1))
	}
}

// skip leaves out a string, which is drawn.
func (s *stray) skip(from, to int) {
	if s.next < from {
		s.upTo(from)
	}
	if s.next < to {
		s.find(to)
	}
}

// separates are the bytes that a URL in a script ends at.
var separates = func() (table [256]bool) {
	for c := range 0x21 {
		table[c] = true
	}
	for _, c := range []byte("()<>\"'`{}") {
		table[c] = true
	}
	return table
}()

// maxPieces bounds the streams of one form.
const maxPieces = 100

// form reads a form whose XML lies in several streams, which viewers put together:
//
//	/XFA [(preamble) 10 0 R (template) 11 0 R (postamble) 12 0 R]
func (f *file) form(data []byte) {
	data = trimLeft(data)
	if ref, ok := reference(data); ok {
		data = trimLeft(f.objects[ref])
	}
	if len(data) == 0 || data[0] != '[' || f.formRead {
		return
	}
	f.formRead = true
	var whole []byte
	for n, pieces := 1, 0; n < len(data) && data[n] != ']'; {
		if _, used, ok := readString(data[n:], nil); ok {
			n += max(used, 1)
			continue
		}
		ref, ok := reference(data[n:])
		if !ok {
			n++
			continue
		}
		if pieces++; pieces > maxPieces {
			f.budget.Over = true
			break
		}
		if s := f.byNumber[ref]; s != nil {
			plain, _, own := f.plain(s)
			if f.budget.Spend(len(plain)) {
				whole = append(whole, plain...)
			}
			if own {
				f.budget.Free(plain)
			}
		}
		n += len(data[n:]) - len(bytes.TrimLeft(data[n:], digits+blanks)) // "10 0 "
	}
	f.script(whole)
}
