package milter

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/identity"
)

func inModes(t *testing.T, test func(*testing.T, gomilter.OptProtocol)) {
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) { test(t, mode) })
	}
}

func TestConnectionOutlivesMessages(t *testing.T) {
	inModes(t, func(t *testing.T, mode gomilter.OptProtocol) {
		j := &stubJudge{}
		_, addr := start(t, Config{Judge: j})
		ses := dialAs(t, addr, mode, "192.0.2.7")
		for range 50 {
			if why, act := send(t, ses, "B", "hello\r\n"); why != "" || act != gomilter.ActContinue {
				t.Fatalf("ordinary mail: quarantined %q, answer %c", why, act)
			}
			ses.Abort() // Postfix sends it twice
		}
		if len(j.mails) != 50 {
			t.Fatalf("%d mails judged", len(j.mails))
		}
		want := &analyzer.Mail{
			Envelope: analyzer.Envelope{
				Time: noonUTC(), Host: "mx.example.jp", QueueID: "4CQueueID", Sender: "b",
				Class: analyzer.Account, Login: "B", AuthType: "PLAIN", MailFrom: "b@example.jp",
				Recipients: []string{"partner@example.org", "second@example.org"},
				Client:     netip.MustParseAddr("192.0.2.7"), ClientName: "client.example.jp",
				Helo: "pc.example.jp", TLS: "TLSv1.3 AES", Daemon: "submission",
			},
			Source: content.Source{
				Header: []content.Field{{Name: "Subject", Value: "folded\n line"},
					{Name: "x-second", Value: "\xe3\x81\x82\xff"}, {Name: "X-Empty"},
					{Name: "x-second", Value: "again"}},
				Body: []byte("hello\r\n"), BodySize: 7,
			},
		}
		if got := j.last(); !reflect.DeepEqual(got, want) {
			t.Errorf("the last mail of the connection came through as\n%+v, want\n%+v", got, want)
		}
	})
}

func TestAbortForgetsTheMessageOnly(t *testing.T) {
	inModes(t, func(t *testing.T, mode gomilter.OptProtocol) {
		j := &stubJudge{}
		s, addr := start(t, Config{Judge: j})
		ses := dialAs(t, addr, mode, "192.0.2.7")
		begin(t, ses, "alice")
		goesOn(t)(ses.BodyChunk([]byte("never ended")))
		ses.Abort()
		ses.Abort()
		send(t, ses, "", "x") // no login, and no macros at MAIL at all
		m := j.last()
		if len(j.mails) != 1 || m.Login != "" || len(m.Recipients) != 2 || string(m.Body) != "x" ||
			m.Sender != "app:192.0.2.0/24|b@example.jp" || m.Helo != "pc.example.jp" {
			t.Errorf("after an abort the next mail is %+v", m)
		}
		if n := s.count.Aborted.Load(); n != 1 {
			t.Errorf("%d aborted mails counted", n)
		}
	})
}

func TestVerdicts(t *testing.T) {
	inModes(t, func(t *testing.T, mode gomilter.OptProtocol) {
		for action, want := range map[analyzer.Action]string{
			analyzer.Pass: "", analyzer.Delay: "hisseki delay 53", analyzer.Hold: "hisseki hold 53",
		} {
			_, addr := start(t, Config{Judge: says(action, 52.6)})
			ses := dial(t, addr, mode)
			for range 3 { // the session must stay in step after a quarantine
				why, act := send(t, ses, "b", "x")
				if why != want || act != gomilter.ActContinue {
					t.Errorf("%s: quarantined %q, answer %c", action, why, act)
				}
			}
		}
	})
}

// failing are ways to fail, and where each is counted.
func failing(s *Server) map[string]int64 {
	return map[string]int64{"error": s.count.Failed.Load(), "panic": s.count.Failed.Load(),
		"no action": s.count.Failed.Load(), "slow": s.count.TimedOut.Load()}
}

func TestFailureAction(t *testing.T) {
	var late chan struct{}
	for name, do := range map[string]func(*analyzer.Mail) (analyzer.Verdict, error){
		"error": func(*analyzer.Mail) (analyzer.Verdict, error) {
			return analyzer.Verdict{Action: analyzer.Hold}, errors.New("disk full")
		},
		"panic":     func(*analyzer.Mail) (analyzer.Verdict, error) { panic("bug") },
		"no action": func(*analyzer.Mail) (analyzer.Verdict, error) { return analyzer.Verdict{}, nil },
		"slow": func(m *analyzer.Mail) (analyzer.Verdict, error) {
			<-late
			m.QueueID, m.Body = "changed", nil // it may: the mail is the judge's
			return analyzer.Verdict{Action: analyzer.Hold}, nil
		},
	} {
		for _, c := range []struct {
			onFailure analyzer.Action
			why       string
			act       gomilter.ActionCode
		}{
			{"", "", gomilter.ActContinue},
			{analyzer.Hold, "hisseki hold unjudged", gomilter.ActContinue},
			{TempFail, "", gomilter.ActReplyCode},
		} {
			t.Run(fmt.Sprintf("%s/%s", name, c.onFailure), func(t *testing.T) {
				budget := time.Minute
				if name == "slow" {
					budget = 20 * time.Millisecond
				}
				s, addr := start(t, Config{Judge: &stubJudge{do: do}, Budget: budget,
					OnFailure: c.onFailure})
				late = make(chan struct{})
				defer close(late) // before start looks that nothing is left
				ses := dial(t, addr, noReply)
				for i := range int64(3) {
					if why, act := send(t, ses, "b", "x"); why != c.why || act != c.act {
						t.Errorf("quarantined %q, answer %c", why, act)
					}
					if failing(s)[name] != i+1 || s.Failures() != i+1 {
						t.Errorf("%d failures counted after %d", s.Failures(), i+1)
					}
				}
			})
		}
	}
}

func TestLateVerdictChangesNothing(t *testing.T) {
	release := make(chan struct{})
	j := &stubJudge{}
	j.do = func(m *analyzer.Mail) (analyzer.Verdict, error) {
		if m.Sender == "slow" {
			<-release
			return analyzer.Verdict{Action: analyzer.Hold}, nil
		}
		return analyzer.Verdict{Action: analyzer.Pass}, nil
	}
	s, addr := start(t, Config{Judge: j, Budget: 30 * time.Millisecond})
	ses := dial(t, addr, noReply)
	if why, _ := send(t, ses, "slow", "first"); why != "" {
		t.Errorf("the failure action is pass, but: %q", why)
	}
	if s.count.InFlight.Load() < mailOverhead {
		t.Error("a judgement that still runs takes no room: hanging judges could pile up")
	}
	close(release)
	eventually(t, "the late verdict is counted", func() bool { return s.count.Late.Load() == 1 })
	if why, act := send(t, ses, "b", "second"); why != "" || act != gomilter.ActContinue {
		t.Errorf("the late verdict hit the next mail: %q, %c", why, act)
	}
	if s.count.Held.Load() != 0 {
		t.Error("the late hold counts as held")
	}
}

func TestPanicInCallback(t *testing.T) {
	s, addr := start(t, Config{Judge: &stubJudge{}, OnFailure: analyzer.Hold,
		Identity: func() *identity.Identity { panic("bug") }})
	ses := dial(t, addr, 0)
	for range 2 {
		why, act := send(t, ses, "b", "x")
		if why != "hisseki hold unjudged" || act != gomilter.ActContinue {
			t.Errorf("quarantined %q, answer %c", why, act)
		}
	}
	if s.count.Bugs.Load() < 2 || s.Failures() != 2 {
		t.Errorf("counted %d bugs, %d failures", s.count.Bugs.Load(), s.Failures())
	}
}

func TestCaps(t *testing.T) {
	inModes(t, func(t *testing.T, mode gomilter.OptProtocol) {
		j := &stubJudge{}
		_, addr := start(t, Config{Judge: j, BodyBytes: 70000, HeaderBytes: 120})
		ses := dial(t, addr, mode)
		begin(t, ses, "b")
		for range 3 {
			goesOn(t)(ses.HeaderField("X-Big", strings.Repeat("x", 100)))
		}
		for range 5 { // how the mail is to be read stands behind the cap
			goesOn(t)(ses.HeaderField("Content-Type", "text/html; x="+strings.Repeat("x", 100)))
		}
		finish(t, ses, strings.Repeat("x", 150000))
		m := j.last()
		if len(m.Body) != 70000 || m.BodySize != 150000 {
			t.Errorf("kept %d of %d bytes, want 70000 of 150000", len(m.Body), m.BodySize)
		}
		if len(m.Header) != 4+maxBehind || m.HeaderDropped != 3+5-maxBehind || !m.ReadDropped {
			t.Errorf("kept %d fields, dropped %d", len(m.Header), m.HeaderDropped)
		}
	})
}

func TestMailsInFlightAreBounded(t *testing.T) {
	inModes(t, func(t *testing.T, mode gomilter.OptProtocol) {
		j := &stubJudge{}
		// So little that there is room for one envelope.
		s, addr := start(t, Config{Judge: j, InFlightBytes: 17 * mailOverhead / 8, Connections: 2})
		first, second := dial(t, addr, mode), dial(t, addr, mode)
		begin(t, first, "b")
		// Where nothing is answered before the end, it may still be on its way.
		eventually(t, "the first mail has its room", func() bool {
			return s.count.InFlight.Load() >= mailOverhead
		})
		send(t, second, "b", "x")
		if s.count.OverBudget.Load() != 1 || len(j.mails) != 0 {
			t.Error("a mail without room for its envelope was judged")
		}
		finish(t, first, "the rest")
		if len(j.mails) != 1 || s.Failures() != 1 {
			t.Errorf("the mail within the budget: %d judged", len(j.mails))
		}
		send(t, second, "b", "x")
		if len(j.mails) != 2 {
			t.Error("the room was not given back")
		}
	})
}
