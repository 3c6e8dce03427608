// Package maillog reads what Postfix and Dovecot log: what became of each recipient of a
// mail, and who tried to log in from where. It is the only package that knows the formats.
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
// Names and replies in a line come from strangers. Each is taken from its place after
// what the daemon wrote itself, read from the left, and a line that leaves a doubt where
// one ends is dropped: nobody can make one line say what another daemon never said.
package maillog

import (
	"context"
	"strings"
	"time"

	"hisseki/ledger"
)

// Store keeps what was read, as store.DB does.
type Store interface {
	KeepLog(ctx context.Context, b *ledger.LogBatch) (ledger.LogKept, error)
	LogPositions(ctx context.Context, source, head string) ([]ledger.LogPosition, error)
}

// Counts says what was read and what became of it.
type Counts struct {
	ledger.LogKept
	Read int // lines
}

// Parser reads lines. It is safe for concurrent use.
type Parser struct {
	Zone   *time.Location            // of times without one; nil is the machine's
	Normal func(login string) string // turns a login into a sender; nil keeps it
}

// entry is what one line says; most say nothing of interest.
type entry struct {
	lines []ledger.LogLine
	login *ledger.LogLogin
}

// parse reads one line without its end. ref is a time not long after the line was written:
// old formats leave the year out.
func (p *Parser) parse(line string, ref time.Time) entry {
	at, rest, ok := timestamp(line, ref, p.zone())
	if !ok {
		return entry{}
	}
	tag, message, ok := split(rest)
	if !ok {
		return entry{}
	}
	return p.message(at, tag, message)
}

// message reads what a program logged under a tag.
func (p *Parser) message(at time.Time, tag, message string) (e entry) {
	at = at.UTC()
	if daemon, service, ok := postfixTag(tag); ok {
		e = postfix(daemon, service, message)
	} else if tag == "dovecot" {
		e.login = dovecot(message)
	} else if said, ok := strings.CutPrefix(message, "pam_faillock(dovecot:auth): "); ok {
		e.login = faillock(said)
	}
	for i := range e.lines {
		e.lines[i].At = at
	}
	if e.login != nil {
		e.login.At = at
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
