package daemon

import (
	"context"
	"strings"

	"hisseki/analyzer"
	"hisseki/postfix"
)

// maxReceived is how many Received fields are looked at, the newest first: a filter adds one or
// two to Postfix's.
const maxReceived = 5

// returned says whether a content filter of this machine gives a mail back that a login has
// given to Postfix before. It was judged then, and perhaps released by a person since: to judge
// it again, as an application's, would hold it twice and count it twice.
func (d *Serve) returned(ctx context.Context, m *analyzer.Mail) bool {
	if m.Class == analyzer.Account || m.Login != "" || !m.Client.IsValid() || !m.Client.Unmap().IsLoopback() {
		return false
	}
	id := messageID(m)
	seen := 0
	for i := range m.Header {
		if !strings.EqualFold(m.Header[i].Name, "Received") {
			continue
		}
		if seen++; seen > maxReceived {
			break
		}
		host, first, login, ok := postfix.Trace(m.Header[i].Value)
		if !ok || !login {
			continue
		}
		is, err := d.db.Returned(ctx, host, first, id, m)
		d.report(ctx, "mail that a filter gives back is judged again", err)
		if is {
			d.Log.Info("given back by a filter, judged before", "queue_id", m.QueueID, "first", first)
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
