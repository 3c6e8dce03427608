package milter

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"hisseki/analyzer"
)

// FuzzSession sends bytes as an MTA might. Whatever they are: no panic, no room kept, no
// connection left, no mail over the caps, and a quarantine is always followed by the
// answer that makes it count.
func FuzzSession(f *testing.F) {
	for _, mode := range modes {
		o := packet(nil, 'O', []byte(negotiation(0x1ff, mode)))
		f.Add(o)
		mail := packet(o, 'C', []byte("c\x004\x00\x19192.0.2.1\x00"))
		mail = packet(mail, 'D', []byte("M{auth_authen}\x00alice\x00"))
		mail = packet(mail, 'M', []byte("<a@example.jp>\x00"))
		mail = packet(mail, 'R', []byte("<b@example.org>\x00"))
		mail = packet(mail, 'L', []byte("Subject\x00text\n more\x00"))
		mail = packet(mail, 'L', []byte("X\x00a\x00b\x00"))
		mail = packet(mail, 'N', nil)
		mail = packet(mail, 'B', []byte("text\r\n"))
		f.Add(packet(mail, 'A', nil))
		mail = packet(mail, 'E', nil)
		f.Add(packet(packet(mail, 'A', nil), 'Q', nil))
		f.Add(packet(packet(mail, 'M', []byte("<>\x00")), 'E', nil))
		f.Add(mail[:len(mail)-3])
	}
	f.Fuzz(fuzzSession)
}

func fuzzSession(t *testing.T, in []byte) {
	j := says(analyzer.Hold, 50)
	s := New(quiet(Config{Judge: j, HeaderBytes: 1000, BodyBytes: 2000}))
	s.packetTime = time.Second
	client, server := net.Pipe()
	s.take(server)
	var out bytes.Buffer
	read := make(chan struct{})
	go func() { io.Copy(&out, client); close(read) }()
	client.SetWriteDeadline(time.Now().Add(5 * time.Second))
	client.Write(in)
	// Let the last end of message be answered before hanging up: what asks for more
	// bytes, or has ended, has done so.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	client.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	client.Write(packet(nil, 'Q', nil))
	client.Close()
	<-read
	if err := s.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if n := s.count.InFlight.Load() + s.count.Open.Load() + s.count.Bugs.Load(); n != 0 {
		t.Errorf("left: %d bytes in flight, %d connections; %d bugs", s.count.InFlight.Load(),
			s.count.Open.Load(), s.count.Bugs.Load())
	}
	for _, m := range j.mails {
		size := 0
		for _, h := range m.Header {
			size += len(h.Name) + len(h.Value)
		}
		if size > 1000 || len(m.Body) > 2000 || m.BodySize < int64(len(m.Body)) {
			t.Errorf("kept %d bytes of header, %d of body of %d", size, len(m.Body), m.BodySize)
		}
	}
	inStep(t, out.Bytes())
}

// inStep checks that answers are whole packets, and that nothing but the final answer
// follows a quarantine. The hang-up may cut the very last answer.
func inStep(t *testing.T, out []byte) {
	t.Helper()
	quarantined := false
	for len(out) >= 5 {
		n := int(binary.BigEndian.Uint32(out))
		if n < 1 || len(out) < 4+n {
			return
		}
		code := out[4]
		if quarantined && code != 'c' {
			t.Fatalf("%c follows a quarantine", code)
		}
		quarantined = code == 'q'
		out = out[4+n:]
	}
}
