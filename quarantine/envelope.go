package quarantine

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"hisseki/internal/capped"
	"hisseki/postfix"
)

// Envelope is what a mail's queue file says of who sent it: Postfix's own word.
type Envelope struct {
	Queue  string     // "hold", "deferred", ...
	Login  string     // as authenticated (SASL), "" without
	Client netip.Addr // not valid where Postfix does not name one
	From   string     // MAIL FROM, "" for <>
}

// maxEnvelope bounds what is read of an envelope, in bytes: who sent the mail comes before its
// recipients.
const maxEnvelope = 16 << 10

// Envelope reads a mail's queue file. A mail that is in no queue has an empty one.
func (q *Queue) Envelope(ctx context.Context, id string) (Envelope, error) {
	if !postfix.ValidID(id) {
		return Envelope{}, fmt.Errorf("postcat: %.40q is not a queue id", id)
	}
	out := capped.New(maxEnvelope)
	text, err := q.command(ctx, "", out, "postcat", "-qe", id)
	if err != nil && strings.Contains(text, "No such file or directory") {
		return Envelope{}, nil
	}
	if err != nil {
		return Envelope{}, fmt.Errorf("read the envelope of mail %s: %w", id, err)
	}
	return parseEnvelope(out.String()), nil
}

// maxHeader bounds what is read of a header, in bytes: more than Postfix takes of a mail by default.
const maxHeader = 16 << 20

// Header reads the header of a mail in the queue, raw. An account can make its header as long as it
// likes: whole is false where it is cut.
func (q *Queue) Header(ctx context.Context, id string) (text string, whole bool, err error) {
	if !postfix.ValidID(id) {
		return "", false, fmt.Errorf("postcat: %.40q is not a queue id", id)
	}
	out := capped.New(maxHeader + 1)
	if _, err := q.command(ctx, "", out, "postcat", "-qh", id); err != nil {
		return "", false, fmt.Errorf("read the header of mail %s: %w", id, err)
	}
	text = out.String()
	return text[:min(len(text), maxHeader)], len(text) <= maxHeader, nil
}

// parseEnvelope reads what postcat -e prints, up to the first recipient:
//
//	*** ENVELOPE RECORDS hold/4jc4sD3hSbz1Sbd3 ***
//	named_attribute: sasl_username=bob@example.org
//	sender: bob@example.org
//	named_attribute: client_address=203.0.113.7
//	original_recipient: x@partner.test
//
// A record is one line; Postfix prints what is not printable as it is, so a login that holds a
// line end could look like another record. Each counts only the first time, and Postfix writes
// the login before anything that a client may choose (smtpd_open).
func parseEnvelope(text string) (e Envelope) {
	m := place.FindStringSubmatch(text)
	if m == nil {
		return e
	}
	e.Queue = m[1]
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		name, value, _ := strings.Cut(line, ": ")
		if name == "named_attribute" {
			name, value, _ = strings.Cut(value, "=")
		}
		if name == "original_recipient" || name == "recipient" {
			break
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		e.set(name, value)
	}
	return e
}

func (e *Envelope) set(name, value string) {
	switch name {
	case "sasl_username":
		e.Login = value
	case "sender":
		e.From = value
	case "client_address":
		if a, err := netip.ParseAddr(value); err == nil {
			e.Client = a.Unmap().WithZone("")
		}
	}
}
