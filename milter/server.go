// Package milter is the left edge: one SMTP transaction becomes an analyzer.Mail, a
// verdict becomes a milter reply. It is the only package that knows go-milter.
package milter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	gomilter "github.com/emersion/go-milter"
)

// Server answers MTAs. Make it with New.
type Server struct {
	cfg    atomic.Pointer[Config] // exchanged by Reload
	count  *Counters
	shares shares // of the memory for mails in flight
	turns  turns  // of the processors
	lane   lane   // of long mails

	mu       sync.Mutex
	clients  clients
	draining bool
	refusal  time.Time // last logged, on the machine's clock
	// wg counts connections and judgements. A judgement is added while its connection
	// counts, so that nothing is added after Wait has returned.
	wg sync.WaitGroup

	// Time for a packet that has begun, and for a connection's first. Postfix writes
	// whole packets to a socket on the same host: what takes longer is half-open.
	packetTime time.Duration
	restTime   time.Duration // see clients

	answering bool // even packets that need no answer: for the test that compares both
}

// New returns a server. Serve says whether cfg can work.
func New(cfg Config) *Server {
	cfg.defaults()
	s := &Server{count: cfg.Counters, clients: newClients(), packetTime: time.Minute,
		restTime: restTime}
	s.cfg.Store(&cfg)
	return s
}

// Counters returns what the server counts.
func (s *Server) Counters() *Counters { return s.count }

// Failures returns how many mails got the failure action.
func (s *Server) Failures() int64 { return s.count.Failures() }

// Reload exchanges limits, budget, idle time, failure action and identity for those of
// cfg. Judge, Log, Now, Counters and Unjudged
// stay. Mails in flight end with the old ones.
func (s *Server) Reload(cfg Config) error {
	old := s.cfg.Load()
	cfg.Judge, cfg.Log, cfg.Now, cfg.Counters = old.Judge, old.Log, old.Now, old.Counters
	cfg.Unjudged = old.Unjudged
	if err := cfg.Check(); err != nil {
		return err
	}
	cfg.defaults()
	s.cfg.Store(&cfg)
	return nil
}

// Serve accepts connections until ctx ends or the listener is closed, and returns nil
// then. Messages in flight go on; call Shutdown to let them finish.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	if err := s.cfg.Load().Check(); err != nil {
		return err
	}
	return s.accept(ctx, ln)
}

func (s *Server) accept(ctx context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	wait := time.Duration(0)
	for {
		c, err := ln.Accept()
		if err == nil {
			wait = 0
			s.take(c)
			continue
		}
		if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			return nil
		}
		// EMFILE and its like pass: wait and go on, an MTA must not lose its milter.
		wait = min(max(2*wait, 10*time.Millisecond), time.Second)
		s.count.Retried.Add(1)
		s.cfg.Load().Log.Warn("accept failed, trying again", "error", err, "wait", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// take serves one connection, unless there are too many. Where one that has long said nothing
// can make room, it does.
func (s *Server) take(nc net.Conn) {
	cfg := s.cfg.Load()
	c := newConn(nc, s)
	s.mu.Lock()
	full := len(s.clients.conns) >= cfg.Connections
	victim := s.clients.victim(full, cfg.Connections, s.restTime)
	if s.draining || full && victim == nil {
		quiet := s.draining || s.refusedLately()
		open := len(s.clients.conns)
		s.mu.Unlock()
		s.count.Refused.Add(1) // before the peer can notice
		nc.Close()
		if !quiet {
			cfg.Log.Warn("connection refused", "open", open, "limit", cfg.Connections,
				"refused_so_far", s.count.Refused.Load())
		}
		return
	}
	client := s.clients.conns[victim]
	s.clients.remove(victim) // now, or it would be chosen again before it has ended
	s.clients.add(c)
	s.wg.Add(1)
	s.mu.Unlock()
	if victim != nil {
		s.evict(cfg, victim, client)
	}
	s.count.Accepted.Add(1)
	s.count.Open.Add(1)
	go s.run(c)
}

// refusedLately says whether a refusal was logged within ten seconds: a flood must not fill
// the log as well. s.mu is locked.
func (s *Server) refusedLately() bool {
	if time.Since(s.refusal) < 10*time.Second {
		return true
	}
	s.refusal = time.Now()
	return false
}

// run learns what the MTA offers and starts go-milter's session, with a server of its
// own: go-milter's Server returns on any accept error and cannot be shut down.
func (s *Server) run(c *conn) {
	offer, err := c.offer()
	if err != nil {
		c.broken(err)
		c.Close()
		return
	}
	ses := &session{server: s, conn: c}
	srv := gomilter.Server{
		NewMilter: func() gomilter.Milter { return ses }, // never a session without its Connect
		Actions:   gomilter.OptQuarantine,
	}
	if offer.actions&gomilter.OptSetSymList != 0 {
		srv.Actions |= gomilter.OptSetSymList
		srv.SymList = wantedMacros()
	}
	// Answering a flagged packet would put the session out of step, and a quarantined
	// mail would be delivered. So: only when the MTA offers all of them, only for packets
	// that conn has made well-formed, and the callbacks ask the same field.
	if offer.protocol&noReply == noReply && !s.answering {
		srv.Protocol = noReply
		c.silent = true
		s.count.Silent.Add(1)
	}
	c.ses = ses
	// Serve starts the session and returns with the one-shot listener's error.
	if err := srv.Serve(&oneShot{conn: c}); !errors.Is(err, errOneShot) {
		s.cfg.Load().Log.Error("session did not start", "error", err)
		c.Close()
	}
}

// noReply are the packets that need no answer, for it is always to go on: all but the end
// of the message. A mail then costs the MTA one round trip instead of one for each
// recipient, header field and body chunk.
const noReply = gomilter.OptNoConnReply | gomilter.OptNoHeloReply | gomilter.OptNoMailReply |
	gomilter.OptNoRcptReply | gomilter.OptNoHeaderReply | gomilter.OptNoEOHReply |
	gomilter.OptNoBodyReply

// wantedMacros names the macros of each stage: what Postfix sends by default, which such
// a list replaces, and the client. Names that Postfix cannot fill it leaves out.
func wantedMacros() map[gomilter.Stage][]string {
	client := []string{"{client_addr}", "{client_name}", "{client_port}", "{daemon_name}", "j"}
	tls := []string{"{tls_version}", "{cipher}", "{cipher_bits}", "{cert_subject}"}
	auth := []string{"i", "{auth_type}", "{auth_authen}", "{auth_author}", "{mail_addr}"}
	return map[gomilter.Stage][]string{
		gomilter.StageConnect:  append([]string{"{daemon_addr}", "v", "_"}, client...),
		gomilter.StageHelo:     tls,
		gomilter.StageMailFrom: append(append(auth, client...), tls...),
		gomilter.StageRcptTo:   {"i", "{rcpt_addr}"},
		gomilter.StageEOH:      {"i"},
		gomilter.StageEOM:      {"i", "{auth_type}", "{auth_authen}"},
	}
}

func (s *Server) drop(c *conn) {
	s.mu.Lock()
	s.clients.remove(c)
	s.mu.Unlock()
	s.count.Open.Add(-1)
	s.wg.Done()
}

// Shutdown takes no more connections, closes idle ones, lets messages in flight (and
// judgements that came too late) finish until ctx ends, then closes the rest and says
// how many there were.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	for _, c := range s.open() {
		c.drain() // one with a message in flight ends itself when that is answered
	}
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	rest := s.open()
	for _, c := range rest {
		c.Conn.Close()
	}
	return fmt.Errorf("shut down with %d connections unfinished: %w", len(rest), ctx.Err())
}

func (s *Server) open() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.clients.conns))
}
