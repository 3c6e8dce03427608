package maillog_test

import (
	"net"
	"sync"
	"testing"

	gomilter "github.com/emersion/go-milter"
)

// judgement is a milter that does what a mail's subject says.
type judgement struct {
	gomilter.NoOpMilter
	subject string
	asked   *sync.Map // subjects of mail that came to its end
}

func (j *judgement) Header(name, value string, _ *gomilter.Modifier) (gomilter.Response, error) {
	if name == "Subject" {
		j.subject = value
	}
	return gomilter.RespContinue, nil
}

func (j *judgement) Body(m *gomilter.Modifier) (gomilter.Response, error) {
	j.asked.Store(j.subject, true)
	switch j.subject {
	case "milter-hold":
		return gomilter.RespContinue, m.Quarantine("by milter")
	case "milter-discard":
		return gomilter.RespDiscard, nil
	case "milter-reject":
		return gomilter.RespReject, nil
	case "milter-tempfail":
		return gomilter.RespTempFail, nil
	}
	return gomilter.RespContinue, nil
}

func startMilter(t *testing.T, asked *sync.Map) string {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := gomilter.Server{Actions: gomilter.OptQuarantine,
		NewMilter: func() gomilter.Milter { return &judgement{asked: asked} }}
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
	return ln.Addr().String()
}
