package milter

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/mailbox"
)

// session is one connection of the MTA: several SMTP clients' messages, one after
// another. go-milter calls it from one goroutine. Every callback answers Continue, or
// nothing where nothing was agreed: any other answer would make go-milter forget the
// connection, and an error would make Postfix skip us for the rest of the SMTP session.
type session struct {
	server *Server
	conn   *conn
	peer   peer
	msg    *incoming // nil between messages
}

// peer is what stays the same for all messages of an SMTP session.
type peer struct {
	name   string
	addr   netip.Addr
	helo   string
	tls    string
	cert   string // the name in a certificate that the MTA verified
	daemon string
	host   string
}

// incoming is a message that is being received.
type incoming struct {
	cfg    *Config // as of its MAIL
	mail   analyzer.Mail
	header int                      // bytes kept of the header
	behind map[string]int           // fields kept over the cap, by name in lower case
	last   map[string]content.Field // of fields over the cap that say whose mail it is, by lower case
	full   bool                     // the body got no more memory
	room   room
	err    error // why it will not be judged
}

// Memory that a message takes beside its bytes: goroutine, envelope, slices; and one
// header field or recipient.
const (
	mailOverhead  = 16 << 10
	fieldOverhead = 64
)

// maxName bounds a host name or macro that we keep: a domain name has 255 bytes at most
// (RFC 1035 section 2.3.4), a local part and its domain 320.
const maxName = 512

var _ gomilter.Milter = (*session)(nil)

// macro returns a macro that was sent for this command, with or without braces.
func (s *session) macro(code gomilter.Code, m *gomilter.Modifier, name string) string {
	if !s.conn.macrosOf(code) {
		return ""
	}
	v := m.Macros["{"+name+"}"]
	if v == "" {
		v = m.Macros[name]
	}
	return cut(v)
}

// keep copies a macro that is only there at some stages.
func (s *session) keep(to *string, code gomilter.Code, m *gomilter.Modifier, name string) {
	if v := s.macro(code, m, name); v != "" {
		*to = v
	}
}

func cut(v string) string {
	if len(v) > maxName {
		return v[:maxName]
	}
	return v
}

// guard keeps a bug in one callback from ending the SMTP session's protection: the
// message goes on, and the failure action applies at its end. The callback's named
// result already holds the answer.
func (s *session) guard(stage string) {
	r := recover()
	if r == nil {
		return
	}
	s.server.bug(stage, r)
	if s.msg != nil && s.msg.err == nil {
		s.msg.err = fmt.Errorf("internal error: %v", r)
	}
}

// quiet is the answer to every packet before the end of the message (noReply).
func (s *session) quiet() gomilter.Response {
	if s.conn.silent {
		return nil
	}
	return gomilter.RespContinue
}

func (s *session) Connect(host, family string, port uint16, addr net.IP, m *gomilter.Modifier) (
	resp gomilter.Response, _ error) {
	resp = s.quiet()
	defer s.guard("connect")
	s.peer = peer{name: cut(host)}
	if a, ok := netip.AddrFromSlice(addr); ok {
		s.peer.addr = a.Unmap()
	}
	s.client(gomilter.CodeConn, m)
	client := local
	if s.peer.addr.IsValid() {
		client = s.peer.addr.String()
	}
	s.conn.known = true
	s.server.announce(s.conn, client)
	return resp, nil
}

// client copies what macros say of the client and the daemon that took it.
func (s *session) client(code gomilter.Code, m *gomilter.Modifier) {
	s.keep(&s.peer.daemon, code, m, "daemon_name")
	s.keep(&s.peer.host, code, m, "j")
	if a, err := netip.ParseAddr(s.macro(code, m, "client_addr")); err == nil &&
		!s.peer.addr.IsValid() {
		s.peer.addr = a.Unmap()
	}
	if s.peer.name == "" {
		s.keep(&s.peer.name, code, m, "client_name")
	}
	s.keep(&s.peer.cert, code, m, "cert_subject")
	if v := s.macro(code, m, "tls_version"); v != "" {
		s.peer.tls = v
		if c := s.macro(code, m, "cipher"); c != "" {
			s.peer.tls += " " + c
		}
	}
}

func (s *session) Helo(name string, m *gomilter.Modifier) (
	resp gomilter.Response, _ error) {
	resp = s.quiet()
	defer s.guard("helo")
	s.peer.helo = cut(name)
	s.client(gomilter.CodeHelo, m)
	return resp, nil
}

func (s *session) MailFrom(from string, m *gomilter.Modifier) (
	resp gomilter.Response, _ error) {
	resp = s.quiet()
	defer s.guard("mail")
	s.forget()
	s.client(gomilter.CodeMail, m)
	p := &s.peer
	s.msg = &incoming{cfg: s.server.cfg.Load(), room: room{server: s.server}}
	s.msg.mail.Envelope = analyzer.Envelope{
		Host: p.host, Client: p.addr, ClientName: p.name, Helo: p.helo, TLS: p.tls, CertSubject: p.cert,
		Daemon: p.daemon, MailFrom: mailbox.Canonical(cut(from)),
		Login:    s.macro(gomilter.CodeMail, m, "auth_authen"),
		AuthType: s.macro(gomilter.CodeMail, m, "auth_type"),
		QueueID:  s.macro(gomilter.CodeMail, m, "i"),
	}
	s.msg.room.who = s.msg.cfg.Identity().Principal(&s.msg.mail.Envelope)
	s.mustTake(mailOverhead)
	return resp, nil
}

func (s *session) RcptTo(to string, m *gomilter.Modifier) (
	resp gomilter.Response, _ error) {
	resp = s.quiet()
	defer s.guard("rcpt")
	if msg := s.msg; msg != nil {
		s.keep(&msg.mail.QueueID, gomilter.CodeRcpt, m, "i")
		to = mailbox.Canonical(cut(to))
		if s.mustTake(len(to)+fieldOverhead) || len(msg.mail.Recipients) < fewRecipients {
			msg.mail.Recipients = append(msg.mail.Recipients, to)
		}
	}
	return resp, nil
}

// fewRecipients are noted of a mail without room: who got it must be known.
const fewRecipients = 100

// maxBehind bounds the fields of one name that are kept over the cap.
const maxBehind = 3

// roomFor counts a header field of so many bytes as dropped when it is over the cap. The
// first fields that say how the mail is to be read are kept however many others there are.
func (s *session) roomFor(size int, name string) bool {
	msg := s.msg
	if msg == nil || msg.err != nil {
		return false
	}
	// Twice: go-milter keeps a copy.
	if s.wanted(size, name) && s.take(2*(size+fieldOverhead)) {
		return true
	}
	msg.mail.HeaderDropped++
	msg.mail.ReadDropped = msg.mail.ReadDropped || content.IsRead(name)
	return false
}

// wanted says whether a field is to be kept, if there is memory for it.
func (s *session) wanted(size int, name string) bool {
	msg := s.msg
	if msg.header+size <= msg.cfg.HeaderBytes {
		return true
	}
	if !content.IsRead(name) {
		return false
	}
	low := strings.ToLower(name)
	if msg.behind == nil {
		msg.behind = make(map[string]int)
	}
	msg.behind[low]++
	return msg.behind[low] <= maxBehind
}

// naming says whether fields of a name say whose mail it is.
func (s *session) naming(name string) (names bool) {
	defer s.guard("dropped header") // it is asked while a packet is read, beside the callbacks
	return s.msg != nil && s.msg.cfg.Identity().Names(name)
}

// latest keeps the last field of a name that names somebody.
func (s *session) latest(name, value string) {
	if s.msg.last == nil {
		s.msg.last = make(map[string]content.Field)
	}
	s.msg.last[strings.ToLower(name)] = content.Field{Name: name, Value: value}
}

func (s *session) Header(name, value string, m *gomilter.Modifier) (
	resp gomilter.Response, _ error) {
	resp = s.quiet()
	defer s.guard("header")
	if msg := s.msg; msg != nil {
		s.keep(&msg.mail.QueueID, gomilter.CodeHeader, m, "i")
		msg.header += len(name) + len(value) + 3 // as in its packet: command and two NULs
		msg.mail.Header = append(msg.mail.Header, content.Field{Name: name, Value: value})
	}
	return resp, nil
}

func (s *session) Headers(_ textproto.MIMEHeader, m *gomilter.Modifier) (
	resp gomilter.Response, _ error) {
	resp = s.quiet()
	defer s.guard("end of header")
	if s.msg != nil {
		s.keep(&s.msg.mail.QueueID, gomilter.CodeEOH, m, "i")
	}
	return resp, nil
}

func (s *session) BodyChunk(chunk []byte, m *gomilter.Modifier) (
	resp gomilter.Response, _ error) {
	resp = s.quiet()
	defer s.guard("body")
	msg := s.msg
	if msg == nil {
		return resp, nil
	}
	s.keep(&msg.mail.QueueID, gomilter.CodeBody, m, "i")
	msg.mail.BodySize += int64(len(chunk))
	n := min(len(chunk), msg.cfg.BodyBytes-len(msg.mail.Body))
	if n <= 0 || msg.full || msg.err != nil {
		return resp, nil
	}
	s.grow(len(msg.mail.Body) + n)
	if room := cap(msg.mail.Body) - len(msg.mail.Body); room < n {
		// No more of it: what came behind a gap would be read as if it followed.
		msg.full = true
		s.server.count.Cut.Add(1)
		n = room
	}
	msg.mail.Body = append(msg.mail.Body, chunk[:n]...)
	return resp, nil
}

// Body is the end of the message: judge, quarantine if need be, and go on. Postfix
// keeps a quarantined mail only when a final answer follows. Errors are those of
// writing to the MTA; go-milter then closes the connection.
func (s *session) Body(m *gomilter.Modifier) (gomilter.Response, error) {
	why, fails := s.verdict(m)
	if fails {
		// 'y' is the one answer but Continue, and go-milter treats it as Continue.
		return gomilter.NewResponseStr('y',
			"451 4.7.1 this message could not be checked, try again later"), nil
	}
	if why != "" {
		if err := m.Quarantine(why); err != nil {
			return nil, fmt.Errorf("ask for quarantine: %w", err)
		}
	}
	return gomilter.RespContinue, nil
}

// verdict judges the message and forgets it. why is the quarantine's reason, "" to let
// the mail pass; fails says that the client is to try again.
func (s *session) verdict(m *gomilter.Modifier) (why string, fails bool) {
	msg := s.msg
	if msg == nil {
		return "", false
	}
	defer s.guard("end of message")
	defer s.forget()
	v, u, err := s.decide(msg, m)
	l := u.label()
	if err != nil {
		if msg.cfg.OnFailure == analyzer.Hold {
			why = "hisseki hold unjudged"
		}
		fails = msg.cfg.OnFailure == TempFail
		s.server.failed(msg.cfg, l, err)
		s.server.record(msg.cfg, u, err)
		return why, fails
	}
	if v.Action != analyzer.Pass {
		why = reason(&v)
	}
	s.server.judged(msg.cfg, l, &v)
	return why, false
}

// decide completes the mail and has it judged. The mail and its room are the judge's
// from then on.
func (s *session) decide(msg *incoming, m *gomilter.Modifier) (
	v analyzer.Verdict, u *Unjudged, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.server.bug("end of message", r)
			err = fmt.Errorf("internal error: %v", r)
		}
	}()
	mail := msg.mail
	s.keep(&mail.QueueID, gomilter.CodeEOB, m, "i")
	if mail.Login == "" {
		s.keep(&mail.Login, gomilter.CodeEOB, m, "auth_authen")
		s.keep(&mail.AuthType, gomilter.CodeEOB, m, "auth_type")
	}
	for _, name := range slices.Sorted(maps.Keys(msg.last)) {
		mail.Header = append(mail.Header, msg.last[name])
	}
	mail.Time = msg.cfg.Now().UTC()
	u = unjudged(&mail) // should the identity or the judge fail
	msg.cfg.Identity().Identify(&mail)
	u.Envelope.Sender, u.Envelope.Class = mail.Sender, mail.Class
	u.Envelope.Client, u.Envelope.ClientName = mail.Client, mail.ClientName
	if msg.err != nil {
		return v, u, msg.err
	}
	taken := msg.room
	msg.room = room{}
	v, err = s.server.judge(msg.cfg, &mail, taken.who, u.lend(&mail, &taken))
	if err == nil {
		u.Read()
	}
	return v, u, err
}

// Abort ends a message without judging it. Postfix also sends it after every message,
// and twice at the end.
func (s *session) Abort(*gomilter.Modifier) error {
	defer s.guard("abort")
	if s.msg != nil {
		s.server.count.Aborted.Add(1)
	}
	s.forget()
	return nil
}

// forget forgets the message and keeps the connection.
func (s *session) forget() {
	if s.msg != nil {
		s.msg.room.give()
	}
	s.msg = nil
}
