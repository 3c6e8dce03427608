package mta

import (
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"testing"

	"hisseki/internal/freeport"
)

// Filter stands for a content filter as amavisd is: it takes mail by SMTP and gives it back by
// SMTP, with the first queue id (XFORWARD) and a Received field of its own, and answers as amavisd
// does. Mail to b@ is thrown away as spam.
type Filter struct {
	Back string // the address where Postfix is to take mail back
	ln   net.Listener
	ids  chan string
}

// NewFilter starts a filter that runs until the test ends.
func NewFilter(t testing.TB) *Filter {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ports, err := freeport.Choose(1)
	if err != nil {
		t.Fatal(err)
	}
	f := &Filter{Back: fmt.Sprintf("127.0.0.1:%d", ports[0]), ln: ln, ids: make(chan string, 100)}
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

// Master are the lines of master.cf for the way there, a transport "scan", and back; options are
// more of those of the way back.
func (f *Filter) Master(options string) []string {
	return []string{"scan unix - - n - - smtp\n  -o smtp_send_xforward_command=yes",
		f.Back + " inet n - n - - smtpd\n  -o syslog_name=postfix/back -o content_filter=\n" +
			"  -o smtpd_relay_restrictions=permit_mynetworks,reject\n" +
			"  -o smtpd_recipient_restrictions= -o smtpd_authorized_xforward_hosts=127.0.0.0/8\n  " + options}
}

// Transport is the filter's name for content_filter and FILTER.
func (f *Filter) Transport() string {
	_, port, _ := net.SplitHostPort(f.ln.Addr().String())
	return "scan:[127.0.0.1]:" + port
}

// Last returns the id that the last mail got when it came back, "" for none since it was asked.
func (f *Filter) Last() (id string) {
	for {
		select {
		case id = <-f.ids:
		default:
			return id
		}
	}
}

func (f *Filter) serve(conn net.Conn) {
	defer conn.Close()
	c := textproto.NewConn(conn)
	var from, ident string
	var to []string
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
			from, to = between(rest), nil
		case "RCPT":
			to = append(to, between(rest))
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
func (f *Filter) pass(ident, from string, to []string, data []byte) string {
	if strings.HasPrefix(to[0], "b@") {
		return "250 2.7.0 Ok, discarded, id=15303-02 - spam"
	}
	id, err := f.deliver(ident, from, to, data)
	if err != nil {
		return "451 4.5.0 " + err.Error()
	}
	f.ids <- id
	return "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as " + id
}

// hop is the Received field that amavisd adds.
const hop = "Received: from mx.example.org ([127.0.0.1])\n" +
	"\tby localhost (mx.example.org [127.0.0.1]) (amavis, port 10024) with ESMTP\n" +
	"\tid x1; Sat, 28 Nov 2026 10:00:00 +0900 (JST)\n"

func (f *Filter) deliver(ident, from string, to []string, data []byte) (id string, err error) {
	c, err := Greeted(f.Back, "")
	if err != nil {
		return "", err
	}
	defer c.Close()
	say := func(code int, format string, args ...any) (text string) {
		e := c.Text.PrintfLine(format, args...)
		if e == nil {
			_, text, e = c.Text.ReadResponse(code)
		}
		err = errors.Join(err, e)
		return text
	}
	say(250, "EHLO filter")
	say(250, "XFORWARD IDENT=%s", ident)
	say(250, "MAIL FROM:<%s>", from)
	for _, address := range to {
		say(250, "RCPT TO:<%s>", address)
	}
	if say(354, "DATA"); err != nil {
		return "", err
	}
	w := c.Text.DotWriter()
	if _, err := w.Write(append([]byte(hop), data...)); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	_, text, err := c.Text.ReadResponse(250)
	_, id, _ = strings.Cut(text, "queued as ")
	return id, err
}
