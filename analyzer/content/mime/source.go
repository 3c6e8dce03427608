package mime

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// Field is one header field as the client wrote it: Name in its own spelling,
// Value raw (folded lines joined by "\n", encoded-words not decoded).
type Field struct {
	Name  string
	Value string
}

// Source is a mail before parsing. Header is in the order of the wire. Body has
// CRLF or LF line ends and may be cut: BodySize then exceeds len(Body).
type Source struct {
	Header        []Field
	HeaderDropped int  // fields that did not fit the receiver's cap
	ReadDropped   bool // of names that IsRead were among them
	Body          []byte
	BodySize      int64 // bytes on the wire, before any cap
}

// Bounds of ReadSource's header.
const (
	maxSourceFields = 1000
	maxSourceHeader = 1 << 20 // bytes of all fields together
)

// ReadSource reads a whole mail, as in an .eml file, and keeps at most maxBody bytes
// of its body (0 or less: 64 MiB). Headers in the wild are not to be trusted: an
// mbox "From " line or a byte order mark in front is skipped, lines without a colon
// are skipped where more fields follow and begin the body where none do, any mix of
// line ends is read, and what exceeds the bounds is counted, not kept. The only
// errors are those of r.
func ReadSource(r io.Reader, maxBody int64) (Source, error) {
	if maxBody <= 0 {
		maxBody = 64 << 20
	}
	var src Source
	br := bufio.NewReaderSize(r, 32<<10)
	if loneCR(br) {
		br = bufio.NewReaderSize(&macReader{r: br}, 32<<10)
	}
	h := headerReader{br: br, src: &src}
	err := h.read()
	h.end()
	if err != nil {
		return src, fmt.Errorf("reading a mail's header: %w", err)
	}
	var body bytes.Buffer
	body.Write(h.body)
	if room := maxBody - int64(body.Len()); room > 0 {
		if _, err := io.CopyN(&body, br, room); err != nil && err != io.EOF {
			return src, fmt.Errorf("reading a mail's body: %w", err)
		}
	}
	rest, err := io.Copy(io.Discard, br)
	if err != nil {
		return src, fmt.Errorf("reading past a mail's kept body: %w", err)
	}
	src.Body = body.Bytes()
	src.BodySize = int64(len(src.Body)) + rest
	if int64(len(src.Body)) > maxBody {
		src.Body = src.Body[:maxBody]
	}
	return src, nil
}

// headerReader reads header lines.
type headerReader struct {
	br   *bufio.Reader
	src  *Source
	size int
	last []byte // value of the last field, folds joined by "\n"

	dropped bool   // the last field was not kept, nor are its folds
	behind  quota  // fields kept of those behind the bounds
	body    []byte // lines that turned out to belong to the body
}

// end finishes the last field.
func (h *headerReader) end() {
	if n := len(h.src.Header); n > 0 {
		h.src.Header[n-1].Value = string(h.last)
	}
}

func (h *headerReader) read() error {
	first := true
	for {
		line, err := h.line()
		if err != nil && err != io.EOF {
			return err
		}
		if len(line) == 0 {
			return nil // the empty line, or the end
		}
		if first {
			first = false
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
			if bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From ")) {
				continue
			}
		}
		if done := h.take(line); done {
			return nil
		}
		if err == io.EOF {
			return nil
		}
	}
}

// take handles one line and says whether the body begins with it.
func (h *headerReader) take(line []byte) (done bool) {
	fields := h.src.Header
	if line[0] == ' ' || line[0] == '\t' {
		if len(fields) > 0 && !h.dropped && h.fitsFold(len(line)+1) {
			h.last = append(append(h.last, '\n'), line...)
		}
		return false
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !isFieldName(line[:colon]) {
		if h.fieldFollows() {
			return false // dirt between fields
		}
		h.body = append(append(h.body, line...), '\r', '\n')
		return true
	}
	fits := h.fits(len(line)) && len(fields) < maxSourceFields
	if name := line[:colon]; !fits && (len(name) > 100 || !h.behind.take(string(name))) {
		h.src.HeaderDropped++
		h.src.ReadDropped = h.src.ReadDropped || len(name) <= 100 && IsRead(string(name))
		h.dropped = true
		return false
	}
	h.end()
	h.dropped = false
	h.src.Header = append(fields, Field{Name: string(bytes.TrimRight(line[:colon], " \t"))})
	h.last = append(h.last[:0], bytes.TrimPrefix(line[colon+1:], []byte{' '})...)
	return false
}

func (h *headerReader) fits(n int) bool {
	h.size += n
	return h.size <= maxSourceHeader
}

// fitsFold says whether n bytes may be added to the last field: a field that is read has
// room of its own.
func (h *headerReader) fitsFold(n int) bool {
	return h.fits(n) ||
		len(h.last)+n <= maxFieldBytes && IsRead(h.src.Header[len(h.src.Header)-1].Name)
}

// fieldFollows says whether the next line looks like a field.
func (h *headerReader) fieldFollows() bool {
	next, _ := h.br.Peek(200)
	if i := bytes.IndexByte(next, '\n'); i >= 0 {
		next = next[:i]
	}
	colon := bytes.IndexByte(next, ':')
	return colon > 0 && isFieldName(next[:colon])
}

// line reads one line without its end, at most 64 KiB of it. A lone CR ends a line
// too when no LF is near.
func (h *headerReader) line() ([]byte, error) {
	var line []byte
	for {
		piece, err := h.br.ReadSlice('\n')
		if room := maxFieldBytes - len(line); room > 0 {
			line = append(line, piece[:min(len(piece), room)]...)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		return bytes.TrimRight(line, "\r\n"), err
	}
}

// loneCR says whether the first line ends with a CR alone, as on old Macintoshes.
func loneCR(br *bufio.Reader) bool {
	head, _ := br.Peek(4 << 10)
	i := bytes.IndexAny(head, "\r\n")
	return i >= 0 && i+1 < len(head) && head[i] == '\r' && head[i+1] != '\n'
}

// macReader turns lone CRs into LFs.
type macReader struct {
	r  io.Reader
	cr bool // the last byte read was a CR
}

func (m *macReader) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	for i, c := range p[:n] {
		if c == '\r' {
			p[i] = '\n'
		}
		if c == '\n' && m.cr {
			p[i] = ' ' // the LF of a CRLF, whose CR already ended the line
		}
		m.cr = c == '\r'
	}
	return n, err
}
