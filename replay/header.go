package replay

import (
	"cmp"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/mailbox"
	"hisseki/internal/received"
)

// envelopeOf makes up the envelope of an archived mail from its header. Recipients are
// those of To, Cc and Bcc, so that blind copies count where the archive kept them. The
// sender is the From address: in an archive nothing better is known.
func envelopeOf(fields []content.Field, at time.Time) analyzer.Envelope {
	h := traceOf(fields)
	c := content.Parse(content.Source{Header: h.addresses}, content.Limits{})
	e := analyzer.Envelope{Time: at, Class: analyzer.Account, MailFrom: h.returnPath,
		Recipients: recipientsOf(c.To)}
	for _, a := range c.From {
		if a.Addr != "" {
			e.Login = mailbox.Canonical(a.Addr)
			break
		}
	}
	e.Login = cmp.Or(e.Login, e.MailFrom)
	e.MailFrom = cmp.Or(e.MailFrom, e.Login)
	e.Sender = mailbox.Lower(e.Login)
	from := received.From(h.received)
	e.Client, e.ClientName, e.Helo = from.Addr, from.Name, from.Helo
	return e
}

// trace is what of a header an envelope can be made of.
type trace struct {
	addresses  []content.Field // From, To and Cc; Bcc as Cc
	received   string          // the earliest Received, which is the last one
	returnPath string
}

func traceOf(fields []content.Field) (t trace) {
	for _, f := range fields {
		switch strings.ToLower(f.Name) {
		case "from", "to", "cc":
			t.addresses = append(t.addresses, f)
		case "bcc":
			t.addresses = append(t.addresses, content.Field{Name: "Cc", Value: f.Value})
		case "received":
			t.received = f.Value
		case "return-path":
			if a := strings.Trim(f.Value, " \t<>"); t.returnPath == "" && strings.Contains(a, "@") {
				t.returnPath = mailbox.Canonical(a)
			}
		}
	}
	return t
}

// recipientsOf returns each address once.
func recipientsOf(list []content.Address) (out []string) {
	seen := make(map[string]bool)
	for _, a := range list {
		addr := mailbox.Canonical(a.Addr)
		key := strings.ToLower(addr)
		if strings.Contains(key, "@") && !seen[key] && len(out) < maxRecipients {
			seen[key] = true
			out = append(out, addr)
		}
	}
	return out
}
