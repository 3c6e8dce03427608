package replay

import (
	"bytes"
	"io"
)

// onlyReturns says whether the beginning of a file ends its lines with a carriage return alone, as
// mail programs of the first Macintoshes kept mail.
func onlyReturns(head []byte) bool {
	return bytes.IndexByte(head, '\r') >= 0 && bytes.IndexByte(head, '\n') < 0
}

// newlines reads a file with another line end in place of each carriage return; places in it stay
// where they are.
type newlines struct {
	at io.ReaderAt
	r  io.Reader
}

func (n newlines) ReadAt(p []byte, off int64) (int, error) { return ended(p)(n.at.ReadAt(p, off)) }
func (n newlines) Read(p []byte) (int, error)              { return ended(p)(n.r.Read(p)) }

func ended(p []byte) func(int, error) (int, error) {
	return func(n int, err error) (int, error) {
		for i := range p[:n] {
			if p[i] == '\r' {
				p[i] = '\n'
			}
		}
		return n, err
	}
}
