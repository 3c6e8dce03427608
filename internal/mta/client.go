package mta

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/smtp"
	"os"
	"strings"
	"testing"
	"time"
)

// Password is the password of every user of an instance.
const Password = "correct-horse-4"

// Submission is one mail to send and how. From "" is the null sender.
type Submission struct {
	User       string // SMTP AUTH login, "" sends to the port for applications without one
	Password   string // "" is the right one
	Local      string // address of 127.0.0.0/8 to connect from, "" is 127.0.0.1
	Client     netip.Addr
	ClientName string // by XCLIENT with Client
	Helo       string // "" is client.example.test
	From       string
	To         []string
	Data       []byte // header and body with CRLF line ends
}

// Client is an SMTP session with Postfix, for several mails through one connection.
type Client struct {
	*smtp.Client
}

// Dial opens a session as a submission says: XCLIENT, EHLO, AUTH.
func (in *Instance) Dial(s Submission) (*Client, error) {
	addr := in.Submission
	if s.User == "" {
		addr = in.App
	}
	c, err := Greeted(addr, s.Local)
	if err != nil {
		return nil, err
	}
	if err := hello(c, s); err != nil {
		c.Close()
		return nil, err
	}
	return &Client{c}, nil
}

// A session may take so long, and its greeting so much of that. On a machine with much else
// to do Postfix's master now and then leaves a connection waiting for a process.
const (
	sessionTime  = 2 * time.Minute
	greetingTime = 20 * time.Second
	greetings    = 3 // connections that are tried
)

// Greeted connects from an address ("" is any) and waits for Postfix's greeting, which may want
// another connection. The session has an end.
func Greeted(addr, local string) (c *smtp.Client, err error) {
	for range greetings {
		if c, err = greetedOnce(addr, local); !errors.Is(err, os.ErrDeadlineExceeded) {
			return c, err
		}
	}
	return nil, err
}

func greetedOnce(addr, local string) (*smtp.Client, error) {
	dialer := net.Dialer{Timeout: 10 * time.Second}
	if local != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(local)}
	}
	conn, err := dialer.Dial("tcp4", addr)
	if err != nil {
		return nil, fmt.Errorf("connect to Postfix: %w", err)
	}
	if err := conn.SetDeadline(time.Now().Add(greetingTime)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	// PlainAuth sends the password in clear to a local host only.
	c, err := smtp.NewClient(conn, "127.0.0.1")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("greeting of Postfix: %w", err), conn.Close())
	}
	if err := conn.SetDeadline(time.Now().Add(sessionTime)); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func hello(c *smtp.Client, s Submission) error {
	if s.Helo == "" {
		s.Helo = "client.example.test"
	}
	if s.Client.IsValid() {
		if err := xclient(c, s); err != nil {
			return err
		}
	}
	if err := c.Hello(s.Helo); err != nil {
		return fmt.Errorf("EHLO: %w", err)
	}
	if s.User == "" {
		return nil
	}
	password := s.Password
	if password == "" {
		password = Password
	}
	if err := c.Auth(smtp.PlainAuth("", s.User, password, "127.0.0.1")); err != nil {
		return fmt.Errorf("AUTH as %s: %w", s.User, err)
	}
	return nil
}

// xclient gives the session another client address (Postfix XCLIENT_README).
func xclient(c *smtp.Client, s Submission) error {
	address := s.Client.String()
	if s.Client.Is6() {
		address = "IPV6:" + address
	}
	name := s.ClientName
	if name == "" {
		name = "[UNAVAILABLE]"
	}
	for _, step := range []struct {
		command string
		code    int
	}{
		{"EHLO " + s.Helo, 250},
		{"XCLIENT ADDR=" + address + " NAME=" + name, 220},
	} {
		id, err := c.Text.Cmd("%s", step.command)
		if err != nil {
			return fmt.Errorf("send %s: %w", step.command, err)
		}
		c.Text.StartResponse(id)
		_, _, err = c.Text.ReadResponse(step.code)
		c.Text.EndResponse(id)
		if err != nil {
			return fmt.Errorf("%s: %w", step.command, err)
		}
	}
	return nil
}

// Send sends one mail through the session and returns Postfix's queue id.
func (c *Client) Send(s Submission) (string, error) {
	if err := c.Mail(s.From); err != nil {
		return "", fmt.Errorf("MAIL FROM %s: %w", s.From, err)
	}
	for _, to := range s.To {
		if err := c.Rcpt(to); err != nil {
			return "", fmt.Errorf("RCPT TO %s: %w", to, err)
		}
	}
	id, err := c.Text.Cmd("DATA")
	if err != nil {
		return "", fmt.Errorf("send DATA: %w", err)
	}
	c.Text.StartResponse(id)
	defer c.Text.EndResponse(id)
	if _, _, err := c.Text.ReadResponse(354); err != nil {
		return "", fmt.Errorf("DATA: %w", err)
	}
	if _, err := c.Text.W.Write(stuffed(s.Data)); err != nil {
		return "", fmt.Errorf("send mail: %w", err)
	}
	if err := c.Text.W.Flush(); err != nil {
		return "", fmt.Errorf("send mail: %w", err)
	}
	_, text, err := c.Text.ReadResponse(250)
	if err != nil {
		return "", fmt.Errorf("end of mail: %w", err)
	}
	_, queueID, ok := strings.Cut(text, "queued as ")
	if !ok {
		return "", fmt.Errorf("end of mail: no queue id in %q", text)
	}
	return strings.TrimSpace(queueID), nil
}

// stuffed doubles leading dots and ends the mail (RFC 5321 section 4.5.2), byte for
// byte: textproto's own writer would change line ends.
func stuffed(data []byte) []byte {
	text := string(data)
	if !strings.HasSuffix(text, "\r\n") {
		text += "\r\n"
	}
	if strings.HasPrefix(text, ".") {
		text = "." + text
	}
	return []byte(strings.ReplaceAll(text, "\r\n.", "\r\n..") + ".\r\n")
}

// Submit sends one mail in a session of its own and returns Postfix's queue id.
func (in *Instance) Submit(s Submission) (string, error) {
	c, err := in.Dial(s)
	if err != nil {
		return "", err
	}
	defer c.Close()
	id, err := c.Send(s)
	if err != nil {
		return "", err
	}
	return id, c.Quit()
}

// MustSubmit is Submit that fails the test.
func (in *Instance) MustSubmit(t testing.TB, s Submission) string {
	t.Helper()
	id, err := in.Submit(s)
	if err != nil {
		t.Fatalf("submit mail of %s: %v\n%s", s.User, err, in.Log())
	}
	return id
}
