package store

import (
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// A mail that a filter gives back is the record's that its Received field names only where all
// else fits: anybody can write such a field.
func TestReturned(t *testing.T) {
	db, _ := clocked(t)
	const first, second, id = "4Cabc123XYz4Q", "4Cabc124XYz4Q", "a1@example.jp"
	add := func(queueID string, change func(*analyzer.Record)) {
		r := record("bob@example.jp", analyzer.Pass)
		r.Envelope.QueueID, r.MessageID, r.Bytes = queueID, id, 900
		change(r)
		keep(t, db, r)
	}
	add(first, func(*analyzer.Record) {})
	add("4Capp123XYz4Q", func(r *analyzer.Record) { r.Envelope.Class = analyzer.Application })
	add("4Cunj123XYz4Q", func(r *analyzer.Record) { r.Verdict.Would = analyzer.Unjudged })
	for name, c := range map[string]struct {
		host, queueID, id string
		change            func(*analyzer.Mail)
		want              bool
	}{
		"given back":     {"MX.example.jp", first, id, nil, true},
		"with a footer":  {"mx.example.jp", first, id, func(m *analyzer.Mail) { m.BodySize += 500 }, true},
		"another text":   {"mx.example.jp", first, id, func(m *analyzer.Mail) { m.BodySize += 5000 }, false},
		"shorter":        {"mx.example.jp", first, id, func(m *analyzer.Mail) { m.BodySize-- }, false},
		"another sender": {"mx.example.jp", first, id, func(m *analyzer.Mail) { m.MailFrom = "x@example.jp" }, false},
		"another id":     {"mx.example.jp", first, "b@example.jp", nil, false},
		"no id":          {"mx.example.jp", first, "", nil, false},
		"another host":   {"mx2.example.jp", first, id, nil, false},
		"unknown":        {"mx.example.jp", "4Cxxx123XYz4Q", id, nil, false},
		"of a program":   {"mx.example.jp", "4Capp123XYz4Q", id, nil, false},
		"unjudged":       {"mx.example.jp", "4Cunj123XYz4Q", id, nil, false},
		"itself":         {"mx.example.jp", second, id, nil, false},
		"weeks later":    {"mx.example.jp", first, id, func(m *analyzer.Mail) { m.Time = noon.Add(6 * 24 * time.Hour) }, false},
	} {
		m := &analyzer.Mail{Envelope: analyzer.Envelope{Time: noon.Add(time.Minute), Host: "mx.example.jp",
			QueueID: second, MailFrom: "bob@example.jp"}}
		m.BodySize = 900
		if c.change != nil {
			c.change(m)
		}
		got, err := db.Returned(t.Context(), c.host, c.queueID, c.id, m)
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
	logged(t, db, ledger.LogLine{QueueID: second, Recipient: "a@example.org", Outcome: ledger.OutcomeDelivered,
		At: noon.Add(2 * time.Minute)})
	list, err := db.Fates(t.Context(), 1)
	if err != nil || len(list) == 0 || list[0].Fate != ledger.FateDelivered {
		t.Errorf("fates by the second id: %+v, %v", list, err)
	}
}
