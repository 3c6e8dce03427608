package milter

import "time"

// clients shares connections out as memory is (shares): a client may have as many as it leaves
// free, and so may all those together whose client is not known yet. Postfix names the client
// as soon as it has connected, and lets each have 50 at once
// (smtpd_client_connection_count_limit): who keeps many more, or says nothing, is no MTA, or
// is a client that the admin lets have as many as it likes. Server.mu guards it.
type clients struct {
	conns map[*conn]string // to the client, unknown before it is known
	count map[string]int   // by client
}

// Clients that are not addresses.
const (
	unknown = ""
	local   = "local" // mail that a program handed in on the MTA's host
)

// restTime is how long a connection must have said nothing to be ended in favour of another.
const restTime = 10 * time.Second

func newClients() clients {
	return clients{conns: make(map[*conn]string), count: make(map[string]int)}
}

func (w *clients) add(c *conn) {
	w.conns[c] = unknown
	w.count[unknown]++
}

// remove may be called twice.
func (w *clients) remove(c *conn) {
	if _, ok := w.conns[c]; ok {
		w.leave(c)
		delete(w.conns, c)
	}
}

func (w *clients) leave(c *conn) {
	client := w.conns[c]
	if w.count[client]--; w.count[client] == 0 {
		delete(w.count, client)
	}
}

// announce says whose connection it is. It returns false when the client has its share.
func (w *clients) announce(c *conn, client string, limit int) bool {
	if _, ok := w.conns[c]; !ok {
		return true // it is ending
	}
	w.leave(c)
	w.conns[c] = client
	w.count[client]++
	return w.count[client] <= max(1, limit-len(w.conns))
}

// victim returns the connection that is to end because there is no room for one more, nil for
// none: of whoever has most of them, the one that has said nothing for longest, and has no
// message in flight. full says that there is no room at all.
func (w *clients) victim(full bool, limit int, rest time.Duration) *conn {
	if !full && w.count[unknown] < limit-len(w.conns) {
		return nil
	}
	var victim *conn
	var most int
	var longest time.Time
	before := time.Now().Add(-rest)
	for c, client := range w.conns {
		since, ok := c.resting()
		if !ok || since.After(before) || !full && client != unknown {
			continue
		}
		n := w.count[client]
		if victim == nil || n > most || n == most && since.Before(longest) {
			victim, most, longest = c, n, since
		}
	}
	return victim
}

// announce says whose connection it is, and ends it when the client has its share.
func (s *Server) announce(c *conn, client string) {
	cfg := s.cfg.Load()
	s.mu.Lock()
	ok := s.clients.announce(c, client, cfg.Connections)
	n := s.clients.count[client]
	quiet := ok || s.refusedLately()
	s.mu.Unlock()
	if ok {
		return
	}
	s.count.Refused.Add(1)
	c.Conn.Close()
	if !quiet {
		cfg.Log.Warn("connection refused: its client has its share", "client", client, "open", n,
			"limit", cfg.Connections, "refused_so_far", s.count.Refused.Load())
	}
}

// evict ends a connection whose place another one needs.
func (s *Server) evict(cfg *Config, c *conn, client string) {
	s.count.Evicted.Add(1)
	c.Conn.Close()
	s.mu.Lock()
	quiet := s.refusedLately()
	s.mu.Unlock()
	if !quiet {
		cfg.Log.Warn("idle connection ended: another one needs its place", "client", client,
			"limit", cfg.Connections, "ended_so_far", s.count.Evicted.Load())
	}
}
