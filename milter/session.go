package milter

import (
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"strings"
	"sync/atomic"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// session is one connection of the MTA: several SMTP clients' messages, one after
// another. go-milter calls it from one goroutine. Every callback answers Continue:
// anything else would make go-milter forget the connection (see docs/design.md).
type session struct {
	server *Server
	conn   *conn
	busy   atomic.Bool // between MAIL and the end of its message

	// of the connection
	clientName string
	client     netip.Addr
	helo       string
	tls        string
	daemon     string
	host       string

	mail   *analyzer.Mail // of the message; nil between messages
	header int            // bytes kept of the header
	room   atomic.Int64   // bytes taken from the server's budget
	full   bool           // the budget had no room for this message
}

var _ gomilter.Milter = (*session)(nil)

// macro returns a macro of the latest packet, with or without braces.
func macro(m *gomilter.Modifier, name string) string {
	if v := m.Macros["{"+name+"}"]; v != "" {
		return v
	}
	return m.Macros[name]
}

// keep copies a macro that is only there at some stages.
func keep(to *string, m *gomilter.Modifier, name string) {
	if v := macro(m, name); v != "" {
		*to = v
	}
}

// guard keeps a bug in one callback from ending the SMTP session's protection: the
// message goes on, and the failure action applies at its end.
func (s *session) guard(stage string, resp *gomilter.Response, err *error) {
	if r := recover(); r != nil {
		s.server.cfg.Log.Error("internal error", "stage", stage, "error", fmt.Sprint(r))
		s.full = true
		*resp, *err = gomilter.RespContinue, nil
	}
}

func (s *session) Connect(host, family string, port uint16, addr net.IP, m *gomilter.Modifier) (
	resp gomilter.Response, err error) {
	defer s.guard("connect", &resp, &err)
	s.clientName = host
	if a, ok := netip.AddrFromSlice(addr); ok {
		s.client = a.Unmap()
	}
	keep(&s.daemon, m, "daemon_name")
	keep(&s.host, m, "j")
	return gomilter.RespContinue, nil
}

func (s *session) Helo(name string, m *gomilter.Modifier) (resp gomilter.Response, err error) {
	defer s.guard("helo", &resp, &err)
	s.helo = name
	if v := macro(m, "tls_version"); v != "" {
		s.tls = v + " " + macro(m, "cipher")
	}
	return gomilter.RespContinue, nil
}

func (s *session) MailFrom(from string, m *gomilter.Modifier) (resp gomilter.Response, err error) {
	defer s.guard("mail", &resp, &err)
	s.reset()
	s.busy.Store(true)
	s.mail = &analyzer.Mail{Envelope: analyzer.Envelope{
		Host: s.host, Client: s.client, ClientName: s.clientName, Helo: s.helo, TLS: s.tls,
		Daemon: s.daemon, MailFrom: from, Login: macro(m, "auth_authen"),
		AuthType: macro(m, "auth_type"), QueueID: macro(m, "i"),
	}}
	return gomilter.RespContinue, nil
}

func (s *session) RcptTo(to string, m *gomilter.Modifier) (resp gomilter.Response, err error) {
	defer s.guard("rcpt", &resp, &err)
	if s.mail != nil {
		keep(&s.mail.QueueID, m, "i")
		s.mail.Recipients = append(s.mail.Recipients, to)
		s.take(len(to))
	}
	return gomilter.RespContinue, nil
}

func (s *session) Header(name, value string, m *gomilter.Modifier) (resp gomilter.Response, err error) {
	defer s.guard("header", &resp, &err)
	if s.mail == nil {
		return gomilter.RespContinue, nil
	}
	keep(&s.mail.QueueID, m, "i")
	size := len(name) + len(value)
	if s.header+size > s.server.cfg.HeaderBytes || !s.take(size) {
		s.mail.HeaderDropped++
		return gomilter.RespContinue, nil
	}
	s.header += size
	s.mail.Header = append(s.mail.Header, content.Field{Name: name, Value: value})
	return gomilter.RespContinue, nil
}

func (s *session) Headers(textproto.MIMEHeader, *gomilter.Modifier) (gomilter.Response, error) {
	return gomilter.RespContinue, nil
}

func (s *session) BodyChunk(chunk []byte, m *gomilter.Modifier) (resp gomilter.Response, err error) {
	defer s.guard("body", &resp, &err)
	if s.mail == nil {
		return gomilter.RespContinue, nil
	}
	s.mail.BodySize += int64(len(chunk))
	if n := min(len(chunk), s.server.cfg.BodyBytes-len(s.mail.Body)); n > 0 && s.take(n) {
		s.mail.Body = append(s.mail.Body, chunk[:n]...)
	}
	return gomilter.RespContinue, nil
}

// Body is the end of the message: judge, quarantine if need be, and go on.
func (s *session) Body(m *gomilter.Modifier) (resp gomilter.Response, err error) {
	defer s.reset()
	defer s.guard("end of message", &resp, &err)
	mail := s.mail
	if mail == nil {
		return gomilter.RespContinue, nil
	}
	keep(&mail.QueueID, m, "i")
	if v := macro(m, "auth_authen"); v != "" && mail.Login == "" {
		mail.Login = v
	}
	mail.Time = s.server.cfg.Now().UTC()
	s.server.cfg.Identity().sender(&mail.Envelope)
	mail.Client = s.server.cfg.Identity().client(mail)
	action := s.server.judge(mail, s.full)
	if action == tempFail {
		// The only answer but Continue. go-milter then starts a new backend, which
		// newBackend gives this same session, so that the connection is not forgotten.
		return gomilter.NewResponseStr('y', "451 4.7.1 this message could not be checked, try again later"), nil
	}
	if action != analyzer.Pass {
		if err := m.Quarantine("hisseki " + string(action)); err != nil {
			return nil, fmt.Errorf("quarantine %s: %w", mail.QueueID, err)
		}
	}
	return gomilter.RespContinue, nil
}

// Abort ends a message without judging it; Postfix also sends it after every message.
func (s *session) Abort(*gomilter.Modifier) error {
	s.reset()
	return nil
}

// reset forgets the message and keeps the connection.
func (s *session) reset() {
	s.server.inFlight.Add(-s.room.Swap(0))
	s.mail, s.header, s.full = nil, 0, false
	s.busy.Store(false)
}

// take counts bytes against the server's budget for mails in flight. Without room the
// rest of the message is not kept, and the failure action applies at its end.
func (s *session) take(n int) bool {
	if s.full {
		return false
	}
	if s.server.inFlight.Add(int64(n)) > s.server.cfg.InFlightBytes {
		s.server.inFlight.Add(-int64(n))
		s.full = true
		return false
	}
	s.room.Add(int64(n))
	return true
}

// newBackend serves go-milter's wish for a backend, always with the same session.
func (s *session) newBackend() gomilter.Milter { return s }

// logValue keeps hostile text out of log lines.
func logValue(v string) string {
	v = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, v)
	if len(v) > 200 {
		v = strings.ToValidUTF8(v[:200], "") + "…"
	}
	return v
}
