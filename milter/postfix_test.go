package milter

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/mta"
)

// TestPostfixHoldsWithoutAnswers is why packets may go unanswered: through a real
// Postfix that agreed to it, each mail of a session gets its own verdict, what is to be
// held is on hold, and nothing else is. An answer too many would shift the verdicts by
// one mail; one too few would hang the session.
func TestPostfixHoldsWithoutAnswers(t *testing.T) {
	mta.Require(t)
	for name, answering := range map[string]bool{"silent": false, "answering": true} {
		t.Run(name, func(t *testing.T) { holdsEveryOther(t, answering) })
	}
}

func holdsEveryOther(t *testing.T, answering bool) {
	j := &stubJudge{do: func(m *analyzer.Mail) (analyzer.Verdict, error) {
		v := analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Pass}
		if strings.Contains(string(m.Body), "to be held") {
			v = analyzer.Verdict{Action: analyzer.Hold, Would: analyzer.Hold, Points: 9}
		}
		return v, nil
	}}
	s := New(quiet(Config{Judge: j}))
	s.answering = answering
	in := mta.Start(t, mta.Options{Milters: []string{"inet:" + serve(t, s)}})
	held := map[string]bool{}
	const sessions, mails = 2, 8
	for n := range sessions {
		c, err := in.Dial(mta.Submission{User: "alice@example.org"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range mails {
			id, err := c.Send(everyOther(n, i))
			if err != nil {
				t.Fatal(err)
			}
			held[id] = i%2 == 1
		}
		if err := c.Quit(); err != nil {
			t.Error(err)
		}
	}
	in.Sink.WaitCount(t, sessions*mails/2, time.Minute)
	for _, m := range in.Sink.Mails() {
		if strings.Contains(string(m.Data), "to be held") {
			t.Error("a mail that was to be held was delivered")
		}
	}
	queue := onHold(t, in)
	for id, want := range held {
		if strings.Contains(queue, id) != want {
			t.Errorf("mail %s on hold: %v, want %v", id, !want, want)
		}
	}
	checkEnvelopes(t, j)
	if n := s.count.Silent.Load(); n != s.count.Accepted.Load() && !answering || n > 0 && answering {
		t.Errorf("%d of %d connections went without answers", n, s.count.Accepted.Load())
	}
}

// TestPostfixNamesAccounts, whatever its milter_*_macros say: we ask for the macros that we
// need (SMFIF_SETSYMLIST).
func TestPostfixNamesAccounts(t *testing.T) {
	mta.Require(t)
	j := &stubJudge{}
	_, addr := start(t, Config{Judge: j})
	in := mta.Start(t, mta.Options{Milters: []string{"inet:" + addr}, Main: []string{
		"milter_mail_macros = i", "milter_connect_macros =", "milter_rcpt_macros =",
		"milter_end_of_data_macros = i"}})
	in.MustSubmit(t, mta.Submission{User: "alice@example.org", From: "alice@example.org",
		To: []string{"a@partner.test"}, Data: everyOther(0, 0).Data})
	if m := j.last(); m.Login != "alice@example.org" || m.Host != in.Host || m.QueueID == "" {
		t.Errorf("the mail came as %+v", m.Envelope)
	}
}

// everyOther is mail i of a session: two recipients, folded and empty fields, and a body
// of several chunks in every fourth.
func everyOther(session, i int) mta.Submission {
	text := "an ordinary mail\r\n"
	if i%2 == 1 {
		text = "to be held\r\n"
	}
	if i%4 > 1 {
		text += strings.Repeat(strings.Repeat("x", 70)+"\r\n", 3000)
	}
	return mta.Submission{
		From: fmt.Sprintf("alice+%d.%d@example.org", session, i),
		To:   []string{"a@partner.test", "b@partner.test"},
		Data: []byte("From: alice@example.org\r\nTo: a@partner.test,\r\n b@partner.test\r\n" +
			"Subject:\r\nX-Empty: \r\nMessage-ID: <1@example.org>\r\n\r\n" + text),
	}
}

// checkEnvelopes says that each judged mail had its own envelope.
func checkEnvelopes(t *testing.T, j *stubJudge) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, m := range j.mails {
		want := fmt.Sprintf("alice+%d.%d@example.org", i/8, i%8)
		if m.MailFrom != want || m.Login != "alice@example.org" || len(m.Recipients) != 2 ||
			m.QueueID == "" || len(m.Header) < 5 || !m.Client.IsValid() {
			t.Errorf("mail %d came as %+v with %d fields", i, m.Envelope, len(m.Header))
		}
	}
}

func onHold(t *testing.T, in *mta.Instance) string {
	t.Helper()
	out, err := exec.Command("postqueue", "-c", in.Config, "-j").Output()
	if err != nil {
		t.Fatalf("read the queue: %v", err)
	}
	var hold strings.Builder
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, `"queue_name": "hold"`) {
			hold.WriteString(line)
		}
	}
	return hold.String()
}
