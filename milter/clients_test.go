package milter

import (
	"encoding/binary"
	"fmt"
	"io"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"
)

// connect negotiates and names a client; "" names none.
func connect(t *testing.T, addr, client string) *wire {
	t.Helper()
	w := dialWire(t, addr)
	w.put('O', negotiation(0x1ff, noReply))
	w.expect('O')
	if client != "" {
		w.put('C', "c.example.jp\x004\x00\x19"+client+"\x00")
	}
	return w
}

// TestIdleConnectionsMakeRoom: all connections are idle ones, of clients with many, and of some
// that say nothing at all; whoever comes still gets his mail judged.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	j := &stubJudge{}
	const limit = 60
	s := New(quiet(Config{Judge: j, Connections: limit}))
	s.restTime = 100 * time.Millisecond // a busy machine lets new ones rest too, but not so long
	addr := serve(t, s)
	for range limit / 2 { // more it does not get
		connect(t, addr, "192.0.2.66")
	}
	for _, group := range []func(){
		func() { dialWire(t, addr) }, // says nothing
		func() { connect(t, addr, "") },
		func() { connect(t, addr, "192.0.2.67") },
	} {
		time.Sleep(2 * s.restTime)
		for range limit / 4 {
			group()
		}
	}
	time.Sleep(2 * s.restTime)
	for i := range 20 {
		ses := dial(t, addr, noReply)
		send(t, ses, fmt.Sprint("victim", i), "x")
		if j.last().Sender != fmt.Sprint("victim", i) {
			t.Fatalf("mail %d was not judged", i)
		}
	}
	if s.count.Evicted.Load() == 0 {
		t.Error("nothing had to make room: the test shows nothing")
	}
}

// TestBusyConnectionsStay: a connection with a message in flight is not ended for others.
func TestBusyConnectionsStay(t *testing.T) {
	s := New(quiet(Config{Judge: &stubJudge{}, Connections: 4}))
	s.restTime = time.Millisecond
	addr := serve(t, s)
	var busy []*gomilter.ClientSession
	for range 4 {
		ses := dial(t, addr, 0)
		begin(t, ses, "b")
		busy = append(busy, ses)
	}
	time.Sleep(5 * s.restTime)
	dialWire(t, addr).closed()
	for _, ses := range busy {
		finish(t, ses, "x")
	}
	if s.count.Refused.Load() != 1 || s.count.Passed.Load() != 4 {
		t.Errorf("%d refused, %d mails judged", s.count.Refused.Load(), s.count.Passed.Load())
	}
}

// TestClientHasItsShare: as many connections as it leaves free, however early it comes.
func TestClientHasItsShare(t *testing.T) {
	s, addr := start(t, Config{Judge: &stubJudge{}, Connections: 40})
	for range 30 {
		connect(t, addr, "192.0.2.66")
		eventually(t, "whose connection it is, is known", func() bool { // else those count, too
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.clients.count[unknown] == 0
		})
	}
	eventually(t, "the client is refused more than half", func() bool {
		return s.count.Open.Load() == 20 && s.count.Refused.Load() == 10
	})
	for i := range 5 {
		send(t, dial(t, addr, noReply), fmt.Sprint("other", i), "x")
	}
}

// TestNobodysConnectionEnds: an MTA names its client at once.
func TestNobodysConnectionEnds(t *testing.T) {
	s := New(quiet(Config{Judge: &stubJudge{}}))
	s.packetTime = 50 * time.Millisecond
	addr := serve(t, s)
	silent := dialWire(t, addr)
	silent.Write(packet(nil, 'O', []byte(negotiation(0x1ff, noReply))))
	silent.closed()
	named := namedInTime(t, s, addr, "192.0.2.1")
	time.Sleep(3 * s.packetTime)
	named.put('M', "<a@example.jp>\x00") // still there
	named.put('E', "")
	named.expect('c')
}

// namedInTime names a client within a short packet time. On a busy machine it takes some tries.
func namedInTime(t *testing.T, s *Server, addr, client string) *wire {
	t.Helper()
	hello := packet(nil, 'O', []byte(negotiation(0x1ff, noReply)))
	hello = append(hello, packet(nil, 'C', []byte("c.example.jp\x004\x00\x19"+client+"\x00"))...)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		w := dialWire(t, addr)
		if _, err := w.Write(hello); err != nil {
			continue
		}
		var head [4]byte // the length of the answer
		if _, err := io.ReadFull(w, head[:]); err != nil {
			continue
		}
		if _, err := io.CopyN(io.Discard, w, int64(binary.BigEndian.Uint32(head[:]))); err != nil {
			continue
		}
		named := func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.clients.count[client] == 1
		}
		for deadline := time.Now().Add(s.packetTime); time.Now().Before(deadline); {
			if named() {
				return w
			}
			time.Sleep(time.Millisecond)
		}
		w.Close()
	}
	t.Fatal("no connection was ever in time")
	return nil
}
