// Package maillog reads what Postfix and Dovecot log: what became of each recipient of a
// mail, and who tried to log in from where. Package postfix knows Postfix's words; the forms
// of lines around them, and Dovecot's words, are known here only.
//
// A line is the syslog daemon's
//
//	Nov  4 10:00:00 mx postfix/smtp[123]: 4Cx...: to=<a@example.org>, relay=..., status=sent (250 ok)
//	2026-11-04T10:00:00.123456+09:00 mx dovecot: imap-login: Login: user=<b>, rip=192.0.2.1, ...
//
// or Dovecot's own, without host and with a level:
//
//	Nov 04 10:00:00 auth: Info: passwd-file(b,192.0.2.1): Password mismatch
//
// Names and replies in a line may be an attacker's. Each is taken from its place after
// what the daemon wrote itself, read from the left, and a line that leaves a doubt where
// one ends is dropped: nobody can make one line say what another daemon never said.
package maillog

import (
	"context"
	"strings"
	"time"

	"hisseki/ledger"
	"hisseki/postfix"
)

// Store keeps what was read, as store.DB does.
type Store interface {
	KeepLog(ctx context.Context, b *ledger.LogBatch) (ledger.LogKept, error)
	LogPositions(ctx context.Context, source, head string) ([]ledger.LogPosition, error)
}

// Counts says what was read and what became of it.
type Counts struct {
	ledger.LogKept
	Read       int    // lines
	Unreadable int    // without a time, so that they are not lines of a log
	Unknown    int    // of Postfix or Dovecot, in words that hisseki does not know
	Sample     string // the first unknown line, else the first unreadable one; hostile text
}

// Parser reads lines. It is safe for concurrent use.
type Parser struct {
	Zone   *time.Location            // of times without one; nil is the machine's
	Normal func(login string) string // turns a login into a sender; nil keeps it
	// Other reads lines of another kind of log in the place of all that this package knows:
	// what a line tells of accounts, and whether it has the form of such a log.
	Other func(line string) (logins []ledger.LogLogin, readable bool)
}

// longestLine is how much of a line is read, in bytes.
func (p *Parser) longestLine() int {
	if p != nil && p.Other != nil {
		return 64 * maxLine // events in JSON
	}
	return maxLine
}

// kind says how far a line was understood.
type kind int

const (
	unreadable kind = iota // no line of a log
	unknown                // Postfix's or Dovecot's, but in unknown words
	irrelevant             // of another program, or of no mail and no account
	telling
)

// entry is what one line says.
type entry struct {
	kind  kind
	at    time.Time
	lines []ledger.LogLine
	login *ledger.LogLogin
	// logins are those of another kind of log (Parser.Other).
	logins []ledger.LogLogin
	// What follows is for the lines around it (memory).
	guess   guess  // the attempt that login is of
	trouble bool   // the server's, with the attempt
	session string // process of a client's session, "" for none
	mail    string // the queue id that the session got, or that messageID is of
	// messageID is a mail's own, "" where the line does not tell it.
	messageID string
	pending   ledger.Outcome // of the mail that the session takes next
	again     int            // the line before stands for so many more
}

// parse reads one line without its end. ref is a time not long after the line was written:
// old formats leave the year out.
func (p *Parser) parse(line string, ref time.Time) entry {
	if p.Other != nil {
		logins, readable := p.Other(line)
		if !readable {
			return entry{}
		}
		return entry{kind: telling, logins: logins}
	}
	if line = strings.TrimPrefix(line, "@cee: "); strings.HasPrefix(line, "{") {
		return p.wrapped(line, ref)
	}
	h, ok := parseHead(line, ref, p.zone())
	if !ok {
		return entry{}
	}
	return p.message(&h)
}

// message reads what a program logged under a tag.
func (p *Parser) message(h *head) (e entry) {
	e.kind = irrelevant
	if daemon, service, ok := postfix.Tag(h.tag); ok {
		e = ofPostfix(daemon, postfix.ParseLine(daemon, service, h.message))
		if daemon == "smtpd" {
			e.session = h.process
		}
	} else if strings.HasPrefix(h.tag, "dovecot") && h.message != "" {
		e = dovecot(h.message)
	}
	if _, said, ok := strings.Cut(h.message, "pam_faillock(dovecot:auth): "); ok && e.kind != telling {
		e = faillock(said)
	}
	e.at, e.again = h.at.UTC(), h.again
	for i := range e.lines {
		e.lines[i].At = e.at
	}
	if e.login != nil {
		e.login.At = e.at
		e.login.Count *= max(h.repeat, 1)
		if p.Normal != nil {
			e.login.Sender = p.Normal(e.login.Sender)
		}
	}
	return e
}

func (p *Parser) zone() *time.Location {
	if p.Zone == nil {
		return time.Local
	}
	return p.Zone
}
