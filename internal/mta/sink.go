package mta

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Mail is one mail as the sink got it.
type Mail struct {
	From string
	To   []string
	Data []byte // as sent after DATA, CRLF, without dot stuffing
	At   time.Time
}

// Sink is the world outside: an SMTP server in memory to which Postfix delivers
// everything. It is safe for use by several goroutines.
type Sink struct {
	ln      net.Listener
	mu      sync.Mutex
	mails   []Mail
	replies map[string]string
	refused map[string]bool // addresses that got a 5yz reply
	changed chan struct{}   // closed and replaced with every mail
	conns   map[net.Conn]struct{}
	wg      sync.WaitGroup
}

// NewSink listens on a free port of 127.0.0.1 until the test ends.
func NewSink(t testing.TB) *Sink {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen for the sink: %v", err)
	}
	s := &Sink{
		ln: ln, replies: map[string]string{}, refused: map[string]bool{},
		changed: make(chan struct{}), conns: map[net.Conn]struct{}{},
	}
	s.wg.Add(1)
	go s.accept()
	t.Cleanup(s.close)
	return s
}

// Port is where the sink listens on 127.0.0.1.
func (s *Sink) Port() int { return s.ln.Addr().(*net.TCPAddr).Port }

// Answer sets the reply to RCPT for a domain from now on, such as "450 4.2.0 later" or
// "550 5.1.1 unknown"; "" accepts again.
func (s *Sink) Answer(domain, reply string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[strings.ToLower(domain)] = reply
}

// Mails returns what has arrived so far, oldest first.
func (s *Sink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// To returns what has arrived for one recipient so far, oldest first.
func (s *Sink) To(address string) []Mail {
	var out []Mail
	for _, m := range s.Mails() {
		for _, to := range m.To {
			if strings.EqualFold(to, address) {
				out = append(out, m)
			}
		}
	}
	return out
}

// Wait waits until the mails that have arrived satisfy a condition, and fails the test
// when they do not within the given time.
func (s *Sink) Wait(t testing.TB, within time.Duration, what string, ok func([]Mail) bool) {
	t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		s.mu.Lock()
		mails, changed := append([]Mail(nil), s.mails...), s.changed
		s.mu.Unlock()
		if ok(mails) {
			return
		}
		select {
		case <-changed:
		case <-timer.C:
			t.Fatalf("sink after %v: %s did not come true, %d mails arrived", within, what, len(mails))
		}
	}
}

// WaitCount waits until a number of mails has arrived.
func (s *Sink) WaitCount(t testing.TB, n int, within time.Duration) {
	t.Helper()
	s.Wait(t, within, fmt.Sprintf("%d mails", n), func(m []Mail) bool { return len(m) >= n })
}

func (s *Sink) close() {
	s.ln.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *Sink) accept() {
	defer s.wg.Done()
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = struct{}{}
		s.mu.Unlock()
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			s.serve(conn)
			conn.Close()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
		}()
	}
}

// serve speaks the server's part of RFC 5321, as much as Postfix's smtp(8) asks for.
func (s *Sink) serve(conn net.Conn) {
	r := bufio.NewReader(conn)
	reply := func(text string) bool {
		_, err := fmt.Fprintf(conn, "%s\r\n", text)
		return err == nil
	}
	// Another name than Postfix's own: it takes its own for a loop.
	ok := reply("220 sink.example.test ESMTP")
	var mail Mail
	for ok {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			ok = reply("250-sink.example.test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES")
		case "HELO", "NOOP":
			ok = reply("250 2.0.0 ok")
		case "RSET":
			mail = Mail{}
			ok = reply("250 2.0.0 ok")
		case "MAIL":
			mail = Mail{From: path(arg)}
			ok = reply("250 2.1.0 ok")
		case "RCPT":
			to := path(arg)
			if refusal := s.refusal(to); refusal != "" {
				ok = reply(refusal)
				break
			}
			mail.To = append(mail.To, to)
			ok = reply("250 2.1.5 ok")
		case "DATA":
			if len(mail.To) == 0 {
				ok = reply("503 5.5.1 no recipients")
				break
			}
			if !reply("354 go on") {
				return
			}
			if mail.Data, err = dotted(r); err != nil {
				return
			}
			s.keep(mail)
			mail = Mail{}
			ok = reply("250 2.0.0 kept")
		case "QUIT":
			reply("221 2.0.0 bye")
			return
		default:
			ok = reply("502 5.5.2 unknown")
		}
	}
}

func (s *Sink) refusal(to string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply := s.replies[strings.ToLower(to[strings.LastIndexByte(to, '@')+1:])]
	if strings.HasPrefix(reply, "5") {
		s.refused[to] = true
	}
	return reply
}

// Refused says whether an address was ever refused for good.
func (s *Sink) Refused(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused[address]
}

func (s *Sink) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.At = time.Now()
	s.mails = append(s.mails, m)
	close(s.changed)
	s.changed = make(chan struct{})
}

// path cuts the address out of "FROM:<a@b> SIZE=1".
func path(arg string) string {
	_, rest, _ := strings.Cut(arg, "<")
	if i := strings.LastIndexByte(rest, '>'); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// dotted reads mail data to the line with a single dot, byte for byte.
func dotted(r *bufio.Reader) ([]byte, error) {
	var data bytes.Buffer
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		if bytes.Equal(line, []byte(".\r\n")) {
			return data.Bytes(), nil
		}
		data.Write(bytes.TrimPrefix(line, []byte(".")))
	}
}
