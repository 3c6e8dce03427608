package replay

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"time"

	"hisseki/internal/maildate"
)

// An mbox file is mails one after another, each begun by a line "From ADDRESS DATE"
// after an empty line (RFC 4155, and mbox(5) of qmail). Lines of a mail that begin with
// "From " are written ">From "; mboxrd does the same with lines that begin with ">From ",
// ">>From " and so on, mboxo does not. Taking one ">" away reads both right, but for an
// mboxo line that began with ">From " when it was sent. Content-Length is ignored: where
// it is wrong it would hide mails.

// fromDate is what every variant has after the address, but for the bare "From " and
// "From - " of Thunderbird.
var fromDate = regexp.MustCompile(`^From (-? ?$|.*[0-9]{1,2}:[0-9]{2})`)

// aField begins a header. A mail follows its "From " line at once.
var aField = regexp.MustCompile(`^[!-9;-~]+[ \t]*:`)

// maxHead is how much of a mail the index looks at, to find its time.
const maxHead = 256 << 10

// piece is one mail of an mbox file.
type piece struct {
	offset, length int64
	from           time.Time // of the "From " line, may be zero
	head           []byte    // the beginning, at most maxHead; valid during the call only
}

// mboxScanner finds the mails of an mbox.
type mboxScanner struct {
	br     *bufio.Reader
	pos    int64 // of the next unread byte
	blank  bool  // the line before was empty
	inMail bool
	cur    piece
	found  func(piece) error
}

// scanMbox calls found for each mail of an mbox, in order. What is in front of the
// first mail is skipped. The reader is read as a stream: a file may be of any size.
func scanMbox(r io.Reader, found func(piece) error) error {
	s := &mboxScanner{br: bufio.NewReaderSize(r, 64<<10), blank: true, found: found}
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

func (s *mboxScanner) line(line []byte, start int64) error {
	candidate := s.blank && bytes.HasPrefix(line, []byte("From "))
	if candidate {
		line = bytes.Clone(line) // peeking at the next line moves the buffer
	}
	text := bytes.TrimRight(line, "\r\n")
	if candidate && s.begins(text) {
		if err := s.end(start); err != nil {
			return err
		}
		s.inMail = true
		s.cur = piece{offset: s.pos, from: fromLineTime(string(text)), head: s.cur.head[:0]}
		s.blank = false
		return nil
	}
	s.blank = len(text) == 0
	s.keep(line)
	return nil
}

// begins says whether a "From " line after an empty line begins a mail.
func (s *mboxScanner) begins(text []byte) bool {
	next, _ := s.br.Peek(200)
	return fromDate.Match(text) && (aField.Match(next) || bytes.HasPrefix(next, []byte(">From ")))
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

// fromLineTime reads the date of "From ADDRESS DATE".
func fromLineTime(line string) time.Time {
	rest := line[len("From "):]
	for range 2 { // the address may be "-" or missing
		if t, _ := maildate.Parse(rest); sane(t) {
			return t
		}
		_, after, ok := bytes.Cut([]byte(rest), []byte(" "))
		if !ok {
			break
		}
		rest = string(after)
	}
	return time.Time{}
}

// unquoter undoes the quoting of an mbox and drops the empty line that ends a mail.
type unquoter struct {
	br      *bufio.Reader
	out     []byte // to be handed out; points into br's buffer or held
	held    []byte // an empty line that is the last one, perhaps
	within  bool   // the next piece continues a line
	failure error
}

func newUnquoter(r io.Reader) *unquoter {
	return &unquoter{br: bufio.NewReaderSize(r, 32<<10)}
}

// Read implements io.Reader.
func (u *unquoter) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.failure != nil {
			return 0, u.failure
		}
		u.fill()
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *unquoter) fill() {
	line, err := u.br.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		u.failure = err
	}
	if len(line) == 0 {
		return // the end: a held empty line is not the mail's
	}
	starts := !u.within
	u.within = errors.Is(err, bufio.ErrBufferFull)
	if starts && quotedFrom(line) {
		line = line[1:]
	}
	held := u.held
	u.held = nil
	if starts && len(bytes.TrimRight(line, "\r\n")) == 0 {
		u.held = append(u.held, line...)
		line = nil
	}
	u.out = line
	if len(held) > 0 {
		u.out = append(held, line...)
	}
}

// quotedFrom says whether a line is one or more ">" and "From ".
func quotedFrom(line []byte) bool {
	rest := bytes.TrimLeft(line, ">")
	return len(rest) < len(line) && bytes.HasPrefix(rest, []byte("From "))
}
