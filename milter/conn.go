package milter

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	gomilter "github.com/emersion/go-milter"
)

// conn stands between the MTA and go-milter. It gives go-milter whole, bounded packets
// in an order that makes sense, gives every read and write a deadline, remembers to
// which command the macros belong, and knows when the MTA waits for nothing. What is
// no milter protocol ends the connection; go-milter then sees an orderly end.
type conn struct {
	net.Conn
	server *Server
	ses    *session
	silent bool // packets before the end of the message are not answered (noReply)
	br     *bufio.Reader

	// Of the goroutine that reads.
	ready   []byte // of the packet, not yet read by go-milter
	through int    // bytes of a body chunk that follow ready, straight from br
	phase   phase
	macros  byte // command to which the latest macros belong, 0 for none

	known bool // the client was named

	mu       sync.Mutex
	busy     bool      // a message is in flight
	rests    time.Time // since then it has said nothing
	draining bool
	once     sync.Once
}

// phase is how far the SMTP session is.
type phase int

const (
	fresh   phase = iota // nothing negotiated
	between              // no message
	message              // between MAIL and the end of its message
	ended                // the end of message was read; whoever reads on has answered it
)

// Bounds of one packet, in bytes.
const (
	// maxCommand bounds everything but header fields and body chunks. Postfix's longest
	// line, 2048, bounds what it has to say there.
	maxCommand = 64 << 10
	// maxChunk is MILTER_CHUNK_SIZE (65535, libmilter/mfdef.h) and the command byte.
	maxChunk = 64 << 10
	// maxField is go-milter's own bound for a packet.
	maxField = 1 << 20
)

// writeTime is far beyond what a local MTA needs to take a reply.
const writeTime = 30 * time.Second

// errProtocol is what a peer did that no MTA does.
var errProtocol = errors.New("not the milter protocol")

func newConn(nc net.Conn, s *Server) *conn {
	nc = prompted(nc)
	return &conn{Conn: nc, server: s, br: bufio.NewReaderSize(nc, 8<<10), rests: time.Now()}
}

type offer struct {
	actions  gomilter.OptAction
	protocol gomilter.OptProtocol
}

// offer looks at the MTA's negotiation packet, which must come first and soon: length,
// 'O', version, actions, protocol flags (libmilter/mfdef.h; 32 bits each, big endian).
func (c *conn) offer() (offer, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.server.packetTime)); err != nil {
		return offer{}, err
	}
	head, err := c.br.Peek(4 + 1 + 3*4)
	if len(head) > 4 && (head[4] != byte(gomilter.CodeOptNeg) ||
		binary.BigEndian.Uint32(head) > maxCommand) {
		return offer{}, fmt.Errorf("%w: no negotiation first", errProtocol)
	}
	if len(head) > 0 && err != nil {
		return offer{}, half(err)
	}
	if err != nil {
		return offer{}, err
	}
	return offer{
		actions:  gomilter.OptAction(binary.BigEndian.Uint32(head[9:])),
		protocol: gomilter.OptProtocol(binary.BigEndian.Uint32(head[13:])),
	}, nil
}

// Read gives go-milter the next bytes. Every error but one within a body chunk comes
// between packets, and as io.EOF: go-milter logs others where nobody looks.
func (c *conn) Read(b []byte) (int, error) {
	for len(c.ready) == 0 {
		if c.through > 0 {
			n, err := c.br.Read(b[:min(len(b), c.through)])
			c.through -= n
			if err != nil {
				c.broken(half(err))
			}
			return n, err
		}
		if err := c.next(); err != nil {
			c.broken(err)
			return 0, io.EOF
		}
	}
	n := copy(b, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// next makes the next packet ready.
func (c *conn) next() error {
	if err := c.await(); err != nil {
		return err
	}
	if err := c.hurry(5); err != nil { // from here on the packet has begun
		return err
	}
	head, err := c.br.Peek(5)
	if err != nil {
		return half(err)
	}
	length, code := int(binary.BigEndian.Uint32(head)), gomilter.Code(head[4])
	if c.phase == ended && code != gomilter.CodeAbort {
		// Postfix aborts after every message. Without that go-milter would keep the
		// header fields of all messages of the connection.
		c.phase, c.macros = between, 0
		c.ready = packet(nil, gomilter.CodeAbort, nil)
		return nil
	}
	if err := c.admit(code, length); err != nil {
		return err
	}
	if err := c.hurry(4 + length); err != nil {
		return err
	}
	return c.read(code, length, head)
}

// hurry sets the deadline for so many bytes of a packet, if they are not there yet.
func (c *conn) hurry(n int) error {
	if c.br.Buffered() >= n {
		return nil
	}
	return c.SetReadDeadline(time.Now().Add(c.server.packetTime))
}

// read reads an admitted packet.
func (c *conn) read(code gomilter.Code, length int, head []byte) error {
	switch code {
	case gomilter.CodeBody:
		c.ready, c.through = append(c.ready[:0], head...), length-1
		_, err := c.br.Discard(5)
		return err
	case gomilter.CodeHeader:
		return c.field(length)
	}
	c.ready = make([]byte, 4+length)
	if _, err := io.ReadFull(c.br, c.ready); err != nil {
		return half(err)
	}
	switch {
	case code == gomilter.CodeMacro && length > 1:
		c.macros = c.ready[5]
	case code == gomilter.CodeConn:
		return wellFormed(c.ready[5:])
	}
	return nil
}

// wellFormed looks at the data of a connect packet: name, NUL, family, and for an
// internet family a port of two bytes. go-milter answers one without a port by itself,
// which must not happen when connect packets are not answered.
func wellFormed(data []byte) error {
	name := bytes.IndexByte(data, 0)
	if name < 0 || len(data) < name+2 {
		return fmt.Errorf("%w: connect without a family", errProtocol)
	}
	if f := data[name+1]; (f == '4' || f == '6') && len(data) < name+4 {
		return fmt.Errorf("%w: connect without a port", errProtocol)
	}
	return nil
}

// half says that a connection ended within a packet, which no MTA does on purpose.
func half(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("half a packet: %w", err)
}

// await waits for the first byte of a packet. When go-milter reads on after an end of
// message, it has answered it: only then is the message no longer in flight.
func (c *conn) await() error {
	c.mu.Lock()
	if c.phase == ended {
		c.busy = false
	}
	over := c.draining && !c.busy
	c.rests = time.Now()
	c.mu.Unlock()
	if over {
		return io.EOF
	}
	if c.br.Buffered() > 0 {
		return nil
	}
	patience := c.server.cfg.Load().Idle
	if !c.known { // an MTA names its client at once
		patience = min(patience, c.server.packetTime)
	}
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := c.br.Peek(1)
	return err
}

// admit checks a packet's length and its place, and follows the message's course.
func (c *conn) admit(code gomilter.Code, length int) error {
	most := maxCommand
	switch code {
	case gomilter.CodeBody:
		most = maxChunk
	case gomilter.CodeHeader:
		most = maxField
	}
	if length < 1 || length > most {
		return fmt.Errorf("%w: packet %q of %d bytes", errProtocol, byte(code), length)
	}
	if !c.inPlace(code) {
		return fmt.Errorf("%w: packet %q out of place", errProtocol, byte(code))
	}
	switch code {
	case gomilter.CodeOptNeg:
		c.phase = between
	case gomilter.CodeMail:
		c.phase = message
		c.setBusy(true)
	case gomilter.CodeEOB:
		c.phase = ended
	case gomilter.CodeAbort:
		c.phase, c.macros = between, 0
		c.setBusy(false)
	}
	return nil
}

// inPlace says whether a packet may come in this phase.
func (c *conn) inPlace(code gomilter.Code) bool {
	switch code {
	case gomilter.CodeOptNeg:
		return c.phase == fresh
	case gomilter.CodeConn, gomilter.CodeMail:
		return c.phase != fresh && c.phase != message
	case gomilter.CodeRcpt, gomilter.CodeHeader, gomilter.CodeEOH, gomilter.CodeBody,
		gomilter.CodeEOB:
		return c.phase == message
	case gomilter.CodeAbort, gomilter.CodeHelo, gomilter.CodeData, gomilter.CodeMacro,
		gomilter.CodeQuit:
		return c.phase != fresh
	}
	return false
}

func (c *conn) setBusy(busy bool) {
	c.mu.Lock()
	c.busy = busy
	c.mu.Unlock()
}

// resting returns since when it has said nothing, false while a message is in flight.
func (c *conn) resting() (since time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rests, !c.busy
}

// drain ends the connection when no message is in flight, now or later.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	if !c.busy {
		c.Conn.Close()
	}
}

// macrosOf says whether the macros that came were sent for this command.
func (c *conn) macrosOf(code gomilter.Code) bool { return c.macros == byte(code) }

// broken logs and counts the end of a connection that was none.
func (c *conn) broken(err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return
	}
	c.server.count.Broken.Add(1)
	c.server.cfg.Load().Log.Warn("connection closed", "error", err)
}

func (c *conn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// Close is called once, when go-milter's session ends, on its goroutine.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		if c.ses != nil {
			c.ses.forget()
		}
		c.server.drop(c)
	})
	return err
}

// errOneShot is what a oneShot answers after its connection.
var errOneShot = errors.New("one connection only")

// oneShot is a listener of a single, already accepted connection.
type oneShot struct {
	conn net.Conn
	used bool
}

func (o *oneShot) Accept() (net.Conn, error) {
	if o.used {
		return nil, errOneShot
	}
	o.used = true
	return o.conn, nil
}

func (o *oneShot) Close() error   { return nil }
func (o *oneShot) Addr() net.Addr { return o.conn.LocalAddr() }
