package milter

import (
	"errors"
	"net"
	"sync"
	"time"
)

// conn gives every read and write a deadline and tells when the connection is gone.
type conn struct {
	net.Conn
	idle time.Duration
	gone func()
	once sync.Once
}

func (c *conn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.idle)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// writeTimeout is far beyond what a local MTA needs to take a reply.
const writeTimeout = 30 * time.Second

func (c *conn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.gone)
	return err
}

// errOneShot is what a oneShot answers after its connection.
var errOneShot = errors.New("one connection only")

// oneShot is a listener of a single, already accepted connection: go-milter's Server
// returns on any accept error and cannot be shut down, so each connection gets its own.
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
