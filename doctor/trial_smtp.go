package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"hisseki/internal/words"
	"hisseki/postfix"
)

// wellKnown are the ports of master.cf's names (/etc/services).
var wellKnown = map[string]string{"smtp": "25", "submission": "587", "submissions": "465", "smtps": "465"}

// implicitTLS is the port where TLS comes first (RFC 8314).
const implicitTLS = "465"

// entry returns the address of a service of this Postfix that asks hisseki: for logins one that
// takes them, else one that does not.
func (d *Doctor) entry(login bool) (string, error) {
	main, err := d.Postfix.Parameters(d.ctx, "smtpd_milters", "smtpd_sasl_auth_enable", "receive_override_options",
		"queue_directory", "inet_interfaces")
	var services []postfix.Service
	if err == nil {
		services, err = d.Postfix.Services(d.ctx)
	}
	if err != nil {
		return "", err
	}
	for i := range services {
		if services[i].Command != "smtpd" || services[i].Type != "inet" {
			continue
		}
		if e := d.entrance(main, &services[i]); e.us >= 0 && e.logins() == login {
			return address(e.Name), nil
		}
	}
	if login {
		return "", errors.New("no service of master.cf takes logins and asks hisseki")
	}
	return "", errors.New("every service of master.cf that asks hisseki wants a login: name it with --user")
}

// address is where a service of master.cf listens: "smtp", "587", "[::1]:10025", "127.0.0.1:2525".
func address(name string) string {
	host, port, err := net.SplitHostPort(name)
	if err != nil {
		host, port = "127.0.0.1", name
	}
	if known, ok := wellKnown[port]; ok {
		port = known
	}
	return net.JoinHostPort(host, port)
}

// send gives the mail to the server and returns its last reply.
func (t *Trial) send(ctx context.Context, id string) (reply string, err error) {
	host, port, err := net.SplitHostPort(t.Server)
	if err != nil {
		return "", fmt.Errorf("%w: write HOST:PORT", err)
	}
	conn, err := (&net.Dialer{Timeout: t.Patience}).DialContext(ctx, "tcp", t.Server)
	if err != nil {
		return "", err
	}
	if err := conn.SetDeadline(time.Now().Add(3 * t.Patience)); err != nil {
		return "", errors.Join(err, conn.Close())
	}
	// On this machine nobody listens in, and certificates name the host as others see it.
	secure := &tls.Config{ServerName: host, InsecureSkipVerify: loopback(host)} //nolint:gosec // as said
	if port == implicitTLS {
		conn = tls.Client(conn, secure)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return "", errors.Join(err, conn.Close())
	}
	defer c.Close()
	if ok, _ := c.Extension("STARTTLS"); ok {
		if err := c.StartTLS(secure); err != nil {
			return "", fmt.Errorf("STARTTLS: %w", err)
		}
	}
	if t.User != "" {
		if err := c.Auth(smtp.PlainAuth("", t.User, t.Password, host)); err != nil {
			return "", fmt.Errorf("log in as %s: %w", t.User, err)
		}
	}
	return t.give(c, id)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// give sends envelope and mail, as one that the admin writes to himself.
func (t *Trial) give(c *smtp.Client, id string) (reply string, err error) {
	from := t.To
	if strings.Contains(t.User, "@") {
		from = t.User
	}
	if err := c.Mail(from); err != nil {
		return "", fmt.Errorf("MAIL FROM %s: %w", from, err)
	}
	if err := c.Rcpt(t.To); err != nil {
		return "", fmt.Errorf("RCPT TO %s: %w", t.To, err)
	}
	// Not c.Data, which does not say what the server replies: Postfix names the queue id.
	if err := c.Text.PrintfLine("DATA"); err != nil {
		return "", err
	}
	if _, _, err := c.Text.ReadResponse(354); err != nil {
		return "", fmt.Errorf("DATA: %w", err)
	}
	w := c.Text.DotWriter()
	if _, err := fmt.Fprintf(w, "From: <%s>\r\nTo: <%s>\r\nSubject: Test of the way to hisseki\r\nDate: %s\r\n"+
		"Message-ID: <%s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=us-ascii\r\n\r\nThis mail was sent by \"hisseki doctor --send-test\".\r\n",
		from, t.To, t.Now().Format(time.RFC1123Z), id); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	_, reply, err = c.Text.ReadResponse(250)
	if err == nil {
		err = c.Quit()
	}
	return reply, err
}

// refusedBy says what to do about a mail that Postfix did not take.
func refusedBy(err error) words.Text {
	var said *textproto.Error
	switch {
	case !errors.As(err, &said):
		return say("doctor-see-postfix")
	case said.Code == 535 || said.Code == 534:
		return say("doctor-see-password")
	case said.Code == 554 || said.Code == 550 || said.Code == 530:
		return say("doctor-log-in")
	case said.Code/100 == 4:
		return say("doctor-tempfail")
	}
	return say("doctor-postfix-log")
}
