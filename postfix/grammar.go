package postfix

import (
	"net/netip"
	"regexp"
	"strings"
)

// words stand for the fields of a message in the grammar's patterns.
var words = strings.NewReplacer(
	// Before its first recipient was taken a mail has no id. NOQUEUE has the form of one.
	"SESSION", `(?:NOQUEUE|(?P<id>[0-9A-Za-z]{5,20}))`,
	"ID", `(?P<id>[0-9A-Za-z]{5,20})`,
	"NEXT", `(?P<next>[0-9A-Za-z]{5,20})`,
	// An address ends at the first ">" outside quotes; Postfix quotes a local part that has
	// one (info_log_addr_form).
	"ADDRESS", `(?:[^<>"\\]|\\.|"(?:[^"\\]|\\.)*")*`,
	// name[192.0.2.1]:51234; the name is of the DNS, checked by Postfix, or "unknown".
	"CLIENT", `[^\s\[\]]*\[(?P<client>[^\s\[\]]*)\](?::\d+)?`,
)

// rule is one form of message.
type rule struct {
	event  Event
	re     *regexp.Regexp
	fields []string // by number of the group
}

func form(event Event, pattern string) rule {
	re := regexp.MustCompile(`^(?:` + words.Replace(pattern) + `)$`)
	return rule{event, re, re.SubexpNames()}
}

// grammar is what the daemons log that a mail or a login goes through, in the order of
// looking. The formats are those of Postfix 2.3 to 3.11 (cleanup_message.c, log_adhoc.c,
// pickup.c, postsuper.c, qmgr_active.c, smtpd.c, smtpd_sasl_glue.c).
var grammar = map[string][]rule{
	"smtpd": {
		form(EventClient, `SESSION: client=CLIENT(?:, orig_queue_id=(?P<previous>[0-9A-Za-z]+))?`+
			`(?:, orig_client=[^,]*)?(?:, sasl_method=[^,]*, sasl_username=(?P<login>.*?))?(?:, sasl_sender=.*)?`),
		// Until 3.4 without a name.
		form(EventRefused, `(?:SESSION: )?warning: CLIENT: SASL \S+ authentication failed:? ?(?P<reply>.*?)`+
			`(?:, sasl_username=(?P<login>.*))?`),
		form(EventHeld, `SESSION: (?:milter-)?hold: .*`),
		form(EventDiscarded, `SESSION: (?:milter-)?discard: .*`),
		form(EventRejected, `ID: (?:milter-|proxy-)?reject: (?:END-OF-MESSAGE|DATA)\b.*`),
		form(EventIrrelevant, `SESSION: (?:bcc|delay|dunno|filter|info|permit|prepend|redirect|replace|`+
			`trace|warn|warning|reject_warning|(?:milter-|proxy-)[a-z-]+|reject): .*`),
		// Since 3.10 with an id or NOQUEUE in front.
		form(EventIrrelevant, `(?:SESSION: )?(?:connect|disconnect|lost connection|timeout|`+
			`too many errors|improper command|SSL_accept error|SSL3 alert|discarding EHLO keywords:|bare <LF>|bare <CR>|`+
			`using backwards-compatible|reload|idle timeout|client certificate|setting up TLS|proxy-[a-z]+:|table \S+ has changed|initializing|`+
			`(?:Anonymous|Trusted|Untrusted|Verified) TLS connection) ?.*`),
	},
	"cleanup": {
		form(EventIdentified, `ID: message-id=<?(?P<message>[^<>]*)>?`),
		form(EventIrrelevant, `ID: (?:resent-)?message-id=.*`),
		// Not logged where the mail is to be on hold anyway (cleanup_milter_apply).
		form(EventMilterHeld, `ID: milter-hold: END-OF-MESSAGE .*`),
		form(EventHeld, `ID: (?:milter-)?hold: .*`),
		form(EventDiscarded, `ID: (?:(?:milter-)?discard: .*|removed \(discarded\))`),
		form(EventRejected, `ID: (?:(?:milter-)?reject: .*|removed \(canceled\))`),
		form(EventIrrelevant, `ID: (?:bcc|delay|filter|ignore|info|prepend|redirect|replace|strip|warn|warning|`+
			`milter-[a-z-]+): .*`),
		form(EventIrrelevant, `table \S+ has changed.*`),
	},
	"qmgr": queues, "oqmgr": queues, // the queue manager of before 2.2 is still there
	"qmqpd": {form(EventClient, `SESSION: client=CLIENT`)},
	"pickup": {
		// From postsuper -r. A sender's address that plays the end of the line has its ">" behind.
		form(EventRequeued, `NEXT: uid=\d+ from=<.*> orig_id=ID`),
		form(EventIrrelevant, `ID: uid=\d+ from=<.*>`),
	},
	"postsuper": {
		form(EventDeleted, `ID: removed`),
		form(EventHeldByHand, `ID: placed on hold`),
		form(EventUnheld, `ID: released from hold`),
		form(EventIrrelevant, `ID: (?:requeued|expired|renamed .*)`), // qmgr and pickup say more
		form(EventIrrelevant, `[A-Z][A-Za-z -]*: \d+ messages?`),
	},
	"bounce": {
		form(EventIrrelevant, `ID: (?:sender|postmaster) [a-z -]+ notification: [0-9A-Za-z]+`),
	},
	"smtp": delivers, "lmtp": delivers, "local": delivers, "virtual": delivers, "pipe": delivers,
	"error": delivers, "discard": delivers,
}

// queues is what the queue manager says.
var queues = []rule{
	form(EventIrrelevant, `ID: from=<ADDRESS>, size=.*`),
	form(EventGone, `ID: removed`),
	form(EventExpired, `ID: from=<ADDRESS>, status=(?:force-)?expired, .*`),
	form(EventIrrelevant, `ID: skipped, still being delivered`),
}

// delivers is what the delivery agents say beside their attempts.
var delivers = []rule{
	attempt,
	form(EventIrrelevant, `ID: (?:SASL authentication failed|host|lost connection|conversation|enabling PIX|breaking line|Cannot start TLS|`+
		`TLS is|Server certificate|re-using session|passing|discarding EHLO keywords|`+
		`(?:Anonymous|Trusted|Untrusted|Verified) TLS connection)\b.*`),
	form(EventIrrelevant, `(?:ID: )?TLSRPT: .*`), // since 3.10
	form(EventIrrelevant, `(?:connect to|SSL_connect error|initializing|setting up TLS|certificate verification|`+
		`lost connection|table \S+ has changed|server certificate|Host offered STARTTLS|`+
		`(?:Anonymous|Trusted|Untrusted|Verified) TLS connection) ?.*`),
}

// attempt is a delivery agent's, and the queue manager's and cleanup's where they end a
// recipient themselves:
//
//	4Cx...: to=<a@b>, orig_to=<c@d>, relay=e[192.0.2.1]:25, delay=1, delays=1/0/0/0,
//	dsn=2.0.0, status=sent (250 ok)
var attempt = form(EventAttempt, `ID: to=<(?P<recipient>ADDRESS)>, (?:orig_to=<(?P<original>ADDRESS)>, )?`+
	`relay=(?P<relay>[^,]*), (?:(?:dsn=(?P<dsn>[0-9.]*)|[a-z_]+=[^,\s]*), )*`+
	`status=(?P<status>[A-Za-z]+)(?: \((?P<reply>.*))?`)

// common is what any daemon may log.
var common = []rule{
	attempt,
	form(EventIrrelevant, `(?:SESSION: )?(?:warning|error|fatal|panic|info): .*`),
	form(EventIrrelevant, `statistics: .*`),
}

// read matches a message and fills the fields.
func (r *rule) read(message string) (l Line, ok bool) {
	at := r.re.FindStringSubmatchIndex(message)
	if at == nil {
		return l, false
	}
	l.Event = r.event
	for i, name := range r.fields {
		if name != "" && at[2*i] >= 0 {
			l.set(name, message[at[2*i]:at[2*i+1]])
		}
	}
	return l, true
}

func (l *Line) set(field, value string) {
	switch field {
	case "id":
		l.QueueID = value
	case "next":
		l.Next = value
	case "previous":
		if ValidID(value) { // and not NOQUEUE, of a filter before the queue
			l.Previous = value
		}
	case "message":
		l.MessageID = value
	case "recipient":
		l.Recipient = value
	case "original":
		l.Original = value
	case "relay":
		l.Relay = value
	case "dsn":
		l.DSN = value
	case "status":
		l.Status = Status(value)
	case "reply":
		l.Reply = value
	case "login":
		l.Login = value
	case "client":
		if a, err := netip.ParseAddr(value); err == nil {
			l.Client = a.Unmap().WithZone("")
		}
	}
}
