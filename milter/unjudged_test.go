package milter

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
)

// TestUnjudgedMailIsRecorded: whatever keeps a mail from being judged, who got it is on record
// before the MTA is answered.
func TestUnjudgedMailIsRecorded(t *testing.T) {
	var mu sync.Mutex
	var kept []*Unjudged
	keep := func(ctx context.Context, u *Unjudged) error {
		mu.Lock()
		defer mu.Unlock()
		kept = append(kept, u)
		u.Read()
		if _, ok := ctx.Deadline(); !ok {
			t.Error("no end is set to the record")
		}
		return nil
	}
	for name, c := range map[string]struct {
		cfg    Config
		reason string
	}{
		"an error": {Config{Judge: &stubJudge{do: func(*analyzer.Mail) (analyzer.Verdict, error) {
			return analyzer.Verdict{}, errors.New("disk full")
		}}}, "disk full"},
		"a judge that changes the mail": {Config{Judge: &stubJudge{do: func(m *analyzer.Mail) (
			analyzer.Verdict, error) {
			m.Recipients[0], m.Sender = "x@changed.test", "changed"
			panic("bug")
		}}}, "internal error: bug"},
		"no memory": {Config{Judge: &stubJudge{}, InFlightBytes: 1, Connections: 1,
			OnFailure: analyzer.Hold}, errOverBudget.Error()},
	} {
		kept = nil
		c.cfg.Unjudged = keep
		_, addr := start(t, c.cfg)
		_, act := send(t, dial(t, addr, noReply), "bob", "hello")
		mu.Lock()
		if len(kept) != 1 || act != gomilter.ActContinue {
			t.Fatalf("%s: %d mails recorded, answer %c", name, len(kept), act)
		}
		u := kept[0]
		mu.Unlock()
		if u.Envelope.Sender != "bob" || u.Envelope.QueueID != "4CQueueID" || u.Bytes != 5 ||
			!strings.Contains(u.Reason, c.reason) || u.Envelope.Class != analyzer.Account {
			t.Errorf("%s: recorded %+v", name, u)
		}
		if len(u.Envelope.Recipients) != 2 || u.Envelope.Recipients[0] != "partner@example.org" {
			t.Errorf("%s: recorded recipients %q", name, u.Envelope.Recipients)
		}
		if name == "no memory" && u.Action != analyzer.Hold {
			t.Errorf("%s: recorded as %s", name, u.Action)
		}
	}
}

// TestUnjudgedMailCanBeKept: whoever keeps a mail that was not judged has all of it, also while its
// judge hangs, and its memory counts until both have ended.
func TestUnjudgedMailCanBeKept(t *testing.T) {
	hang, lent := make(chan struct{}), make(chan *Unjudged, 1)
	s, addr := start(t, Config{Budget: 50 * time.Millisecond, InFlightBytes: 1 << 20, Connections: 1,
		Judge: &stubJudge{do: func(m *analyzer.Mail) (analyzer.Verdict, error) {
			<-hang
			return analyzer.Verdict{Action: analyzer.Pass}, nil
		}},
		Unjudged: func(_ context.Context, u *Unjudged) error {
			lent <- u
			return nil
		}})
	c := dial(t, addr, noReply)
	send(t, c, "bob", "hello")
	u := <-lent
	if u.Source == nil || string(u.Source.Body) != "hello" || len(u.Source.Header) == 0 || u.Who != "account:bob" {
		t.Fatalf("lent %+v", u)
	}
	used := s.count.InFlight.Load()
	u.Read()
	u.Read()
	if now := s.count.InFlight.Load(); used == 0 || now != used {
		t.Errorf("%d bytes count while the judge hangs, %d before", now, used)
	}
	close(hang)
	for deadline := time.Now().Add(5 * time.Second); s.count.InFlight.Load() != 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes are never given back", s.count.InFlight.Load())
		}
		time.Sleep(time.Millisecond)
	}
}
