package milter

import (
	"net"
	"testing"
	"time"

	"hisseki/analyzer"
)

// A mail that comes in pieces over TCP, each of which Nagle's algorithm holds back until
// the one before is acknowledged, takes no time. Linux's delayed acknowledgement would
// make every single mail take 40 ms, however fast the machine is; a loaded one may be slow
// once, so the quickest of many counts.
func TestPiecesDoNotWait(t *testing.T) {
	_, addr := start(t, Config{Judge: says(analyzer.Pass, 0)})
	w := dialWire(t, addr)
	if err := w.Conn.(*net.TCPConn).SetNoDelay(false); err != nil { // as Postfix's sockets are
		t.Fatal(err)
	}
	w.put('O', negotiation(0x1ff, noReply))
	w.expect('O')
	best := time.Hour
	for i := range 60 {
		begun := time.Now()
		w.put('M', "<a@example.jp>\x00")
		w.put('R', "<b@example.org>\x00")
		w.put('L', "Subject\x00pieces\x00")
		w.put('B', "text\r\n")
		w.put('E', "")
		w.expect('c')
		if i >= 30 { // Linux acknowledges promptly while a connection is young
			best = min(best, time.Since(begun))
		}
		w.put('A', "")
	}
	if best > 30*time.Millisecond {
		t.Errorf("the quickest mail took %s", best)
	}
}
