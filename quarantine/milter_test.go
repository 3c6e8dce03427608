package quarantine_test

import (
	"net"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
	"hisseki/internal/mta"
	"hisseki/ledger"
)

// quarantiner is a milter that holds what bob sends, after it has recorded it.
type quarantiner struct {
	gomilter.NoOpMilter
	from   string
	record func(queueID string)
}

func (q *quarantiner) MailFrom(from string, _ *gomilter.Modifier) (gomilter.Response, error) {
	q.from = from
	return gomilter.RespContinue, nil
}

func (q *quarantiner) Body(m *gomilter.Modifier) (gomilter.Response, error) {
	if q.from == "bob@example.org" {
		q.record(m.Macros["i"])
		if err := m.Quarantine("unusual"); err != nil {
			return nil, err
		}
	}
	return gomilter.RespContinue, nil
}

// TestMilterHold goes through a real milter: its record is durable before the mail is on
// hold, and the agent never takes that moment for a vanished mail.
func TestMilterHold(t *testing.T) {
	mta.Require(t)
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var b *bench
	held := make(chan int64, 1)
	server := gomilter.Server{
		Actions: gomilter.OptQuarantine,
		NewMilter: func() gomilter.Milter {
			return &quarantiner{record: func(id string) {
				h := b.record(id, analyzer.Hold, time.Time{})
				b.forward(0)
				b.forward(31 * time.Second)
				b.expect(h, ledger.Held)
				held <- h
			}}
		},
	}
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
	b = newBench(t, mta.Options{Milters: []string{"inet:" + ln.Addr().String()}, Chroot: true})
	b.submit("carol", "ordinary", "u@partner.test")
	b.arrives("ordinary", "u@partner.test")
	id := b.submit("bob", "held", "x@partner.test")
	if q := b.in(id); q != "hold" {
		t.Fatalf("the mail is in %q\n%s", q, b.Log())
	}
	h := <-held
	b.forward(2 * time.Minute)
	b.forward(2 * time.Minute)
	b.expect(h, ledger.Held)
	b.decide(h, ledger.Releasing)
	b.forward(0)
	b.arrives("held", "x@partner.test")
	b.expect(h, ledger.Released)
	if n := len(b.Sink.Mails()); n != 2 {
		t.Errorf("%d mails arrived", n)
	}
}
