package postgres

import (
	"context"
	"net"
	"time"
)

// answerTimeout is how long a server may take with one statement of a writer, beyond the time that
// it waits for the lock: a server that is frozen would keep the writer for ever.
const answerTimeout = 20 * time.Second

// link is the network's part of a connection. It gives up when an answer does not come, and it is
// cut when another server has become the primary.
type link struct {
	net.Conn
	gate     *Gate
	patience time.Duration // 0 for one that waits as long as its context
}

func (l *link) Read(b []byte) (int, error) {
	if l.patience > 0 {
		if err := l.SetReadDeadline(time.Now().Add(l.patience)); err != nil {
			return 0, err
		}
	}
	return l.Conn.Read(b)
}

func (l *link) Close() error {
	l.gate.mu.Lock()
	delete(l.gate.links, l)
	l.gate.mu.Unlock()
	return l.Conn.Close()
}

// dialer returns what opens links, with such a patience.
func (g *Gate) dialer(patience time.Duration) func(context.Context, string, string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: goneTimeout,
		Interval: time.Second, Count: 3}}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		l := &link{Conn: c, gate: g, patience: patience}
		g.mu.Lock()
		g.links[l] = true
		g.mu.Unlock()
		return l, nil
	}
}

// cut closes links at once, whoever waits for an answer on them.
func cut(list []*link) {
	for _, l := range list {
		_ = l.Conn.Close() // the old primary is no business of ours
	}
}
