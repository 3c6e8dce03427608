package replay

import (
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

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
	c1 := clientOf(first)
	e.Client, e.ClientName, e.Helo = c1.addr, c1.name, c1.helo
	return e
}
