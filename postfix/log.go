package postfix

import (
	"net/netip"
	"strings"
)

// Event is what one line of Postfix's log reports.
type Event string

// Events. An event without a queue id is about the mail that the same process takes next.
const (
	EventUnknown    Event = ""           // not a line that this package knows
	EventIrrelevant Event = "irrelevant" // known: no mail's end, and no login
	EventClient     Event = "client"     // a session got a queue id; Login says who, if it logged in
	EventIdentified Event = "identified" // the mail's MessageID was read
	EventRefused    Event = "refused"    // a login, for its password
	EventAttempt    Event = "attempt"    // a delivery to one recipient, with its Status
	EventRequeued   Event = "requeued"   // the mail goes on under the queue id Next
	EventHeld       Event = "held"       // by a rule of Postfix's own, or by a milter before its end
	EventHeldByHand Event = "by hand"    // on hold, by postsuper
	EventMilterHeld Event = "quarantine" // on hold, by a milter at the end of the message alone
	EventUnheld     Event = "unheld"     // by hand
	EventExpired    Event = "expired"    // given up, and the sender is told
	EventDeleted    Event = "deleted"    // by hand
	EventDiscarded  Event = "discarded"  // taken from the client and thrown away, by a rule
	EventRejected   Event = "rejected"   // refused after it had got its queue id
	EventGone       Event = "gone"       // the queue file was removed: a short id may come again
)

// Status is the end of one attempt to deliver.
type Status string

// Statuses.
const (
	StatusSent      Status = "sent"
	StatusPassed    Status = "passed"    // to a content filter on this machine, and back as Next
	StatusDiscarded Status = "discarded" // by the discard service or by a content filter
	StatusDeferred  Status = "deferred"
	StatusBounced   Status = "bounced"
	StatusExpired   Status = "expired"
	StatusProbe     Status = "probe" // of an address, for no mail
)

// Line is what one line of Postfix's log says. Attackers may have written all text in it
// but the queue ids.
type Line struct {
	Event   Event
	QueueID string // "" before a session has one ("NOQUEUE")
	Next    string // of EventRequeued, and of EventAttempt with StatusPassed
	// Previous is what a content filter's side of EventClient called the mail that it brings
	// back (XFORWARD's IDENT), "" when it did not say.
	Previous string

	MessageID string // of EventIdentified, without the angle brackets

	// Of EventAttempt. Addresses are as Postfix writes them, with quotes where the local part
	// needs some (RFC 5321 4.1.2).
	Recipient string
	Original  string // before aliases, "" when it is the same
	Relay     string // "name[address]:port", "local", "none"
	DSN       string // enhanced status code, "2.0.0"
	Status    Status
	Reply     string // the next hop's, or Postfix's own words

	// Of EventClient and EventRefused.
	Login   string
	Client  netip.Addr // not valid when Postfix did not say it
	Service string     // by its syslog_name: "submission"; "smtp" without one
}

// Tag takes the tag of a log line apart: "postfix/submission/smtpd" is daemon smtpd of the
// service submission. The first part is syslog_name, which may be anything; without a part
// between, the service is smtp.
func Tag(tag string) (daemon, service string, ok bool) {
	i := strings.LastIndexByte(tag, '/')
	if i <= 0 || i == len(tag)-1 {
		return "", "", false
	}
	name, daemon := tag[:i], tag[i+1:]
	if j := strings.LastIndexByte(name, '/'); j >= 0 {
		return daemon, name[j+1:], true
	}
	return daemon, "smtp", true
}

// ParseLine reads what a daemon logged, from the left: every field ends at something that
// cannot be in it, so that nobody's name or reply can begin another field.
func ParseLine(daemon, service, message string) Line {
	for _, rules := range [...][]rule{grammar[daemon], common} {
		for i := range rules {
			if l, ok := rules[i].read(message); ok {
				l.Service = service
				return l.checked(daemon)
			}
		}
	}
	if _, known := grammar[daemon]; known || mailLine(message) {
		return Line{}
	}
	return Line{Event: EventIrrelevant} // of a daemon that handles no mail, such as master
}

// mailLine says whether a message begins with a queue id.
func mailLine(message string) bool {
	id, _, ok := strings.Cut(message, ": ")
	return ok && ValidID(id)
}

// checked drops what looks like an id and is none, and completes an attempt.
func (l Line) checked(daemon string) Line {
	if l.QueueID != "" && !ValidID(l.QueueID) || l.Next != "" && !ValidID(l.Next) {
		return Line{}
	}
	switch {
	case l.Event == EventAttempt:
		l.complete(daemon)
	case l.Event == EventIrrelevant,
		l.Event == EventRefused && (l.Login == "" || serverTrouble(l.Reply)):
		return Line{Event: EventIrrelevant}
	}
	return l
}
