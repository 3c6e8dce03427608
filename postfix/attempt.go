package postfix

import (
	"net/netip"
	"regexp"
	"strings"
)

// statuses are the words behind "status=" (log_adhoc.c, bounce.c, verify.c).
var statuses = map[Status]Status{
	"sent":          StatusSent,
	"deferred":      StatusDeferred,
	"SOFTBOUNCE":    StatusDeferred,
	"bounced":       StatusBounced,
	"expired":       StatusExpired,
	"deliverable":   StatusProbe,
	"undeliverable": StatusProbe,
}

// complete says what became of an attempt.
func (l *Line) complete(daemon string) {
	l.Reply = strings.TrimSuffix(l.Reply, ")")
	status, ok := statuses[l.Status]
	if !ok || l.Recipient == "" {
		*l = Line{}
		return
	}
	l.Status = status
	if status != StatusSent {
		return
	}
	if daemon == "discard" || daemon == "local" && strings.HasPrefix(l.Reply, "delivered to file: /dev/null") {
		l.Status = StatusDiscarded
	} else if here, near := l.nextHop(); here || near {
		l.filtered(here)
	}
}

// swallows is in what a filter answers to mail that it throws away.
var swallows = regexp.MustCompile(`(?i)^2[0-9][0-9] .*\bdiscarded\b`)

// filtered reads what a content filter said: it took the mail for itself, or it gave the mail
// back under another queue id (amavisd-new):
//
//	250 2.7.0 Ok, discarded, id=15303-02 - spam
//	250 2.5.0 Ok, id=15303-02, BOUNCE
//	250 Virus Detected; Discarded Email (clamsmtp)
//	250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4CtzQW1rYJzXk
//
// One that is not on this machine may as well be a relay with queue ids of its own, unless
// it speaks as amavisd does.
func (l *Line) filtered(here bool) {
	before, next, _ := strings.Cut(l.Reply, "queued as ")
	relayed := strings.Contains(before, "from MTA(")
	own, rest, _ := strings.Cut(before, ", id=")
	if !relayed && strings.HasPrefix(own, "250 ") && strings.HasSuffix(strings.TrimSuffix(rest, ")"), ", BOUNCE") {
		l.Status = StatusBounced // the sender is told
		return
	}
	if !relayed && swallows.MatchString(own) {
		l.Status = StatusDiscarded
		return
	}
	if i := strings.IndexAny(next, " )"); i >= 0 {
		next = next[:i]
	}
	if ValidID(next) && (here || relayed) {
		l.Status, l.Next = StatusPassed, next
	}
}

// nextHop says whether the next hop is on this machine, or else in a private network as those
// of containers are (RFC 1918, RFC 4193).
func (l *Line) nextHop() (here, near bool) {
	_, place, open := strings.Cut(l.Relay, "[")
	place, _, closed := strings.Cut(place, "]")
	if !open || !closed {
		return false, false
	}
	if a, err := netip.ParseAddr(place); err == nil {
		a = a.Unmap()
		return a.IsLoopback(), a.IsPrivate()
	}
	return strings.Contains(place, "/"), false // a unix socket
}
