// Package analyzer judges one outgoing mail: it takes the observation, compares it
// with what is usual for its sender and the organisation, and says pass, delay or
// hold, with the evidence. It does no I/O of its own and reads no clock: what it
// remembers comes through Memory, the time comes with the mail.
package analyzer

import (
	"net/netip"
	"time"

	"hisseki/analyzer/content"
)

// Class says what kind of source a sender is.
type Class string

// Classes. Only accounts are held by default; the rest are observed.
const (
	Account     Class = "account"     // proved by SMTP AUTH, or named by a relay that is believed
	Application Class = "application" // no login: a client network or daemon and its MAIL FROM
	Null        Class = "null"        // no login and MAIL FROM is <>: bounces, auto-replies
)

// Envelope holds the SMTP facts of one mail.
type Envelope struct {
	Time       time.Time // end of message, UTC
	Host       string    // MTA that took the mail ({j})
	QueueID    string    // Postfix queue id, "" when the MTA told none
	Sender     string    // key of the profile: the normalised login, or a class key
	Class      Class
	Login      string // as authenticated, before normalisation; "" without login
	AuthType   string
	MailFrom   string   // "" for <>
	Recipients []string // accepted by the MTA, as written
	Client     netip.Addr
	ClientName string
	Helo       string
	TLS        string // protocol and cipher, "" for plain text
	// CertSubject is the name in the client's certificate, where the MTA verified it.
	CertSubject string
	Relay       string // that named the account, as the configuration calls it; "" for a login
	NamedBy     string // the place where the relay did, such as "header:X-Sender" or "mail_from"
	Automatic   bool   // says of itself that no person wrote it: judged, never learned
	Daemon      string // {daemon_name}
}

// Mail is an envelope and what it carries.
type Mail struct {
	Envelope
	content.Source
}

// Believed says in words who named the account where it did not log in here, "" where it did.
func (e *Envelope) Believed() string {
	switch {
	case e.Relay == "":
		return ""
	case e.Automatic:
		return "relay " + e.Relay + ", by " + e.NamedBy + "; it says that no person wrote it"
	}
	return "relay " + e.Relay + ", by " + e.NamedBy
}
