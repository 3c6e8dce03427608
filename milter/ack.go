package milter

import (
	"net"
	"syscall"
)

// prompt acknowledges at once whatever it reads. Postfix writes a mail in pieces, and with
// Nagle's algorithm (RFC 896) a piece waits until the one before is acknowledged. Where
// nothing is answered before the end of the message, Linux would delay that by 40 ms, in
// the hope of an answer to send it with.
type prompt struct {
	*net.TCPConn
	raw syscall.RawConn
}

// prompted returns nc, or for TCP a connection that acknowledges promptly.
func prompted(nc net.Conn) net.Conn {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nc
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nc
	}
	return &prompt{tcp, raw}
}

// Read sets the option anew each time: Linux forgets it (tcp(7)). Without it, it is only
// slower, so errors do not matter.
func (p *prompt) Read(b []byte) (int, error) {
	n, err := p.TCPConn.Read(b)
	p.raw.Control(func(fd uintptr) { //nolint:errcheck
		syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1) //nolint:errcheck
	})
	return n, err
}
