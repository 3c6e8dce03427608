package bench

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer/content"
)

// letter is one mail to send.
type letter struct {
	login  string
	client string
	from   string
	rcpt   []string
	source content.Source
}

// peer is the MTA's end of a milter connection. It offers all that Postfix 3.7 offers,
// waits for exactly the answers that it has to wait for, and writes what lies between
// two answers at once, as Postfix does.
type peer struct {
	conn   net.Conn
	r      *bufio.Reader
	out    []byte
	silent gomilter.OptProtocol // events that get no answer
	mails  int
}

// offered are Postfix's flags at protocol version 2 and later.
const offered = 0x1fffff

func dialPeer(network, addr string) (*peer, error) {
	conn, err := net.Dial(network, addr)
	if err != nil {
		return nil, err
	}
	p := &peer{conn: conn, r: bufio.NewReader(conn)}
	data := binary.BigEndian.AppendUint32(nil, 6)
	data = binary.BigEndian.AppendUint32(data, 0x1ff)
	p.put('O', binary.BigEndian.AppendUint32(data, offered))
	code, answer, err := p.answer()
	if err != nil || code != 'O' || len(answer) < 12 {
		conn.Close()
		return nil, fmt.Errorf("negotiate with the milter: %q %v", code, err)
	}
	p.silent = gomilter.OptProtocol(binary.BigEndian.Uint32(answer[8:]))
	return p, nil
}

func (p *peer) put(code byte, data []byte) {
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(1+len(data)))
	p.out = append(append(p.out, code), data...)
}

func (p *peer) macros(code byte, pairs ...string) {
	data := []byte{code}
	for _, s := range pairs {
		data = append(append(data, s...), 0)
	}
	p.put('D', data)
}

// answer sends what waits and reads one answer.
func (p *peer) answer() (byte, []byte, error) {
	if _, err := p.conn.Write(p.out); err != nil {
		return 0, nil, err
	}
	p.out = p.out[:0]
	var head [5]byte
	if _, err := io.ReadFull(p.r, head[:]); err != nil {
		return 0, nil, err
	}
	data := make([]byte, binary.BigEndian.Uint32(head[:])-1)
	_, err := io.ReadFull(p.r, data)
	return head[4], data, err
}

// event sends an event and expects to go on, unless it was agreed not to answer.
func (p *peer) event(noReply gomilter.OptProtocol, code byte, data []byte) error {
	p.put(code, data)
	if p.silent&noReply != 0 {
		return nil
	}
	got, _, err := p.answer()
	if err == nil && got != 'c' {
		err = fmt.Errorf("the milter answered %q to %q", got, code)
	}
	return err
}

// connect reports an SMTP client.
func (p *peer) connect(l *letter) error {
	p.macros('C', "j", "mx.example.org", "{daemon_name}", "submission")
	data := append([]byte("unknown\x004\xc3\x50"), l.client...)
	if err := p.event(gomilter.OptNoConnReply, 'C', append(data, 0)); err != nil {
		return err
	}
	return p.event(gomilter.OptNoHeloReply, 'H', append([]byte("["+l.client+"]"), 0))
}

// send sends one mail and returns how long the answer to its end took.
func (p *peer) send(l *letter) (time.Duration, error) {
	p.mails++
	id := fmt.Sprintf("4B%013dz", p.mails)
	if err := p.connect(l); err != nil {
		return 0, err
	}
	p.macros('M', "{auth_type}", "PLAIN", "{auth_authen}", l.login, "{mail_addr}", l.from)
	err := p.event(gomilter.OptNoMailReply, 'M', []byte("<"+l.from+">\x00"))
	for _, to := range l.rcpt {
		if err == nil {
			p.macros('R', "i", id, "{rcpt_addr}", to)
			err = p.event(gomilter.OptNoRcptReply, 'R', []byte("<"+to+">\x00"))
		}
	}
	for _, f := range l.source.Header {
		if err == nil {
			p.macros('L', "i", id)
			err = p.event(gomilter.OptNoHeaderReply, 'L', []byte(f.Name+"\x00"+f.Value+"\x00"))
		}
	}
	if err == nil {
		p.macros('N', "i", id)
		err = p.event(gomilter.OptNoEOHReply, 'N', nil)
	}
	for rest := l.source.Body; len(rest) > 0 && err == nil; {
		n := min(len(rest), 65535)
		p.macros('B', "i", id)
		err = p.event(gomilter.OptNoBodyReply, 'B', rest[:n])
		rest = rest[n:]
	}
	if err != nil {
		return 0, err
	}
	return p.end(id)
}

// end sends the end of a message, and after its answer the abort that Postfix sends.
func (p *peer) end(id string) (time.Duration, error) {
	p.macros('E', "i", id)
	p.put('E', nil)
	begun := time.Now()
	for {
		code, _, err := p.answer()
		if err != nil {
			return 0, err
		}
		switch code {
		case 'q':
			continue
		case 'c', 'a':
			took := time.Since(begun)
			p.put('A', nil)
			return took, nil
		}
		return 0, fmt.Errorf("the milter answered %q to the end of message", code)
	}
}
