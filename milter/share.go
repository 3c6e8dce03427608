package milter

import "sync"

// shares shares InFlightBytes out among accounts and clients.
//
// Each connection has a floor of its own, so a mail of ordinary size always has room,
// whatever others do. What is left is a pool from which an account, or a client that did not
// log in, may have as much as it leaves free (Choudhury and Hahne, Dynamic queue length
// thresholds, 1998): alone it gets half, two get a third each, and there is always room for one
// more. A mail that gets no more room is judged by its beginning, and says so of itself: it is
// not let pass unread, which is what somebody who fills the memory would want.
type shares struct {
	mu   sync.Mutex
	used map[string]int64 // of the pool, by account or client
	all  int64            // of the pool
}

// maxFloor is what a mail's envelope, header and text take, in bytes; the header counts
// twice.
const maxFloor = 128 << 10

// floor is the room that every connection has of its own.
func (c *Config) floor() int64 {
	return min(maxFloor, c.InFlightBytes/2/int64(c.Connections))
}

// pool is what the floors leave.
func (c *Config) pool() int64 { return c.InFlightBytes - c.floor()*int64(c.Connections) }

// take gives bytes of the pool to whoever asks for them, or says that it has its share.
func (s *shares) take(who string, n, pool int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[who]+n > pool-s.all-n {
		return false
	}
	if s.used == nil {
		s.used = make(map[string]int64)
	}
	s.used[who] += n
	s.all += n
	return true
}

// give takes bytes back.
func (s *shares) give(who string, n int64) {
	if n == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all -= n
	if s.used[who] -= n; s.used[who] <= 0 {
		delete(s.used, who)
	}
}

// room is what one mail has of the memory for mails in flight.
type room struct {
	server *Server
	who    string // account or client, "" before it is known
	bytes  int64
	pooled int64 // of these, from the pool
}

// take takes bytes: of the floor first, then of the pool.
func (r *room) take(cfg *Config, n int64) bool {
	all := &r.server.count.InFlight
	// Judgements that hang keep their room beyond their connection's next mail.
	if all.Add(n) > cfg.InFlightBytes {
		all.Add(-n)
		return false
	}
	beyond := min(n, max(0, r.bytes+n-cfg.floor()))
	if beyond > 0 && !r.server.shares.take(r.who, beyond, cfg.pool()) {
		all.Add(-n)
		return false
	}
	r.bytes += n
	r.pooled += beyond
	return true
}

// left is what is left of the floor.
func (r *room) left(cfg *Config) int { return int(max(0, cfg.floor()-r.bytes)) }

// give gives everything back. It may be called twice.
func (r *room) give() {
	if r.server == nil {
		return
	}
	r.server.shares.give(r.who, r.pooled)
	r.server.count.InFlight.Add(-r.bytes)
	r.bytes, r.pooled = 0, 0
}

// grow makes room for a body of size bytes, or for as many as there is memory for, and takes
// what it really costs: for a doubled one, else for the next bytes, else what is left of the
// floor.
func (s *session) grow(size int) {
	msg := s.msg
	body := msg.mail.Body
	if size <= cap(body) {
		return
	}
	for _, room := range []int{max(size, min(2*cap(body), msg.cfg.BodyBytes)), size,
		cap(body) + msg.room.left(msg.cfg)} {
		if room > cap(body) && s.take(room-cap(body)) {
			msg.mail.Body = append(make([]byte, 0, room), body...)
			return
		}
	}
}

// take takes bytes of the memory for mails in flight.
func (s *session) take(n int) bool {
	return s.msg.err == nil && s.msg.room.take(s.msg.cfg, int64(n))
}

// mustTake takes bytes of what a mail cannot be judged without, its envelope. Without room
// for it the failure action applies.
func (s *session) mustTake(n int) bool {
	if s.msg.err == nil && !s.take(n) {
		s.msg.err = errOverBudget
		s.msg.mail.Header, s.msg.mail.Body = nil, nil
	}
	return s.msg.err == nil
}
