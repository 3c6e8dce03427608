package replay

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Lines of a mail that begin with "From " are kept as ">From " in an mbox; mboxrd does the
// same with lines that begin with ">From ", ">>From " and so on, mboxo does not. Taking one
// ">" away reads both right, but for an mboxo line that began with ">From " when it was
// sent.

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
