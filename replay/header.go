package replay

import (
	"net/mail"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// The years in which a mail's own word for its time is believed. Unix' epoch, 1980 and
// 2038 are what broken clocks say.
var (
	earliest = time.Date(1985, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2037, 1, 1, 0, 0, 0, 0, time.UTC)
)

// mailTime says when a mail was sent, by its header: the earliest sane Received, for
// the first server's clock is better than a PC's; without one, Date. The zero time when
// neither is sane.
func mailTime(fields []content.Field) time.Time {
	var received, date time.Time
	for _, f := range fields {
		switch {
		case strings.EqualFold(f.Name, "Received"):
			i := strings.LastIndexByte(f.Value, ';') // RFC 5321 section 4.4
			if t := parseDate(f.Value[i+1:]); i >= 0 && sane(t) &&
				(received.IsZero() || t.Before(received)) {
				received = t
			}
		case strings.EqualFold(f.Name, "Date") && date.IsZero():
			if t := parseDate(f.Value); sane(t) {
				date = t
			}
		}
	}
	if received.IsZero() {
		return date
	}
	return received
}

func sane(t time.Time) bool { return t.After(earliest) && t.Before(latest) }

// zones are the zone names of RFC 5322 section 4.3, and those that Japanese, British
// and Central European programs write. Go takes other names' offsets from the machine's
// own zone, which would make a replay depend on where it runs.
var zones = map[string]string{
	"UT": "+0000", "GMT": "+0000", "UTC": "+0000", "Z": "+0000",
	"EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500",
	"MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
	"JST": "+0900", "KST": "+0900", "BST": "+0100", "CET": "+0100", "CEST": "+0200",
}

var (
	comments  = regexp.MustCompile(`\([^()]*\)`)
	zoneName  = regexp.MustCompile(` ([A-Z]{1,5})$`)
	dateForms = []string{
		"Mon, 2 Jan 06 15:04:05 -0700",   // RFC 822
		"Mon, 2 Jan 2006 15:04:05",       // no zone
		"2 Jan 2006 15:04:05",            // neither day nor zone
		"Mon Jan 2 15:04:05 2006",        // asctime, as in mbox
		"Mon Jan 2 15:04:05 -0700 2006",  // and with a zone
		"Mon Jan 2 15:04 2006",           // the oldest mbox
		"Mon Jan 2 15:04:05 2006 -0700",  // Zimbra's mbox
		"2006-01-02 15:04:05 -0700",      // qmail-like programs
		"2006-01-02T15:04:05Z07:00",      // programs written today
		"Mon, 2 Jan 2006 15.04.05 -0700", // Lotus Domino, Finnish
	}
)

// parseDate reads a date as mail shows it, or returns the zero time.
func parseDate(s string) time.Time {
	if len(s) > 200 {
		return time.Time{}
	}
	s = strings.Join(strings.Fields(comments.ReplaceAllString(s, " ")), " ")
	if m := zoneName.FindStringSubmatch(s); m != nil {
		zone := zones[m[1]]
		if zone == "" {
			zone = "+0000" // RFC 5322 section 4.3: unknown names mean nothing
		}
		s = strings.TrimSuffix(s, m[1]) + zone
	}
	if t, err := mail.ParseDate(s); err == nil {
		return t.UTC()
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// envelopeOf makes up the envelope of an archived mail from its header. Recipients are
// those of To, Cc and Bcc, so that blind copies count where the archive kept them. The
// sender is the From address: in an archive nothing better is known.
func envelopeOf(fields []content.Field, at time.Time) analyzer.Envelope {
	e := analyzer.Envelope{Time: at, Class: analyzer.Account}
	var wanted []content.Field
	var first string // the earliest Received: the last one
	for _, f := range fields {
		switch strings.ToLower(f.Name) {
		case "from", "to", "cc":
			wanted = append(wanted, f)
		case "bcc":
			wanted = append(wanted, content.Field{Name: "Cc", Value: f.Value})
		case "received":
			first = f.Value
		case "return-path":
			if a := strings.Trim(f.Value, " \t<>"); e.MailFrom == "" && strings.Contains(a, "@") {
				e.MailFrom = a
			}
		}
	}
	c := content.Parse(content.Source{Header: wanted}, content.Limits{})
	for _, a := range c.From {
		if a.Addr != "" {
			e.Login = a.Addr
			break
		}
	}
	seen := make(map[string]bool)
	for _, a := range c.To {
		key := strings.ToLower(a.Addr)
		if strings.Contains(key, "@") && !seen[key] && len(e.Recipients) < maxRecipients {
			seen[key] = true
			e.Recipients = append(e.Recipients, a.Addr)
		}
	}
	if e.Login == "" {
		e.Login = e.MailFrom
	}
	if e.MailFrom == "" {
		e.MailFrom = e.Login
	}
	e.Sender = strings.ToLower(e.Login)
	e.Client, e.ClientName, e.Helo = clientOf(first)
	return e
}

var (
	fromClause = regexp.MustCompile(`^from\s+([^\s;()]+)`)
	bracketed  = regexp.MustCompile(`(?:([A-Za-z0-9][A-Za-z0-9._-]*)\.?\s+)?` +
		`\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})\]`)
	byClause = regexp.MustCompile(`\sby\s`)
)

// clientOf reads who handed the mail to the first server, as Postfix, Exim and Sendmail
// write it: from HELO (NAME [ADDRESS]) by ... An address that cannot be a client's
// (loopback, multicast, link-local) makes the whole clause worthless.
func clientOf(received string) (addr netip.Addr, name, helo string) {
	received = strings.TrimSpace(received)
	if i := byClause.FindStringIndex(received); i != nil {
		received = received[:i[0]]
	}
	from := fromClause.FindStringSubmatch(received)
	ip := bracketed.FindStringSubmatch(received)
	if from == nil || ip == nil {
		return netip.Addr{}, "", ""
	}
	addr, err := netip.ParseAddr(ip[2])
	addr = addr.Unmap()
	if err != nil || !addr.IsGlobalUnicast() || addr.Is4() && addr.As4()[0] == 0 {
		return netip.Addr{}, "", ""
	}
	if strings.Contains(ip[1], ".") {
		name = ip[1]
	}
	return addr, name, from[1]
}
