package maillog_test

import (
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	gomilter "github.com/emersion/go-milter"
)

// filter stands for a content filter as amavisd is: it takes mail by SMTP and gives it back by
// SMTP, with the first queue id (XFORWARD), and answers as amavisd does.
type filter struct {
	t    *testing.T
	ln   net.Listener
	back string // where Postfix takes mail back
	ids  chan string
}

func newFilter(t *testing.T) *filter {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp4", "127.0.0.1:0") // a port for Postfix
	if err != nil {
		t.Fatal(err)
	}
	f := &filter{t: t, ln: ln, back: free.Addr().String(), ids: make(chan string, 10)}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go f.serve(conn)
		}
	}()
	return f
}

func (f *filter) port() string {
	_, port, _ := net.SplitHostPort(f.ln.Addr().String())
	return port
}

// last returns the id that the last mail got when it came back.
func (f *filter) last() (id string) {
	for {
		select {
		case id = <-f.ids:
		default:
			return id
		}
	}
}

func (f *filter) serve(conn net.Conn) {
	defer conn.Close()
	c := textproto.NewConn(conn)
	var from, to, ident string
	c.PrintfLine("220 filter ESMTP")
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			c.PrintfLine("250-filter\r\n250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE")
			continue
		case "XFORWARD":
			if _, id, ok := strings.Cut(rest, "IDENT="); ok {
				ident, _, _ = strings.Cut(id, " ")
			}
		case "MAIL":
			from = between(rest)
		case "RCPT":
			to = between(rest)
		case "DATA":
			c.PrintfLine("354 go on")
			data, err := c.ReadDotBytes()
			if err != nil {
				return
			}
			c.PrintfLine("%s", f.pass(ident, from, to, data))
			continue
		case "QUIT":
			c.PrintfLine("221 bye")
			return
		}
		c.PrintfLine("250 ok")
	}
}

func between(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}

// pass gives a mail back, to the world outside, and answers.
func (f *filter) pass(ident, from, to string, data []byte) string {
	name, _, _ := strings.Cut(to, "@")
	if name == "b" {
		return "250 2.7.0 Ok, discarded, id=15303-02 - spam"
	}
	id, err := f.deliver(ident, from, to, data)
	if err != nil {
		return "451 4.5.0 " + err.Error()
	}
	f.ids <- id
	return "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as " + id
}

func (f *filter) deliver(ident, from, to string, data []byte) (id string, err error) {
	c, err := smtp.Dial(f.back)
	if err != nil {
		return "", err
	}
	defer c.Close()
	say := func(code int, format string, args ...any) (string, error) {
		if err := c.Text.PrintfLine(format, args...); err != nil {
			return "", err
		}
		_, text, err := c.Text.ReadResponse(code)
		return text, err
	}
	_, err = say(250, "EHLO filter")
	_, e := say(250, "XFORWARD IDENT=%s", ident)
	err = errors.Join(err, e)
	_, e = say(250, "MAIL FROM:<%s>", from)
	err = errors.Join(err, e)
	_, e = say(250, "RCPT TO:<%s>", to)
	err = errors.Join(err, e)
	if _, e = say(354, "DATA"); errors.Join(err, e) != nil {
		return "", errors.Join(err, e)
	}
	text, err := say(250, "%s.", strings.ReplaceAll(string(data), "\n", "\r\n"))
	_, id, _ = strings.Cut(text, "queued as ")
	return id, err
}

// judgement is a milter that does what a mail's subject says.
type judgement struct {
	gomilter.NoOpMilter
	subject string
	asked   *sync.Map // subjects of mail that came to its end
}

func (j *judgement) Header(name, value string, _ *gomilter.Modifier) (gomilter.Response, error) {
	if name == "Subject" {
		j.subject = value
	}
	return gomilter.RespContinue, nil
}

func (j *judgement) Body(m *gomilter.Modifier) (gomilter.Response, error) {
	j.asked.Store(j.subject, true)
	switch j.subject {
	case "milter-hold":
		return gomilter.RespContinue, m.Quarantine("by milter")
	case "milter-discard":
		return gomilter.RespDiscard, nil
	case "milter-reject":
		return gomilter.RespReject, nil
	case "milter-tempfail":
		return gomilter.RespTempFail, nil
	}
	return gomilter.RespContinue, nil
}

func startMilter(t *testing.T, asked *sync.Map) string {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := gomilter.Server{Actions: gomilter.OptQuarantine,
		NewMilter: func() gomilter.Milter { return &judgement{asked: asked} }}
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
	return ln.Addr().String()
}
