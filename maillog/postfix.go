package maillog

import (
	"net/netip"
	"strings"
	"unicode"

	"hisseki/analyzer"
	"hisseki/internal/mailbox"
	"hisseki/ledger"
	"hisseki/postfix"
)

// maxReply bounds what is kept of a remote side's reply, in bytes. RFC 5321 allows lines
// of 512.
const maxReply = 500

// maxAddress bounds an address, in bytes (RFC 5321 4.5.3.1: 64 + 1 + 255).
const maxAddress = 320

// statuses are the ends of attempts in the ledger's words.
var statuses = map[postfix.Status]ledger.Outcome{
	postfix.StatusSent:      ledger.OutcomeDelivered,
	postfix.StatusPassed:    ledger.OutcomePassed,
	postfix.StatusDiscarded: ledger.OutcomeDiscarded,
	postfix.StatusDeferred:  ledger.OutcomeDeferred,
	postfix.StatusBounced:   ledger.OutcomeBounced,
	postfix.StatusExpired:   ledger.OutcomeExpired,
}

// events are what happens to a whole mail, that is to all recipients whose end is not known.
var events = map[postfix.Event]ledger.Outcome{
	postfix.EventHeld:       ledger.OutcomeHeld,
	postfix.EventHeldByHand: ledger.OutcomeHeld,
	postfix.EventMilterHeld: ledger.OutcomeHeld,
	postfix.EventUnheld:     ledger.OutcomeQueued,
	postfix.EventExpired:    ledger.OutcomeExpired,
	postfix.EventDeleted:    ledger.OutcomeDiscarded,
	postfix.EventDiscarded:  ledger.OutcomeDiscarded,
	postfix.EventRejected:   ledger.OutcomeRejected,
}

// ofPostfix says what a line of Postfix's means for mail and accounts.
func ofPostfix(daemon string, l postfix.Line) (e entry) {
	switch l.Event {
	case postfix.EventUnknown:
		return entry{kind: unknown}
	case postfix.EventClient:
		return client(&l)
	case postfix.EventIdentified:
		return entry{kind: irrelevant, mail: l.QueueID, messageID: l.MessageID}
	case postfix.EventRefused:
		e := login(l.Login, l.Client, analyzer.LoginFailure, l.Service)
		if v, known := refusals.find(l.Reply); known && e.login != nil &&
			v.result == analyzer.LoginLockout {
			e.login.Result = v.result
		}
		e.guess = guess{account: l.Login, client: l.Client}
		return e
	case postfix.EventAttempt:
		return attempted(&l)
	case postfix.EventRequeued:
		return entry{kind: telling, lines: []ledger.LogLine{requeued(l.QueueID, l.Next)}}
	case postfix.EventGone:
		return entry{kind: telling,
			lines: []ledger.LogLine{{Event: ledger.LogGone, QueueID: l.QueueID}}}
	}
	outcome, ok := events[l.Event]
	switch {
	case !ok:
		return entry{kind: irrelevant}
	case l.QueueID == "":
		return entry{kind: telling, pending: outcome}
	}
	return entry{kind: telling, lines: []ledger.LogLine{{Event: ledger.LogOutcome, QueueID: l.QueueID,
		Outcome: outcome, Milter: l.Event == postfix.EventMilterHeld}}}
}

// client reads that a session began a mail: who it is, and whether a content filter brings
// back one that is known.
func client(l *postfix.Line) entry {
	e := entry{kind: irrelevant}
	if l.Login != "" {
		e = login(l.Login, l.Client, analyzer.LoginSuccess, l.Service)
	}
	e.mail = l.QueueID
	if l.Previous != "" && l.QueueID != "" && l.Previous != l.QueueID {
		e.kind = telling
		e.lines = []ledger.LogLine{requeued(l.Previous, l.QueueID)}
	}
	return e
}

func requeued(id, next string) ledger.LogLine {
	return ledger.LogLine{Event: ledger.LogRequeued, QueueID: id, Next: next}
}

// attempted is what became of one recipient.
func attempted(l *postfix.Line) entry {
	outcome, ok := statuses[l.Status]
	if !ok || len(l.Recipient) > maxAddress || len(l.Original) > maxAddress {
		return entry{kind: irrelevant} // a probe of an address
	}
	e := entry{kind: telling, lines: []ledger.LogLine{{Event: ledger.LogOutcome, QueueID: l.QueueID,
		Outcome: outcome, Recipient: mailbox.Canonical(l.Recipient), Original: mailbox.Canonical(l.Original), Relay: l.Relay, DSN: l.DSN,
		Reply: clean(l.Reply, maxReply)}}}
	if l.Next != "" {
		e.lines = append(e.lines, requeued(l.QueueID, l.Next))
	}
	return e
}

// login is an attempt, or irrelevant when the name cannot be an account's.
func login(user string, client netip.Addr, result analyzer.LoginResult, service string) entry {
	user = mailbox.Canonical(user) // `"bob"@example.org`, in quotes that say nothing
	if !accountName(user) {
		return entry{kind: irrelevant}
	}
	return entry{kind: telling, login: &ledger.LogLogin{Login: analyzer.Login{Count: 1, Sender: user,
		Client: client, Result: result, Service: service}}}
}

// accountName says whether a name is whole and holds nothing that could end it early in a
// line. Daemons write "?" for what they do not print ("bob\nx" is "bob?x"), and Dovecot cuts
// long names to 61 or 77 bytes and "...".
func accountName(s string) bool {
	if s == "" || len(s) > maxAddress || strings.HasSuffix(s, "...") {
		return false
	}
	for _, r := range s {
		if strings.ContainsRune("<>()[]{},:;?\"`|\ufffd", r) || unicode.IsSpace(r) ||
			!unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// clean makes text of the remote side valid and bounded.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}
