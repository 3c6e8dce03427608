package milter

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

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
