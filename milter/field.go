package milter

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	gomilter "github.com/emersion/go-milter"
)

// field makes a header packet ready: 'L', name, NUL, value, NUL. go-milter answers one
// of any other shape without asking us, which must not happen when header packets are
// not answered; and it keeps a copy of every field in memory until an abort. So fields
// are brought into shape here, and those over the cap never reach it.
func (c *conn) field(length int) error {
	if name := c.fieldName(length); !c.ses.roomFor(length, name) {
		if err := c.drop(length, name); err != nil {
			return half(err)
		}
		c.ready = c.ready[:0]
		if !c.silent {
			// Three strings: go-milter answers that it goes on, and keeps nothing.
			c.ready = packet(c.ready, gomilter.CodeHeader, []byte("x\x00x\x00x\x00"))
		}
		return nil
	}
	buf := make([]byte, 4+length)
	if _, err := io.ReadFull(c.br, buf); err != nil {
		return half(err)
	}
	data := buf[5:]
	name := bytes.IndexByte(data, 0)
	if name <= 0 {
		return fmt.Errorf("%w: header field without a name", errProtocol)
	}
	value := bytes.IndexByte(data[name+1:], 0)
	if value < 0 {
		return fmt.Errorf("%w: header field without an end", errProtocol)
	}
	// What follows a NUL in a value Postfix cuts too, before it queues the mail.
	end := name + 1 + value + 1
	binary.BigEndian.PutUint32(buf, uint32(1+end))
	c.ready = buf[:5+end]
	return nil
}

// maxNaming bounds what is kept of a field over the cap that says whose mail it is.
const maxNaming = 4 << 10

// drop reads a header packet that there is no room for. Of fields that say whose mail it is the last
// one is kept all the same: a host that is believed may write it behind all that its client wrote,
// and who has room for one of his own and none for the host's would be whom he likes.
func (c *conn) drop(length int, name string) error {
	keep := 0
	if c.ses.naming(name) {
		keep = min(4+length, 5+len(name)+1+maxNaming)
	}
	buf := make([]byte, keep)
	if _, err := io.ReadFull(c.br, buf); err != nil {
		return err
	}
	if start := 5 + len(name) + 1; keep > start {
		value, _, _ := bytes.Cut(buf[start:], []byte{0})
		c.ses.latest(name, string(value))
	}
	_, err := c.br.Discard(4 + length - keep)
	return err
}

// maxFieldName bounds the names of fields that content reads.
const maxFieldName = 64

// fieldName looks at the name in a header packet that is still to be read.
func (c *conn) fieldName(length int) string {
	head, _ := c.br.Peek(min(4+length, 5+maxFieldName)) // length, 'L', name
	if len(head) < 5 {
		return ""
	}
	name, _, _ := bytes.Cut(head[5:], []byte{0})
	return string(name)
}

// packet appends a packet to b.
func packet(b []byte, code gomilter.Code, data []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(1+len(data)))
	return append(append(b, byte(code)), data...)
}
