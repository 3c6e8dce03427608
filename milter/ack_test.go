package milter

import (
	"net"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
)

// A mail that comes in pieces over TCP, each of which Nagle's algorithm holds back until
// the one before is acknowledged, takes no longer than one that comes at once. Linux's delayed
// acknowledgement would make every single mail take 40 ms more, however fast the machine is; a
// loaded one may be slow at times, so the quickest of many counts.
func TestPiecesDoNotWait(t *testing.T) {
	_, addr := start(t, Config{Judge: says(analyzer.Pass, 0)})
	w := dialWire(t, addr)
	if err := w.Conn.(*net.TCPConn).SetNoDelay(false); err != nil { // as Postfix's sockets are
		t.Fatal(err)
	}
	w.put('O', negotiation(0x1ff, noReply))
	w.expect('O')
	mail := []struct {
		code byte
		data string
	}{{'A', ""}, {'M', "<a@example.jp>\x00"}, {'R', "<b@example.org>\x00"},
		{'L', "Subject\x00pieces\x00"}, {'B', "text\r\n"}, {'E', ""}}
	const whole, pieces = 0, 1
	best := [2]time.Duration{time.Hour, time.Hour}
	for i := range 120 {
		begun := time.Now()
		var all []byte
		for _, p := range mail {
			if i%2 == pieces {
				w.put(p.code, p.data)
			} else {
				all = packet(all, gomilter.Code(p.code), []byte(p.data))
			}
		}
		if _, err := w.Write(all); err != nil {
			t.Fatal(err)
		}
		w.expect('c')
		if i >= 60 { // Linux acknowledges promptly while a connection is young
			best[i%2] = min(best[i%2], time.Since(begun))
		}
	}
	if best[pieces] > best[whole]+30*time.Millisecond {
		t.Errorf("the quickest mail took %s in pieces, %s at once", best[pieces], best[whole])
	}
}
