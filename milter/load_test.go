package milter

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
)

// TestManyConnections has 1,000 connections open, 200 of them busy at a time, 50 slow and
// 50 half-open beside them. No mail may get another's verdict; start checks that no
// goroutine and no room is left.
func TestManyConnections(t *testing.T) {
	judge := &stubJudge{do: func(m *analyzer.Mail) (analyzer.Verdict, error) {
		if m.Sender == "bad" {
			return analyzer.Verdict{Action: analyzer.Hold, Points: float64(len(m.Body))}, nil
		}
		return analyzer.Verdict{Action: analyzer.Pass}, nil
	}}
	s, addr := start(t, Config{Connections: 1100, Judge: judge})
	var open []*gomilter.ClientSession
	for i := range 1000 {
		mode := gomilter.OptProtocol(0)
		if i%2 == 0 {
			mode = noReply
		}
		open = append(open, dial(t, addr, mode))
	}
	for range 50 {
		halfOpen(t, addr)
	}
	var busy sync.WaitGroup
	for _, ses := range open[900:950] {
		busy.Go(func() { dribble(t, ses) })
	}
	for i, ses := range open[:200] {
		busy.Go(func() {
			for k := range 5 {
				login, want := "good", ""
				if (i+k)%3 == 0 {
					login, want = "bad", fmt.Sprintf("hisseki hold %d", 100*i+k+1)
				}
				if why := tryMail(ses, login, 100*i+k+1); why != want {
					t.Errorf("mail %d of connection %d: %q, want %q", k, i, why, want)
				}
			}
		})
	}
	busy.Wait()
	if n := s.count.Passed.Load() + s.count.Held.Load(); n != 1050 || s.Failures() != 0 {
		t.Errorf("%d of 1050 mails judged, %d failures", n, s.Failures())
	}
}

// halfOpen connects and sends the beginning of a packet only.
func halfOpen(t *testing.T, addr string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := c.Write([]byte{0, 0, 0, 13, 'O', 0}); err != nil {
		t.Error(err)
	}
}

// dribble sends a mail body in many small pieces with pauses.
func dribble(t *testing.T, ses *gomilter.ClientSession) {
	_, err1 := ses.Mail("b@example.jp", nil)
	_, err2 := ses.Rcpt("partner@example.org", nil)
	_, err3 := ses.HeaderEnd()
	for range 20 {
		if _, err := ses.BodyChunk([]byte("slow ")); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	_, _, err4 := ses.End()
	for _, err := range []error{err1, err2, err3, err4, ses.Abort()} {
		if err != nil {
			t.Error(err)
		}
	}
}

// mailsVariable asks TestNothingLeaks for more mails.
const mailsVariable = "HISSEKI_LOAD_MAILS"

// TestNothingLeaks sends many mails over connections that come and go, some of them
// broken off: no descriptor, no memory and (start checks it) no goroutine is left.
func TestNothingLeaks(t *testing.T) {
	mails := 4000
	if text := os.Getenv(mailsVariable); text != "" {
		var err error
		if mails, err = strconv.Atoi(text); err != nil {
			t.Fatalf("%s: %v", mailsVariable, err)
		}
	}
	s, addr := start(t, Config{Judge: judgeFunc(func(context.Context, *analyzer.Mail) (
		analyzer.Verdict, error) {
		return analyzer.Verdict{Action: analyzer.Pass}, nil
	})})
	const each = 20
	round := func(n int) { // a test of its own, so that nothing of the clients is left either
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			for i := range n {
				comeAndGo(t, addr, i, each)
			}
		})
		eventually(t, "all connections ended", func() bool { return s.count.Open.Load() == 0 })
	}
	round(10)
	before := footprint(t)
	round(mails / each)
	after := footprint(t)
	if after.files > before.files || after.heap > before.heap+4<<20 {
		t.Errorf("after %d mails %d files are open and %d KiB in use, before %d and %d", mails,
			after.files, after.heap>>10, before.files, before.heap>>10)
	}
	if n := s.count.InFlight.Load(); n != 0 {
		t.Errorf("%d bytes are in flight", n)
	}
}

// comeAndGo sends some mails over one connection and closes it, at times within a mail.
func comeAndGo(t *testing.T, addr string, i, mails int) {
	mode := gomilter.OptProtocol(0)
	if i%2 == 0 {
		mode = noReply
	}
	ses := dial(t, addr, mode)
	for range mails {
		if why := tryMail(ses, "good", 2000); why != "" {
			t.Fatal(why)
		}
	}
	if i%3 == 0 {
		begin(t, ses, "good") // and never ends
	}
	ses.Close()
}

type judgeFunc func(context.Context, *analyzer.Mail) (analyzer.Verdict, error)

func (f judgeFunc) Judge(ctx context.Context, m *analyzer.Mail) (analyzer.Verdict, error) {
	return f(ctx, m)
}

// used is what a process holds.
type used struct {
	files int
	heap  uint64 // bytes
}

func footprint(t *testing.T) used {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.GC() // what pools held is freed by the second one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return used{len(list), m.HeapAlloc}
}

// tryMail is send for other goroutines than the test's: it returns what went wrong.
func tryMail(ses *gomilter.ClientSession, login string, size int) string {
	ses.Macros(gomilter.CodeMail, "{auth_authen}", login)
	_, err1 := ses.Mail("b@example.jp", nil)
	_, err2 := ses.Rcpt("partner@example.org", nil)
	_, err3 := ses.HeaderField("Subject", "load")
	_, err4 := ses.HeaderEnd()
	_, err5 := ses.BodyChunk(make([]byte, size))
	acts, act, err6 := ses.End()
	for _, err := range []error{err1, err2, err3, err4, err5, err6, ses.Abort()} {
		if err != nil {
			return err.Error()
		}
	}
	why := ""
	for _, a := range acts {
		why += a.Reason
	}
	if act.Code != gomilter.ActContinue {
		return fmt.Sprintf("answer %c", act.Code)
	}
	return why
}
