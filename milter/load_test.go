package milter

import (
	"fmt"
	"sync"
	"testing"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
)

// TestManyConnections has 400 connections open, 100 of them busy at a time. No mail may
// get another's verdict; start checks that no goroutine and no room is left.
func TestManyConnections(t *testing.T) {
	s, addr := start(t, Config{Judge: &stubJudge{do: func(m *analyzer.Mail) (analyzer.Verdict, error) {
		if m.Sender == "bad" {
			return analyzer.Verdict{Action: analyzer.Hold, Points: float64(len(m.Body))}, nil
		}
		return analyzer.Verdict{Action: analyzer.Pass}, nil
	}}})
	var open []*gomilter.ClientSession
	for i := range 400 {
		mode := gomilter.OptProtocol(0)
		if i%2 == 0 {
			mode = noReply
		}
		open = append(open, dial(t, addr, mode))
	}
	var busy sync.WaitGroup
	for i, ses := range open[:100] {
		busy.Go(func() {
			for k := range 10 {
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
	if n := s.count.Passed.Load() + s.count.Held.Load(); n != 1000 || s.Failures() != 0 {
		t.Errorf("%d of 1000 mails judged, %d failures", n, s.Failures())
	}
}

// tryMail is send for other goroutines than the test's: it tells what went wrong.
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
