package replay

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// An mbox file is mails one after another, each begun by a line "From ADDRESS DATE"
// (RFC 4155, and mbox(5) of qmail). Writers are careless: Dovecot asks for no empty line
// in front, Thunderbird for no date, mboxcl2 quotes no "From " in bodies but counts bytes.
// MMDF, of SCO and of some mail programs still, has lines of four Ctrl-A around each mail instead.
// So a line counts as the beginning of a mail by how much speaks for it (fromline.go), and
// Content-Length is a hint that counts where the file proves it right.

// maxHead is how much of a mail the index looks at, to find its time.
const maxHead = 256 << 10

// peekHead is how much behind a "From " line is looked at: a header's beginning.
const peekHead = 8 << 10

// piece is one mail of an mbox file.
type piece struct {
	offset, length int64
	from           time.Time // of the "From " line, may be zero
	head           []byte    // the beginning, at most maxHead; valid during the call only
}

// mboxScanner finds the mails of an mbox.
type mboxScanner struct {
	file     io.ReaderAt
	size     int64
	br       *bufio.Reader
	pos      int64 // of the next unread byte
	blank    bool  // the line before was empty
	fenced   bool  // the line before was MMDF's
	inMail   bool
	inHeader bool
	counted  int64 // Content-Length of the current mail, -1 without
	bodyEnd  int64 // where the file proves Content-Length right, 0 without
	cur      piece
	found    func(piece) error
}

// scanMbox calls found for each mail of an mbox, in order. What is in front of the
// first mail is skipped. The file is read once from front to end: it may be of any size.
func scanMbox(file io.ReaderAt, size int64, found func(piece) error) error {
	s := &mboxScanner{file: file, size: size, blank: true, found: found,
		br: bufio.NewReaderSize(io.NewSectionReader(file, 0, size), 64<<10)}
	for {
		start := s.pos
		line, err := s.br.ReadSlice('\n')
		s.pos += int64(len(line))
		whole := !errors.Is(err, bufio.ErrBufferFull)
		if err != nil && whole && !errors.Is(err, io.EOF) {
			return err
		}
		if err := s.line(line, start); err != nil {
			return err
		}
		for !whole { // the rest of an overlong line
			rest, err := s.br.ReadSlice('\n')
			s.pos += int64(len(rest))
			s.keep(rest)
			whole = !errors.Is(err, bufio.ErrBufferFull)
			if err != nil && whole && !errors.Is(err, io.EOF) {
				return err
			}
		}
		if err != nil && errors.Is(err, io.EOF) {
			return s.end(s.pos)
		}
	}
}

// fence is the line of MMDF that begins a mail and ends one (mmdf(5)).
const fence = "\x01\x01\x01\x01"

// bom is what some editors and exports put in front of a file.
const bom = "\xef\xbb\xbf"

func (s *mboxScanner) line(line []byte, start int64) error {
	if start == 0 {
		line = bytes.TrimPrefix(line, []byte(bom))
	}
	if string(bytes.TrimRight(line, "\r\n")) == fence {
		s.fenced, s.blank = true, true
		return s.end(start)
	}
	if s.fenced && len(line) > 0 && !bytes.HasPrefix(line, []byte("From ")) {
		s.start(start, time.Time{})
	}
	s.fenced = false
	if bytes.HasPrefix(line, []byte("From ")) {
		line = bytes.Clone(line) // peeking at the next line moves the buffer
		from := readFromLine(string(bytes.TrimRight(line, "\r\n")))
		if s.begins(from, start) {
			if err := s.end(start); err != nil {
				return err
			}
			s.start(s.pos, from.at)
			return nil
		}
	}
	text := bytes.TrimRight(line, "\r\n")
	s.blank = len(text) == 0
	if s.inHeader {
		s.header(text)
	}
	s.keep(line)
	return nil
}

// start begins a mail whose header is at a place.
func (s *mboxScanner) start(at int64, from time.Time) {
	s.inMail, s.inHeader, s.blank = true, true, false
	s.counted, s.bodyEnd = -1, 0
	s.cur = piece{offset: at, from: from, head: s.cur.head[:0]}
}

// header notes a header's Content-Length, and at the header's end whether it can be true.
func (s *mboxScanner) header(text []byte) {
	name, value, ok := bytes.Cut(text, []byte(":"))
	if ok && bytes.EqualFold(bytes.TrimSpace(name), []byte("content-length")) {
		n, err := strconv.ParseInt(strings.TrimSpace(string(value)), 10, 64)
		if err == nil && n >= 0 && n < s.size {
			s.counted = n
		}
	}
	if s.inHeader = len(text) > 0; !s.inHeader && s.counted >= 0 && s.ends(s.pos+s.counted) {
		s.bodyEnd = s.pos + s.counted
	}
}

// ends says whether a mail's body can end at a place: behind a line, and where the file
// ends or the next mail begins.
func (s *mboxScanner) ends(at int64) bool {
	if at > s.size {
		return false
	}
	buf := make([]byte, 1+peekHead)
	n, err := s.file.ReadAt(buf, at-1) // a header is in front, so at > 0
	if err != nil && !errors.Is(err, io.EOF) || n == 0 {
		return false
	}
	rest := bytes.TrimLeft(buf[1:n], "\r\n")
	if buf[0] != '\n' && len(rest) == n-1 {
		return false
	}
	line, after, _ := bytes.Cut(rest, []byte("\n"))
	if !bytes.HasPrefix(line, []byte("From ")) {
		return len(rest) == 0 && at-1+int64(n) == s.size
	}
	return readFromLine(string(bytes.TrimRight(line, "\r"))).begins(after, true)
}

// begins says whether a "From " line begins a mail.
func (s *mboxScanner) begins(from fromLine, start int64) bool {
	if start < s.bodyEnd {
		return false
	}
	next, _ := s.br.Peek(peekHead) // an error means less
	return from.begins(next, s.blank || s.bodyEnd > 0 && start <= s.bodyEnd+2)
}

func (s *mboxScanner) keep(b []byte) {
	if room := maxHead - len(s.cur.head); s.inMail && room > 0 {
		s.cur.head = append(s.cur.head, b[:min(len(b), room)]...)
	}
}

func (s *mboxScanner) end(at int64) error {
	if !s.inMail {
		return nil
	}
	s.inMail = false
	s.cur.length = at - s.cur.offset
	return s.found(s.cur)
}
