package milter

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
)

// wire speaks the protocol packet by packet.
type wire struct {
	testing.TB
	net.Conn
}

func dialWire(t testing.TB, addr string) *wire {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(time.Minute)) // the machine may be busy
	return &wire{t, c}
}

func (w *wire) put(code byte, data string) {
	w.Helper()
	if _, err := w.Write(packet(nil, gomilter.Code(code), []byte(data))); err != nil {
		w.Fatal(err)
	}
}

// expect reads one packet and compares its code.
func (w *wire) expect(code byte) string {
	w.Helper()
	var head [5]byte
	if _, err := io.ReadFull(w, head[:]); err != nil {
		w.Fatalf("waiting for %c: %v", code, err)
	}
	data := make([]byte, binary.BigEndian.Uint32(head[:])-1)
	if _, err := io.ReadFull(w, data); err != nil {
		w.Fatal(err)
	}
	if head[4] != code {
		w.Fatalf("answer %c %q, want %c", head[4], data, code)
	}
	return string(data)
}

// closed expects the other end to hang up.
func (w *wire) closed() {
	w.Helper()
	for {
		_, err := w.Read(make([]byte, 512))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			w.Error("the connection stays open")
		}
		if err != nil {
			return
		}
	}
}

// negotiation is what an MTA that offers these flags says first.
func negotiation(actions gomilter.OptAction, protocol gomilter.OptProtocol) string {
	b := binary.BigEndian.AppendUint32(nil, 6)
	b = binary.BigEndian.AppendUint32(b, uint32(actions))
	return string(binary.BigEndian.AppendUint32(b, uint32(protocol)))
}

func TestQuarantineOnTheWire(t *testing.T) {
	inModes(t, func(t *testing.T, mode gomilter.OptProtocol) {
		_, addr := start(t, Config{Judge: says(analyzer.Hold, 71), HeaderBytes: 100})
		w := dialWire(t, addr)
		w.put('O', negotiation(0x1ff, mode))
		w.expect('O')
		for range 3 {
			w.put('C', "c.example.jp\x004\x00\x19192.0.2.1\x00")
			w.maybe('c', mode)
			w.put('M', "<a@example.jp>\x00SIZE=1\x00")
			w.maybe('c', mode)
			w.put('R', "<b@example.org>\x00")
			w.maybe('c', mode)
			// The later ones are what go-milter answers without asking its backend.
			for _, field := range []string{"A\x00b\x00", "A\x00\x00", "A\x00b\x00c\x00", "A\x00b\x00c",
				"A\x00" + strings.Repeat("x", 200) + "\x00", "A\x00\x00\x00\x00"} {
				w.put('D', "Li\x004C\x00")
				w.put('L', field)
				w.maybe('c', mode)
			}
			w.put('N', "")
			w.maybe('c', mode)
			w.put('B', "text\r\n")
			w.maybe('c', mode)
			w.put('E', "")
			if why := w.expect('q'); why != "hisseki hold 71\x00" {
				t.Errorf("reason %q", why)
			}
			w.expect('c') // and nothing before or between, or the order would be another
		}
		w.put('Q', "")
		w.closed()
	})
}

// maybe expects an answer unless the mode has none.
func (w *wire) maybe(code byte, mode gomilter.OptProtocol) {
	w.Helper()
	if mode == 0 {
		w.expect(code)
	}
}

func TestNegotiation(t *testing.T) {
	_, addr := start(t, Config{Judge: &stubJudge{}})
	for _, c := range []struct {
		actions  gomilter.OptAction
		protocol gomilter.OptProtocol
		want     gomilter.OptProtocol
		macros   bool
	}{
		{0x1ff, 0x1fffff, noReply, true}, // Postfix
		{0x0ff, 0x1fffff, noReply, false},
		{0x1ff, 0x7f, 0, true},
		{0x1ff, gomilter.OptNoHeaderReply, 0, true}, // one flag alone is not enough
		{0x1ff, noReply &^ gomilter.OptNoBodyReply, 0, true},
	} {
		w := dialWire(t, addr)
		w.put('O', negotiation(c.actions, c.protocol))
		got := w.expect('O')
		if p := gomilter.OptProtocol(binary.BigEndian.Uint32([]byte(got[8:]))); p != c.want {
			t.Errorf("offer %x: flags %x, want %x", c.protocol, p, c.want)
		}
		if strings.Contains(got, "{auth_authen}") != c.macros {
			t.Errorf("actions %x: macros asked for: %q", c.actions, got[12:])
		}
		w.Close()
	}
}

func TestMacrosAreOfTheirStage(t *testing.T) {
	j := &stubJudge{}
	_, addr := start(t, Config{Judge: j})
	w := dialWire(t, addr)
	w.put('O', negotiation(0x1ff, 0))
	w.expect('O')
	w.put('D', "C{client_addr}\x002001:db8::7\x00{client_name}\x00six.example.jp\x00")
	w.put('C', "\x00U")
	w.expect('c')
	w.put('D', "Hi\x00WRONG\x00{auth_authen}\x00mallory\x00")
	w.put('H', "pc\x00")
	w.expect('c')
	w.put('M', "<a@example.jp>\x00") // without macros of its own
	w.expect('c')
	w.put('R', "<b@example.org>\x00")
	w.expect('c')
	w.put('D', "Ei\x004CRight\x00{auth_authen}\x00alice\x00")
	w.put('E', "")
	w.expect('c')
	if m := j.last(); m.Login != "alice" || m.QueueID != "4CRight" ||
		m.Client.String() != "2001:db8::7" || m.ClientName != "six.example.jp" {
		t.Errorf("came through as %+v", m.Envelope)
	}
}

func TestWhatIsNoMilterProtocol(t *testing.T) {
	s, addr := start(t, Config{Judge: &stubJudge{}})
	good := dial(t, addr, noReply)
	o := string(packet(nil, 'O', []byte(negotiation(0x1ff, 0))))
	m := o + string(packet(nil, 'M', []byte("<a>\x00")))
	cases := map[string]string{
		"huge length":          "\xff\xff\xff\xffAAAAAAAAAAAAAAA",
		"http":                 "GET / HTTP/1.1\r\n\r\n",
		"no length":            "\x00\x00\x00\x00OOOOOOOOOOOOOOO",
		"half a length":        "\x00\x00",
		"half a negotiation":   o[:9],
		"not negotiated":       m[len(o):] + strings.Repeat("x", 20),
		"negotiated twice":     o + o,
		"unknown command":      o + "\x00\x00\x00\x02!x",
		"huge command":         o + "\x00\x10\x00\x00H",
		"huge chunk":           m + "\x00\x02\x00\x00B",
		"huge field":           m + "\x7f\x00\x00\x00L",
		"RCPT first":           o + string(packet(nil, 'R', []byte("<a>\x00"))),
		"end first":            o + string(packet(nil, 'E', nil)),
		"body first":           o + string(packet(nil, 'B', []byte("x"))),
		"MAIL twice":           m + m[len(o):],
		"field without name":   m + string(packet(nil, 'L', []byte("\x00x\x00"))),
		"field without end":    m + string(packet(nil, 'L', []byte("a\x00x"))),
		"connect, no family":   o + string(packet(nil, 'C', []byte("a\x00"))),
		"connect, no port":     o + string(packet(nil, 'C', []byte("a\x004\x01"))),
		"half a chunk":         m + "\x00\x00\x00\x09Bxx",
		"half a field":         m + "\x00\x00\x00\x09Lxx",
		"half an over-long":    m + "\x00\x0f\x00\x00Lxx",
		"half a packet's head": m + "\x00\x00\x00\x09",
	}
	for name, text := range cases {
		w := dialWire(t, addr)
		w.Conn.Write([]byte(text))
		w.Conn.(*net.TCPConn).CloseWrite()
		w.closed()
		w.Close()
		send(t, good, "b", "still here after "+name)
	}
	eventually(t, "all broken connections counted, and the good one open", func() bool {
		return s.count.Broken.Load() == int64(len(cases)) && s.count.Open.Load() == 1
	})
}

func TestHalfOpenAndIdleEnd(t *testing.T) {
	s := New(quiet(Config{Judge: &stubJudge{}, Idle: 50 * time.Millisecond}))
	s.packetTime = 50 * time.Millisecond
	addr := serve(t, s)
	o := string(packet(nil, 'O', []byte(negotiation(0x1ff, 0))))
	for name, text := range map[string]string{
		"silent": "", "half a negotiation": o[:7], "idle": o, "half a packet": o + "\x00\x00\x00\x09H",
		"half a chunk": o + string(packet(nil, 'M', []byte("<a>\x00"))) + "\x00\x00\x00\x09Bx",
	} {
		w := dialWire(t, addr)
		w.Conn.Write([]byte(text))
		if w.closed(); t.Failed() {
			t.Fatalf("%s: it was not ended after 50 ms", name)
		}
	}
}

func TestConnectionCap(t *testing.T) {
	s, addr := start(t, Config{Judge: &stubJudge{}, Connections: 2})
	dial(t, addr, 0)
	second := dial(t, addr, 0)
	dialWire(t, addr).closed()
	dialWire(t, addr).closed()
	if s.count.Refused.Load() != 2 {
		t.Errorf("%d refused", s.count.Refused.Load())
	}
	second.Close()
	eventually(t, "the second is gone", func() bool { return s.count.Open.Load() == 1 })
	send(t, dial(t, addr, 0), "b", "there is room again")
}

// flaky fails to accept as under a lack of descriptors, then works.
type flaky struct {
	net.Listener
	fails int
}

func (f *flaky) Accept() (net.Conn, error) {
	if f.fails--; f.fails >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func TestAcceptErrorsAreSurvived(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(quiet(Config{Judge: &stubJudge{}}))
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(context.Background(), &flaky{ln, 3}) }()
	ses := dial(t, ln.Addr().String(), 0)
	send(t, ses, "b", "x")
	if s.count.Retried.Load() != 3 {
		t.Errorf("%d retries", s.count.Retried.Load())
	}
	ln.Close()
	if err := <-ended; err != nil {
		t.Errorf("serve on a closed listener: %v", err)
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestWhatGoMilterSees: a message that no abort ended gets one, or go-milter would keep
// all header fields of the connection; fields are cut at a NUL in their value.
func TestWhatGoMilterSees(t *testing.T) {
	s := New(quiet(Config{Judge: &stubJudge{}}))
	mta, ours := net.Pipe()
	c := newConn(ours, s)
	c.ses = &session{server: s, conn: c}
	c.ses.msg = &incoming{cfg: s.cfg.Load(), room: room{server: s}}
	s.clients.add(c)
	s.wg.Add(1)
	o := packet(nil, 'O', []byte(negotiation(0, 0)))
	mail := packet(nil, 'M', []byte("<a>\x00"))
	end := packet(nil, 'E', nil)
	abort := packet(nil, 'A', nil)
	in := [][]byte{o, mail, packet(nil, 'L', []byte("A\x00b\x00c\x00")), end, mail, end, abort, mail}
	want := [][]byte{o, mail, packet(nil, 'L', []byte("A\x00b\x00")), end, abort, mail, end, abort,
		mail}
	go func() {
		mta.Write(bytes.Join(in, nil))
		mta.Close()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, bytes.Join(want, nil)) {
		t.Errorf("go-milter gets %q, %v, want %q", got, err, bytes.Join(want, nil))
	}
	c.Close()
}
