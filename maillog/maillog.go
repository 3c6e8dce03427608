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
	if object, ok := objectOf(line); ok {
		return p.wrapped(object, ref)
	}
	h, ok := parseHead(line, ref, p.zone())
	if !ok {
		return entry{}
	}
	return p.message(&h)
}

// objectOf returns the JSON of a line: all of it, or what stands behind CEE's cookie, journalctl's
// mark (-o json-seq and json-sse) or, after tabs, the time and tag of Fluentd's files.
func objectOf(line string) (object string, ok bool) {
	for _, mark := range []string{"\ufeff", "@cee: ", "@cee:", "\x1e", "data: "} {
		line = strings.TrimPrefix(line, mark)
	}
	if strings.HasPrefix(line, "{") {
		return line, true
	}
	if i := strings.Index(line[:min(len(line), maxHead)], "\t{"); i >= 0 && strings.HasSuffix(line, "}") {
		return line[i+1:], strings.Count(line[:i], " ") <= 1 // "2026-11-04 10:00:00 +0900" has one more
	}
	return "", false
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
	if e.kind == irrelevant && h.again == 0 && isStranger(h) {
		e.kind = unknown
	}
	// Somewhere in the words of others it may be a name that was tried.
	if said, ok := strings.CutPrefix(h.message, "pam_faillock(dovecot:auth): "); ok && e.kind != telling {
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

// isStranger says whether a line that tells nothing has words of Postfix's or Dovecot's behind a head
// that was not understood, such as a tag that a site gave to its container. They are counted and
// shown, so that nobody takes "0 logins" for an answer; they are not read, since another program's
// words may be anybody's.
func isStranger(h *head) bool {
	if _, _, ok := postfix.Tag(h.tag); ok || strings.HasPrefix(h.tag, "dovecot") {
		return false
	}
	text := h.message
	if h.tag == "" {
		text = strings.TrimSuffix(h.odd, ":") // not an empty message
	}
	return strings.Contains(text, "postfix/smtpd[") && !strings.HasSuffix(text, "]") || strings.Contains(text, "dovecot: ") ||
		strings.Contains(text, "sasl_username=")
}

func (p *Parser) zone() *time.Location {
	if p.Zone == nil {
		return time.Local
	}
	return p.Zone
}
