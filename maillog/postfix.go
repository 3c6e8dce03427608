package maillog

import (
	"net/netip"
	"strings"
	"unicode"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// maxReply bounds what is kept of a remote side's reply, in bytes. RFC 5321 allows lines
// of 512.
const maxReply = 500

// postfixTag takes a tag such as "postfix/smtp" or "postfix/submission/smtpd" apart. The
// first part is syslog_name and may be anything; the last is the program.
func postfixTag(tag string) (daemon, service string, ok bool) {
	i := strings.LastIndexByte(tag, '/')
	if i <= 0 {
		return "", "", false
	}
	name, daemon := tag[:i], tag[i+1:]
	if j := strings.LastIndexByte(name, '/'); j >= 0 {
		return daemon, name[j+1:], true
	}
	return daemon, "smtp", true
}

func postfix(daemon, service, message string) (e entry) {
	if daemon == "smtpd" {
		e.login = smtpd(service, message)
		return e
	}
	id, said, ok := strings.Cut(message, ": ")
	if !ok || !queueID(id) {
		return e
	}
	switch daemon {
	case "smtp", "lmtp", "local", "virtual", "pipe", "error", "discard":
		e.lines = attempt(id, said)
	case "qmgr":
		e.lines = manager(id, said)
	case "postsuper":
		e.lines = whole(id, map[string]ledger.Outcome{
			"removed":            ledger.OutcomeDiscarded,
			"placed on hold":     ledger.OutcomeHeld,
			"released from hold": ledger.OutcomeQueued,
		}[said])
	case "pickup":
		e.lines = picked(id, said)
	}
	return e
}

// queueID says whether a word is a queue id: short ones are hexadecimal, long ones have
// digits of base 52 and "z" (Postfix's mail_queue.h).
func queueID(s string) bool {
	if len(s) < 6 || len(s) > 30 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// whole is an outcome of all recipients that had none for good.
func whole(id string, outcome ledger.Outcome) []ledger.LogLine {
	if outcome == "" {
		return nil
	}
	return []ledger.LogLine{{Event: ledger.LogOutcome, QueueID: id, Outcome: outcome}}
}

// attempt reads a delivery agent's
// "to=<a>, orig_to=<b>, relay=c, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (reply)".
func attempt(id, said string) []ledger.LogLine {
	d := ledger.LogLine{Event: ledger.LogOutcome, QueueID: id}
	var ok bool
	if d.Recipient, said, ok = address(said, "to=<"); !ok || d.Recipient == "" {
		return nil
	}
	if to, rest, ok := address(said, "orig_to=<"); ok {
		d.Original, said = to, rest
	}
	for {
		field, rest, more := strings.Cut(said, ", ")
		if strings.HasPrefix(field, "status=") {
			break
		}
		if !more {
			return nil
		}
		name, value, _ := strings.Cut(field, "=")
		switch name {
		case "relay":
			d.Relay = value
		case "dsn":
			d.DSN = value
		}
		said = rest
	}
	status, reply, _ := strings.Cut(strings.TrimPrefix(said, "status="), " ")
	d.Outcome = map[string]ledger.Outcome{
		"sent":       ledger.OutcomeDelivered,
		"deferred":   ledger.OutcomeDeferred,
		"SOFTBOUNCE": ledger.OutcomeDeferred,
		"bounced":    ledger.OutcomeBounced,
		"expired":    ledger.OutcomeExpired,
	}[status]
	if d.Outcome == "" {
		return nil // a probe, or new
	}
	reply = strings.TrimSuffix(strings.TrimPrefix(reply, "("), ")")
	d.Reply = clean(reply, maxReply)
	list := []ledger.LogLine{d}
	if next := passedOn(&d, reply); next != "" {
		list = append(list, ledger.LogLine{Event: ledger.LogRequeued, QueueID: id, Next: next})
	}
	return list
}

// passedOn returns the queue id under which a content filter on this machine gave the mail
// back, "" for none.
func passedOn(d *ledger.LogLine, reply string) string {
	if d.Outcome != ledger.OutcomeDelivered || !bracketed(d.Relay).IsLoopback() {
		return ""
	}
	_, next, ok := strings.Cut(reply, "queued as ")
	if i := strings.IndexAny(next, " )"); i >= 0 {
		next = next[:i]
	}
	if !ok || !queueID(next) {
		return ""
	}
	return next
}

// address reads "to=<...>, " and returns the rest. Postfix quotes a local part that could
// end the address early (info_log_addr_form).
func address(s, prefix string) (addr, rest string, ok bool) {
	s, ok = strings.CutPrefix(s, prefix)
	if !ok {
		return "", "", false
	}
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '>' && !quoted:
			rest, ok = strings.CutPrefix(s[i+1:], ", ")
			return s[:i], rest, ok && i <= 320 // RFC 3696: 64 + 1 + 255
		}
	}
	return "", "", false
}

// manager reads the queue manager's "removed" and "from=<a>, status=expired, returned to
// sender".
func manager(id, said string) []ledger.LogLine {
	if said == "removed" {
		return []ledger.LogLine{{Event: ledger.LogGone, QueueID: id}}
	}
	_, rest, ok := address(said, "from=<")
	if !ok {
		return nil
	}
	switch status, _, _ := strings.Cut(rest, ","); status {
	case "status=expired", "status=force-expired":
		return whole(id, ledger.OutcomeExpired)
	}
	return nil
}

// picked reads the pickup service's "uid=0 from=<a> orig_id=B": mail that postsuper -r put
// back. The sender's address ends the line with nothing but the id behind it.
func picked(id, said string) []ledger.LogLine {
	i := strings.LastIndex(said, "> orig_id=")
	if i < 0 || !strings.HasPrefix(said, "uid=") {
		return nil
	}
	old := said[i+len("> orig_id="):]
	if !queueID(old) {
		return nil
	}
	return []ledger.LogLine{{Event: ledger.LogRequeued, QueueID: old, Next: id}}
}

// smtpd reads "ID: client=name[address], sasl_method=PLAIN, sasl_username=a" and "warning:
// name[address]: SASL LOGIN authentication failed: reason, sasl_username=a", which old
// Postfix writes without a name.
func smtpd(service, message string) *ledger.LogLogin {
	if said, ok := strings.CutPrefix(message, "warning: "); ok {
		who, said, _ := strings.Cut(said, ": ")
		how, user, ok := strings.Cut(said, ", sasl_username=")
		if !ok || !strings.HasPrefix(how, "SASL ") ||
			!strings.Contains(how, " authentication failed") {
			return nil
		}
		return login(user, bracketed(who), analyzer.LoginFailure, service)
	}
	id, said, ok := strings.Cut(message, ": ")
	if !ok || !queueID(id) || !strings.HasPrefix(said, "client=") { // "NOQUEUE" looks like one
		return nil
	}
	client, said, ok := strings.Cut(said, ", sasl_method=")
	if !ok || strings.Contains(client, ", ") {
		return nil
	}
	_, user, ok := strings.Cut(said, ", sasl_username=")
	if !ok {
		return nil
	}
	user, _, _ = strings.Cut(user, ", ")
	return login(user, bracketed(client), analyzer.LoginSuccess, service)
}

// bracketed returns the address in "name[address]:port".
func bracketed(s string) netip.Addr {
	i, j := strings.IndexByte(s, '['), strings.LastIndexByte(s, ']')
	if i < 0 || j < i {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(s[i+1 : j])
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// login returns an attempt, nil when the name cannot be an account's.
func login(user string, client netip.Addr, result analyzer.LoginResult,
	service string) *ledger.LogLogin {
	if !accountName(user) {
		return nil
	}
	return &ledger.LogLogin{Login: analyzer.Login{Count: 1, Sender: user, Client: client,
		Result: result, Service: service}}
}

// accountName says whether a name holds nothing that could end it early in a line.
func accountName(s string) bool {
	if s == "" || len(s) > 320 {
		return false
	}
	for _, r := range s {
		if strings.ContainsRune("<>()[]{},:;\"`|\ufffd", r) || unicode.IsSpace(r) ||
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
