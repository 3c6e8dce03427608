package milter

import (
	"fmt"
	"testing"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
)

// Whoever fills the memory for mails gets his own mail judged by its beginning, never let pass
// unjudged, and other accounts' mail is kept whole.
func TestOneAccountCannotFillTheMemory(t *testing.T) {
	j := &stubJudge{}
	const large = 4 << 20
	s, addr := start(t, Config{Judge: j, InFlightBytes: 64 << 20, Connections: 200})
	var open []*gomilter.ClientSession
	for range 63 { // bodies that do not end
		ses := dial(t, addr, noReply)
		begin(t, ses, "thief")
		body(t, ses, large)
		open = append(open, ses)
	}
	for range 100 { // and envelopes without a mail
		begin(t, dial(t, addr, noReply), "thief")
	}
	eventually(t, "the thief has all he gets", func() bool { return s.count.Cut.Load() > 30 })
	for i := range 3 {
		ses := dial(t, addr, noReply)
		begin(t, ses, fmt.Sprint("victim", i))
		body(t, ses, large)
		finish(t, ses, "the end")
		if m := j.last(); len(m.Body) != large+len("the end") || m.Sender != fmt.Sprint("victim", i) {
			t.Errorf("%s: %d of %d bytes of the body were kept", m.Sender, len(m.Body), m.BodySize)
		}
	}
	last := open[len(open)-1]
	finish(t, last, "the end")
	m := j.last()
	if m.Sender != "thief" || len(m.Body) < maxFloor/2 || m.BodySize != large+int64(len("the end")) ||
		len(m.Body) > large/2 || len(m.Recipients) != 2 {
		t.Errorf("the thief's last mail: %d of %d bytes were kept; %+v", len(m.Body), m.BodySize, m.Envelope)
	}
	if s.Failures() != 0 {
		t.Errorf("%d mails were not judged", s.Failures())
	}
	if n := s.count.InFlight.Load(); n > 64<<20 {
		t.Errorf("%d bytes are in flight", n)
	}
}

// body sends so many bytes of a body.
func body(t *testing.T, ses *gomilter.ClientSession, size int) {
	t.Helper()
	for chunk := make([]byte, 64<<10-1); size > 0; size -= len(chunk) {
		chunk = chunk[:min(len(chunk), size)]
		goesOn(t)(ses.BodyChunk(chunk))
	}
}

// TestSharesLeaveRoom: as much as everybody may have, there is always some for one more.
func TestSharesLeaveRoom(t *testing.T) {
	var s shares
	const pool = 1000
	got := map[string]int64{}
	for i := range 8 {
		who := fmt.Sprint(i)
		for s.take(who, 1, pool) {
			got[who]++
		}
		if got[who] == 0 {
			t.Fatalf("nothing is left for number %d: %v", i, got)
		}
	}
	if got["0"] != pool/2 {
		t.Errorf("alone one gets %d of %d, want half", got["0"], pool)
	}
	for who, n := range got {
		s.give(who, n)
	}
	if s.all != 0 || len(s.used) != 0 {
		t.Errorf("after all was given back: %+v", s.used)
	}
}

// TestJudgementsThatHangAreBounded: their room stays taken, so that memory stays bounded.
func TestJudgementsThatHangAreBounded(t *testing.T) {
	hang := make(chan struct{})
	s, addr := start(t, Config{InFlightBytes: 8 * mailOverhead, Budget: 1,
		Judge: &stubJudge{do: func(*analyzer.Mail) (analyzer.Verdict, error) {
			<-hang
			return analyzer.Verdict{Action: analyzer.Pass}, nil
		}}})
	defer close(hang)
	ses := dial(t, addr, noReply)
	for range 20 {
		send(t, ses, "b", "x")
	}
	if n := s.count.InFlight.Load(); n > 8*mailOverhead || s.count.OverBudget.Load() < 12 {
		t.Errorf("%d bytes are in flight, %d mails had no room", n, s.count.OverBudget.Load())
	}
}
