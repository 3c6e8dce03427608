package demo

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer/content"
	"hisseki/internal/company"
)

// Host is how the demo's MTA names itself.
const Host = "mail.example.jp"

// MTA speaks to a milter as Postfix does, one session per client connection.
type MTA struct{ client *gomilter.Client }

// NewMTA returns an MTA whose milter listens at an address, such as "unix", "/run/m.sock".
func NewMTA(network, address string) MTA {
	return MTA{gomilter.NewClientWithOptions(network, address, gomilter.ClientOptions{
		// The library's default mask is refused by its own server.
		ActionMask:   gomilter.OptAddHeader | gomilter.OptQuarantine,
		ReadTimeout:  30 * time.Second,
		WriteTimeout: 30 * time.Second,
	})}
}

// Send submits a mail and says whether it has to stay in the hold queue.
func (m MTA) Send(mail *company.Mail, queueID string) (kept bool, err error) {
	src, err := content.ReadSource(bytes.NewReader(mail.Message), 0)
	if err != nil {
		return false, err
	}
	s, err := m.client.Session()
	if err != nil {
		return false, err
	}
	defer s.Close()
	if err := m.envelope(s, mail, queueID); err != nil {
		return false, err
	}
	for _, f := range src.Header {
		if err := want(s.HeaderField(f.Name, f.Value)); err != nil {
			return false, err
		}
	}
	if err := want(s.HeaderEnd()); err != nil {
		return false, err
	}
	changes, act, err := s.BodyReadFrom(bytes.NewReader(src.Body))
	if err := want(act, err); err != nil {
		return false, err
	}
	for _, c := range changes {
		kept = kept || c.Code == gomilter.ActQuarantine
	}
	return kept, nil
}

// envelope sends what comes before the header, with the macros that Postfix sends.
func (m MTA) envelope(s *gomilter.ClientSession, mail *company.Mail, queueID string) error {
	client, err := netip.ParseAddr(mail.Client)
	if err != nil {
		return err
	}
	family := gomilter.FamilyInet
	if client.Is6() {
		family = gomilter.FamilyInet6
	}
	steps := []func() error{
		func() error { return s.Macros(gomilter.CodeConn, "j", Host, "{daemon_name}", "submission") },
		func() error { return want(s.Conn("unknown", family, 50000, mail.Client)) },
		func() error { return want(s.Helo(mail.Helo)) },
		func() error {
			return s.Macros(gomilter.CodeMail, "{auth_type}", "PLAIN", "{auth_authen}", mail.Login)
		},
		func() error { return want(s.Mail("<"+mail.Login+">", nil)) },
	}
	for _, rcpt := range mail.Recipients {
		steps = append(steps, func() error { return want(s.Rcpt("<"+rcpt+">", nil)) })
	}
	steps = append(steps, func() error { return s.Macros(gomilter.CodeEOB, "i", queueID) })
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// want checks that the milter said to go on; it never says anything else here.
func want(act *gomilter.Action, err error) error {
	if err != nil {
		return err
	}
	if act.Code != gomilter.ActContinue {
		return fmt.Errorf("the milter answered %q instead of going on", rune(act.Code))
	}
	return nil
}
