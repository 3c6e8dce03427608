package milter

import (
	"context"
	"errors"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
	"hisseki/identity"
)

func TestShutdownDrains(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	s, addr := start(t, Config{Judge: &stubJudge{do: func(*analyzer.Mail) (analyzer.Verdict, error) {
		close(begun)
		<-release
		return analyzer.Verdict{Action: analyzer.Hold, Points: 40}, nil
	}}})
	ses := dial(t, addr, noReply)
	idle := dialWire(t, addr)
	idle.put('O', negotiation(0x1ff, 0))
	idle.expect('O')
	begin(t, ses, "b")
	ended := make(chan string)
	go func() {
		acts, act, err := ses.End()
		if err != nil || len(acts) != 1 || act.Code != gomilter.ActContinue {
			ended <- "the message in flight lost its answer"
			return
		}
		ended <- acts[0].Reason
	}()
	<-begun
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(context.Background()) }()
	idle.closed() // at once, while the other still waits
	select {
	case err := <-down:
		t.Errorf("shut down with a message in flight: %v", err)
	default:
	}
	dialWire(t, addr).closed()
	close(release)
	if why := <-ended; why != "hisseki hold 40" {
		t.Error(why)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}

func TestShutdownEndsEvenWhenTheJudgeHangs(t *testing.T) {
	release := make(chan struct{})
	s, addr := start(t, Config{Judge: &stubJudge{do: func(*analyzer.Mail) (analyzer.Verdict, error) {
		<-release
		return analyzer.Verdict{Action: analyzer.Pass}, nil
	}}})
	ses := dial(t, addr, 0)
	begin(t, ses, "b")
	ended := make(chan error)
	go func() {
		_, _, err := ses.End()
		ended <- err
	}()
	eventually(t, "the mail is in flight", func() bool { return s.count.InFlight.Load() > 0 })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v", err)
	}
	if err := <-ended; err == nil {
		t.Error("an answer came from a closed connection")
	}
	close(release)
}

func TestReload(t *testing.T) {
	j := &stubJudge{}
	s, addr := start(t, Config{Judge: j, BodyBytes: 10})
	ses := dial(t, addr, 0)
	begin(t, ses, "b")
	err := s.Reload(Config{BodyBytes: 5, Identity: func() *identity.Identity {
		return &identity.Identity{DefaultRealm: "example.jp"}
	}})
	if err != nil {
		t.Fatal(err)
	}
	finish(t, ses, "0123456789abc")
	if m := j.last(); len(m.Body) != 10 || m.Sender != "b" {
		t.Errorf("the mail in flight: %+v", m)
	}
	send(t, ses, "b", "0123456789abc")
	if m := j.last(); len(m.Body) != 5 || m.Sender != "b@example.jp" {
		t.Errorf("the next mail: %+v", m)
	}
	for _, bad := range []Config{{OnFailure: "reject"}, {Idle: 300 * time.Second}} {
		if s.Reload(bad) == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if err := New(Config{}).Serve(context.Background(), nil); err == nil {
		t.Error("serves without a judge")
	}
}
