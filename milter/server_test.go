package milter

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
)

// stubJudge answers as told and keeps what it saw.
type stubJudge struct {
	mu    sync.Mutex
	mails []*analyzer.Mail
	do    func(*analyzer.Mail) (analyzer.Verdict, error)
}

func (j *stubJudge) Judge(_ context.Context, m *analyzer.Mail) (analyzer.Verdict, error) {
	j.mu.Lock()
	j.mails = append(j.mails, m)
	j.mu.Unlock()
	if j.do == nil {
		return analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Pass}, nil
	}
	return j.do(m)
}

func (j *stubJudge) last() *analyzer.Mail {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.mails[len(j.mails)-1]
}

func says(a analyzer.Action, points float64) *stubJudge {
	return &stubJudge{do: func(*analyzer.Mail) (analyzer.Verdict, error) {
		return analyzer.Verdict{Action: a, Would: a, Points: points}, nil
	}}
}

// noonUTC is when all mail of these tests arrives.
func noonUTC() time.Time { return time.Date(2026, 5, 11, 12, 0, 0, 0, time.UTC) }

func quiet(cfg Config) Config {
	cfg.Log = slog.New(slog.DiscardHandler)
	cfg.Now = noonUTC
	return cfg
}

// start serves cfg until the test ends and then expects nothing to be left.
func start(t testing.TB, cfg Config) (*Server, string) {
	t.Helper()
	s := New(quiet(cfg))
	return s, serve(t, s)
}

func serve(t testing.TB, s *Server) string {
	t.Helper()
	before := runtime.NumGoroutine()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.accept(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		short, stop := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer stop()
		s.Shutdown(short)
		eventually(t, "all connections ended, all room given back", func() bool {
			return s.count.Open.Load() == 0 && s.count.InFlight.Load() == 0
		})
		eventually(t, "no goroutine left", func() bool { return runtime.NumGoroutine() <= before })
	})
	return ln.Addr().String()
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("never: %s", what)
			return
		}
	}
}

// offering dials as an MTA that offers protocol flags, which go-milter's client cannot.
type offering gomilter.OptProtocol

func (o offering) Dial(network, addr string) (net.Conn, error) {
	c, err := net.Dial(network, addr)
	return &offeringConn{Conn: c, flags: uint32(o)}, err
}

type offeringConn struct {
	net.Conn
	flags uint32
	done  bool
}

func (c *offeringConn) Write(b []byte) (int, error) {
	if !c.done {
		c.done = true
		b = bytes.Clone(b)
		binary.BigEndian.PutUint32(b[13:], c.flags)
	}
	return c.Conn.Write(b)
}

// modes are the two ways in which a session runs: every packet answered, or only the end
// of the message.
var modes = map[string]gomilter.OptProtocol{"answering": 0, "silent": noReply}

// dialled counts the clients of dial.
var dialled atomic.Int64

// dial connects as Postfix does for a client that nobody else has.
func dial(t testing.TB, addr string, mode gomilter.OptProtocol) *gomilter.ClientSession {
	t.Helper()
	n := dialled.Add(1)
	return dialAs(t, addr, mode, fmt.Sprintf("198.51.%d.%d", 100+n/200%100, 1+n%200))
}

func dialAs(t testing.TB, addr string, mode gomilter.OptProtocol, client string,
) *gomilter.ClientSession {
	t.Helper()
	c := gomilter.NewClientWithOptions("tcp", addr, gomilter.ClientOptions{
		Dialer:       offering(mode),
		ReadTimeout:  time.Minute,
		WriteTimeout: time.Minute,
		ActionMask:   gomilter.OptAddHeader | gomilter.OptQuarantine,
	})
	ses, err := c.Session()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ses.Close() })
	if ses.ProtocolOpts != mode {
		t.Fatalf("negotiated flags %x, want %x", ses.ProtocolOpts, mode)
	}
	ses.Macros(gomilter.CodeConn, "j", "mx.example.jp", "{daemon_name}", "submission")
	if _, err := ses.Conn("client.example.jp", gomilter.FamilyInet, 2525, client); err != nil {
		t.Fatal(err)
	}
	ses.Macros(gomilter.CodeHelo, "{tls_version}", "TLSv1.3", "{cipher}", "AES")
	if _, err := ses.Helo("pc.example.jp"); err != nil {
		t.Fatal(err)
	}
	return ses
}

// begin plays a message up to its end of header, as Postfix does.
func begin(t testing.TB, ses *gomilter.ClientSession, login string) {
	t.Helper()
	if login != "" {
		ses.Macros(gomilter.CodeMail, "{auth_authen}", login, "{auth_type}", "PLAIN")
	}
	goesOn(t)(ses.Mail("b@example.jp", nil))
	goesOn(t)(ses.Rcpt("partner@example.org", nil))
	ses.Macros(gomilter.CodeRcpt, "i", "4CQueueID")
	goesOn(t)(ses.Rcpt(`"second"@example.org`, nil))
	ses.Macros(gomilter.CodeHeader, "i", "4CQueueID")
	goesOn(t)(ses.HeaderField("Subject", "folded\n line"))
	goesOn(t)(ses.HeaderField("x-second", "\xe3\x81\x82\xff"))
	goesOn(t)(ses.HeaderField("X-Empty", ""))
	goesOn(t)(ses.HeaderField("x-second", "again"))
	goesOn(t)(ses.HeaderEnd())
}

func goesOn(t testing.TB) func(*gomilter.Action, error) {
	return func(a *gomilter.Action, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if a.Code != gomilter.ActContinue {
			t.Fatalf("answer %c before the end of the message", a.Code)
		}
	}
}

// finish plays the rest of a message and returns the quarantine's reason and the answer.
func finish(t testing.TB, ses *gomilter.ClientSession, body string) (string, gomilter.ActionCode) {
	t.Helper()
	for len(body) > 0 {
		n := min(len(body), gomilter.MaxBodyChunk)
		goesOn(t)(ses.BodyChunk([]byte(body[:n])))
		body = body[n:]
	}
	acts, act, err := ses.End()
	if err != nil {
		t.Fatal(err)
	}
	why := ""
	for _, a := range acts {
		if a.Code != gomilter.ActQuarantine {
			t.Errorf("the mail is changed: %c", a.Code)
		}
		why += a.Reason
	}
	if err := ses.Abort(); err != nil {
		t.Fatal(err)
	}
	return why, act.Code
}

func send(t testing.TB, ses *gomilter.ClientSession, login, body string) (
	string, gomilter.ActionCode) {
	t.Helper()
	begin(t, ses, login)
	return finish(t, ses, body)
}
