package daemon

import (
	"context"
	"strings"

	"hisseki/analyzer"
	"hisseki/postfix"
)

// maxReceived is how many Received fields are looked at, the newest first: a filter of this machine
// adds one or two to Postfix's. Of a relay only the newest counts, which it wrote itself: what
// stands below it, an account of the relay may have copied from a mail that was let through.
const maxReceived = 5

// returned says whether a mail of an account comes again that was judged before: from a content
// filter of this machine, or from another MTA of the house that asks hisseki too and is believed
// as a relay. Perhaps a person has released it since: to judge it again would hold it twice and
// count it twice.
func (d *Serve) returned(ctx context.Context, m *analyzer.Mail) bool {
	local := m.Client.IsValid() && m.Client.Unmap().IsLoopback()
	if m.Login != "" || m.Relay == "" && !local {
		return false
	}
	id, seen, most := messageID(m), 0, maxReceived
	if m.Relay != "" { // also where it runs on this machine
		most = 1
	}
	for i := range m.Header {
		if !strings.EqualFold(m.Header[i].Name, "Received") {
			continue
		}
		if seen++; seen > most {
			break
		}
		host, first, ok := postfix.Trace(m.Header[i].Value)
		if !ok {
			continue
		}
		is, err := d.db.Returned(ctx, host, first, id, m)
		d.report(ctx, "mail that comes again is judged again", err)
		if is {
			d.Log.Info("comes again, judged before", "queue_id", m.QueueID, "first", first)
		}
		return is
	}
	return false
}

// messageID returns a mail's Message-ID without its brackets, "" unless it has exactly one.
func messageID(m *analyzer.Mail) (id string) {
	for i := range m.Header {
		if !strings.EqualFold(m.Header[i].Name, "Message-ID") {
			continue
		}
		value, opened := strings.CutPrefix(strings.TrimSpace(m.Header[i].Value), "<")
		value, closed := strings.CutSuffix(value, ">")
		if id != "" || !opened || !closed {
			return ""
		}
		id = value
	}
	return id
}
