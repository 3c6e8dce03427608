package milter

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
)

// fakeJudge answers as told and keeps what it saw.
type fakeJudge struct {
	mu    sync.Mutex
	mails []*analyzer.Mail
	do    func(*analyzer.Mail) (analyzer.Verdict, error)
}

func (f *fakeJudge) Judge(ctx context.Context, m *analyzer.Mail) (analyzer.Verdict, error) {
	f.mu.Lock()
	f.mails = append(f.mails, m)
	f.mu.Unlock()
	if f.do == nil {
		return analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Pass}, nil
	}
	return f.do(m)
}

func start(t testing.TB, cfg Config) (*Server, string) {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := New(cfg)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { s.Serve(ctx, ln); close(ended) }()
	t.Cleanup(func() {
		cancel()
		<-ended
		short, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		s.Shutdown(short)
	})
	return s, ln.Addr().String()
}

func dial(t testing.TB, addr string) *gomilter.ClientSession {
	t.Helper()
	c := gomilter.NewClientWithOptions("tcp", addr, gomilter.ClientOptions{
		ActionMask: gomilter.OptAddHeader | gomilter.OptQuarantine})
	ses, err := c.Session()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ses.Close() })
	if _, err := ses.Conn("client.example.jp", gomilter.FamilyInet, 2525, "192.0.2.7"); err != nil {
		t.Fatal(err)
	}
	if err := ses.Macros(gomilter.CodeHelo, "{tls_version}", "TLSv1.3"); err != nil {
		t.Fatal(err)
	}
	if _, err := ses.Helo("pc.example.jp"); err != nil {
		t.Fatal(err)
	}
	return ses
}

// send plays one message as Postfix does and returns whether it was quarantined.
func send(t testing.TB, ses *gomilter.ClientSession, login, body string) (bool, *gomilter.Action) {
	t.Helper()
	check := func(a *gomilter.Action, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if a.Code != gomilter.ActContinue {
			t.Fatalf("answer %c before the end of the message", a.Code)
		}
	}
	ses.Macros(gomilter.CodeMail, "{auth_authen}", login, "{auth_type}", "PLAIN")
	check(ses.Mail("b@example.jp", nil))
	check(ses.Rcpt("partner@example.org", nil))
	ses.Macros(gomilter.CodeHeader, "i", "4CQueueID")
	check(ses.HeaderField("Subject", "folded\n line"))
	check(ses.HeaderField("X-Second", "2"))
	check(ses.HeaderEnd())
	for len(body) > 0 {
		n := min(len(body), 60000)
		check(ses.BodyChunk([]byte(body[:n])))
		body = body[n:]
	}
	acts, act, err := ses.End()
	if err != nil {
		t.Fatal(err)
	}
	held := false
	for _, a := range acts {
		held = held || a.Code == gomilter.ActQuarantine
	}
	if err := ses.Abort(); err != nil {
		t.Fatal(err)
	}
	return held, act
}

func TestConnectionOutlivesMessages(t *testing.T) {
	j := &fakeJudge{}
	_, addr := start(t, Config{Judge: j})
	ses := dial(t, addr)
	for range 3 {
		if held, act := send(t, ses, "B", "hello\r\n"); held || act.Code != gomilter.ActContinue {
			t.Fatalf("ordinary mail: held %v, answer %c", held, act.Code)
		}
		ses.Abort() // Postfix sends it twice
	}
	if len(j.mails) != 3 {
		t.Fatalf("%d mails judged", len(j.mails))
	}
	m := j.mails[2]
	if m.Client != netip.MustParseAddr("192.0.2.7") || m.Helo != "pc.example.jp" ||
		!strings.HasPrefix(m.TLS, "TLSv1.3") || m.QueueID != "4CQueueID" || m.Sender != "b" ||
		m.Class != analyzer.Account || len(m.Recipients) != 1 || len(m.Header) != 2 ||
		m.Header[0].Value != "folded\n line" || string(m.Body) != "hello\r\n" {
		t.Errorf("the third mail of the connection came through as %+v", m)
	}
}

func TestVerdictsOnTheWire(t *testing.T) {
	for action, want := range map[analyzer.Action]bool{
		analyzer.Pass: false, analyzer.Delay: true, analyzer.Hold: true,
	} {
		_, addr := start(t, Config{Judge: &fakeJudge{do: func(*analyzer.Mail) (analyzer.Verdict, error) {
			return analyzer.Verdict{Action: action}, nil
		}}})
		ses := dial(t, addr)
		for range 2 { // and the session must stay in step after a quarantine
			held, act := send(t, ses, "b", "x")
			if held != want || act.Code != gomilter.ActContinue {
				t.Errorf("%s: quarantined %v, answer %c", action, held, act.Code)
			}
		}
	}
}

func TestFailures(t *testing.T) {
	slow := func(*analyzer.Mail) (analyzer.Verdict, error) {
		time.Sleep(300 * time.Millisecond)
		return analyzer.Verdict{Action: analyzer.Hold}, nil
	}
	for name, do := range map[string]func(*analyzer.Mail) (analyzer.Verdict, error){
		"error": func(*analyzer.Mail) (analyzer.Verdict, error) { return analyzer.Verdict{}, errors.New("no") },
		"panic": func(*analyzer.Mail) (analyzer.Verdict, error) { panic("bug") },
		"slow":  slow,
	} {
		s, addr := start(t, Config{Judge: &fakeJudge{do: do}, Budget: 50 * time.Millisecond})
		ses := dial(t, addr)
		for i := range int64(2) {
			if held, act := send(t, ses, "b", "x"); held || act.Code != gomilter.ActContinue {
				t.Errorf("%s: held %v, answer %c, want the mail to pass", name, held, act.Code)
			}
			if s.Failures() != i+1 {
				t.Errorf("%s: %d failures counted, want %d", name, s.Failures(), i+1)
			}
		}
	}
	_, addr := start(t, Config{Judge: &fakeJudge{do: slow}, Budget: time.Millisecond, OnFailure: tempFail})
	ses := dial(t, addr)
	if _, act := send(t, ses, "b", "x"); act.Code != gomilter.ActReplyCode {
		t.Errorf("tempfail answered %c", act.Code)
	}
}

func TestLimits(t *testing.T) {
	j := &fakeJudge{}
	s, addr := start(t, Config{Judge: j, BodyBytes: 1000, InFlightBytes: 100000})
	ses := dial(t, addr)
	send(t, ses, "b", strings.Repeat("x", 5000))
	if m := j.mails[0]; len(m.Body) != 1000 || m.BodySize != 5000 {
		t.Errorf("kept %d of %d bytes, want 1000 of 5000", len(m.Body), m.BodySize)
	}
	if n := s.inFlight.Load(); n != 0 {
		t.Errorf("%d bytes in flight after the mail", n)
	}
	small, addr2 := start(t, Config{Judge: j, InFlightBytes: 2000})
	send(t, dial(t, addr2), "b", strings.Repeat("x", 5000))
	if small.Failures() != 1 {
		t.Error("a mail over the budget for mails in flight was judged on half of it")
	}
}

func TestConnectionCap(t *testing.T) {
	_, addr := start(t, Config{Judge: &fakeJudge{}, Connections: 1})
	dial(t, addr)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the second connection was not closed: %v", err)
	}
}

func TestGarbageHurtsOneConnection(t *testing.T) {
	_, addr := start(t, Config{Judge: &fakeJudge{}})
	good := dial(t, addr)
	for _, garbage := range []string{"\xff\xff\xff\xffAAAA", "GET / HTTP/1.1\r\n\r\n",
		"\x00\x00\x00\x00", "\x00\x00\x00\x01", "\x00\x00\x00\x01E", "\x00\x00\x00\x02RX"} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte(garbage))
		c.(*net.TCPConn).CloseWrite()
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		for err = nil; err == nil; {
			_, err = c.Read(make([]byte, 512))
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("garbage %q keeps its connection open", garbage)
		}
		c.Close()
	}
	send(t, good, "b", "still here")
}

func TestShutdownDrains(t *testing.T) {
	begun := make(chan struct{})
	s, addr := start(t, Config{Judge: &fakeJudge{do: func(*analyzer.Mail) (analyzer.Verdict, error) {
		close(begun)
		time.Sleep(200 * time.Millisecond)
		return analyzer.Verdict{Action: analyzer.Hold}, nil
	}}})
	ses := dial(t, addr)
	dial(t, addr) // idle: closed at once
	held := make(chan bool)
	go func() {
		h, _ := send(t, ses, "b", "in flight")
		held <- h
	}()
	<-begun
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if !<-held {
		t.Error("the message in flight lost its verdict")
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.sock")
	sock := Socket{Address: "unix:" + path}
	ln, err := sock.Listen()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sock.Listen(); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a socket in use was taken: %v", err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false) // as after SIGKILL
	ln.Close()
	ln, err = sock.Listen()
	if err != nil {
		t.Fatalf("stale socket: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("socket mode %v, %v", info.Mode(), err)
	}
	ln.Close()
	os.WriteFile(path, []byte("precious"), 0o600)
	if _, err := sock.Listen(); err == nil {
		t.Error("an ordinary file was replaced by a socket")
	}
	for _, bad := range []string{"", "tcp:1", "/run/x"} {
		if _, err := (Socket{Address: bad}).Listen(); err == nil {
			t.Errorf("address %q was accepted", bad)
		}
	}
}

func TestIdentity(t *testing.T) {
	id := &Identity{DefaultRealm: "example.jp", Aliases: map[string]string{"bob@example.jp": "b@example.jp"},
		Webmail: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}, ClientHeader: "X-Originating-IP"}
	for _, c := range []struct{ login, from, client, class, want string }{
		{"Alice", "x@example.jp", "198.51.100.7", "account", "alice@example.jp"},
		{"Bob@Example.jp", "", "198.51.100.7", "account", "b@example.jp"},
		{"", "App@example.jp", "198.51.100.7", "application", "app:198.51.100.0/24|app@example.jp"},
		{"", "", "2001:db8:1:2::3", "null", "null:2001:db8:1::/48"},
	} {
		e := &analyzer.Envelope{Login: c.login, MailFrom: c.from, Client: netip.MustParseAddr(c.client)}
		id.sender(e)
		if string(e.Class) != c.class || e.Sender != c.want {
			t.Errorf("%+v became %s %s", c, e.Class, e.Sender)
		}
	}
}

func BenchmarkProtocol(b *testing.B) {
	_, addr := start(b, Config{Judge: &fakeJudge{}})
	ses := dial(b, addr)
	body := strings.Repeat("x", 8000)
	for b.Loop() {
		send(b, ses, "b", body)
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x0dO\x00\x00\x00\x02\x00\x00\x01\xff\x00\x1f\xff\xff"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		s := New(Config{Judge: &fakeJudge{}, Log: slog.New(slog.DiscardHandler), Now: time.Now})
		client, server := net.Pipe()
		s.take(server)
		go func() {
			buf := make([]byte, 4096)
			for {
				if _, err := client.Read(buf); err != nil {
					return
				}
			}
		}()
		client.SetDeadline(time.Now().Add(5 * time.Second))
		client.Write(wire)
		client.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
