// Package milter is the left edge: one SMTP transaction becomes an analyzer.Mail, a
// verdict becomes a milter reply. It is the only package that knows go-milter.
package milter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
)

// Judge judges a mail. When it returns without error the record is durable.
type Judge interface {
	Judge(ctx context.Context, m *analyzer.Mail) (analyzer.Verdict, error)
}

// tempFail is the failure action that asks the client to try again.
const tempFail analyzer.Action = "tempfail"

// Config of a server. Zero fields get the defaults named beside them.
type Config struct {
	Judge         Judge
	Identity      func() *Identity // read for every mail, so that it can be reloaded
	Log           *slog.Logger
	Now           func() time.Time
	HeaderBytes   int             // of one mail, kept: 256 KiB
	BodyBytes     int             // of one mail, kept: 4 MiB; the rest is counted
	InFlightBytes int64           // of all mails together: 256 MiB
	Connections   int             // at once: 1000, above what one Postfix opens by default
	Budget        time.Duration   // for one judgement: 5 s
	Idle          time.Duration   // without a packet: 20 min, above smtpd_timeout's 5
	OnFailure     analyzer.Action // Pass (default), Hold, or "tempfail"
}

func (c *Config) defaults() {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&c.HeaderBytes, 256<<10)
	set(&c.BodyBytes, 4<<20)
	set(&c.Connections, 1000)
	if c.InFlightBytes <= 0 {
		c.InFlightBytes = 256 << 20
	}
	if c.Budget <= 0 {
		c.Budget = 5 * time.Second
	}
	if c.Idle <= 0 {
		c.Idle = 20 * time.Minute
	}
	if c.OnFailure == "" {
		c.OnFailure = analyzer.Pass
	}
	if c.Identity == nil {
		c.Identity = func() *Identity { return &Identity{} }
	}
}

// Server answers MTAs.
type Server struct {
	cfg      Config
	inFlight atomic.Int64
	failures atomic.Int64

	mu       sync.Mutex
	sessions map[*session]struct{}
	draining bool
	wg       sync.WaitGroup
}

// New returns a server.
func New(cfg Config) *Server {
	cfg.defaults()
	return &Server{cfg: cfg, sessions: make(map[*session]struct{})}
}

// Failures returns how many mails got the failure action.
func (s *Server) Failures() int64 { return s.failures.Load() }

// Serve accepts connections until ctx ends or the listener is closed. It then stops
// accepting; call Shutdown to let messages in flight finish.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
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
		s.cfg.Log.Warn("accept failed, trying again", "error", err, "wait", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// take serves one connection, with a go-milter server of its own.
func (s *Server) take(c net.Conn) {
	ses := &session{server: s}
	s.mu.Lock()
	if s.draining || len(s.sessions) >= s.cfg.Connections {
		n := len(s.sessions)
		s.mu.Unlock()
		s.cfg.Log.Warn("connection refused", "open", n, "limit", s.cfg.Connections)
		c.Close()
		return
	}
	s.sessions[ses] = struct{}{}
	s.wg.Add(1)
	s.mu.Unlock()
	ses.conn = &conn{Conn: c, idle: s.cfg.Idle, gone: func() { s.drop(ses) }}
	srv := gomilter.Server{
		NewMilter: ses.newBackend,
		Actions:   gomilter.OptQuarantine,
		// No flags: with no-reply flags one wrong answer desynchronises the session
		// and a quarantined mail is delivered.
		Protocol: 0,
	}
	// Serve starts the session and returns with the one-shot listener's error.
	if err := srv.Serve(&oneShot{conn: ses.conn}); !errors.Is(err, errOneShot) {
		s.cfg.Log.Error("session did not start", "error", err)
		ses.conn.Close()
	}
}

func (s *Server) drop(ses *session) {
	s.mu.Lock()
	delete(s.sessions, ses)
	s.mu.Unlock()
	s.inFlight.Add(-ses.room.Swap(0))
	s.wg.Done()
}

// Shutdown closes idle connections at once, lets messages in flight finish until ctx
// ends, then closes the rest.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		s.closeSessions(false)
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			n := s.closeSessions(true)
			<-done
			return fmt.Errorf("closed %d connections with a message in flight: %w", n, ctx.Err())
		case <-tick.C:
		}
	}
}

func (s *Server) closeSessions(all bool) int {
	s.mu.Lock()
	var list []*session
	for ses := range s.sessions {
		if all || !ses.busy.Load() {
			list = append(list, ses)
		}
	}
	s.mu.Unlock()
	for _, ses := range list {
		ses.conn.Close()
	}
	return len(list)
}

type outcome struct {
	verdict analyzer.Verdict
	err     error
}

// judge runs one judgement within its budget. On time-out, error or panic the failure
// action applies. A judgement that comes too late changes nothing any more.
func (s *Server) judge(m *analyzer.Mail, full bool) analyzer.Action {
	if full {
		return s.fail(m, errors.New("too many bytes in flight"))
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Budget)
	defer cancel()
	result := make(chan outcome, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				result <- outcome{err: fmt.Errorf("internal error: %v", r)}
			}
		}()
		v, err := s.cfg.Judge.Judge(ctx, m)
		result <- outcome{v, err}
	}()
	select {
	case o := <-result:
		if o.err != nil {
			return s.fail(m, o.err)
		}
		s.logVerdict(m, &o.verdict)
		return o.verdict.Action
	case <-ctx.Done():
		return s.fail(m, fmt.Errorf("no verdict within %s", s.cfg.Budget))
	}
}

func (s *Server) fail(m *analyzer.Mail, err error) analyzer.Action {
	s.failures.Add(1)
	s.cfg.Log.Error("mail not judged", "queue_id", logValue(m.QueueID),
		"sender", logValue(m.Sender), "action", s.cfg.OnFailure, "error", logValue(err.Error()))
	return s.cfg.OnFailure
}

func (s *Server) logVerdict(m *analyzer.Mail, v *analyzer.Verdict) {
	level := slog.LevelInfo
	if v.Would != analyzer.Pass {
		level = slog.LevelWarn
	}
	s.cfg.Log.Log(context.Background(), level, "verdict", "queue_id", logValue(m.QueueID),
		"sender", logValue(m.Sender), "action", v.Action, "would", v.Would,
		"points", v.Points, "recipients", len(m.Recipients))
}
