package milter

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
)

// bare is go-milter's own no-op, answering Continue at the end as we do.
type bare struct{ gomilter.NoOpMilter }

func (bare) Body(*gomilter.Modifier) (gomilter.Response, error) {
	return gomilter.RespContinue, nil
}

// passing keeps nothing, unlike stubJudge.
type passing struct{}

func (passing) Judge(context.Context, *analyzer.Mail) (analyzer.Verdict, error) {
	return analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Pass}, nil
}

// BenchmarkMail compares a judge that says pass at once with go-milter's no-op server:
// what the package itself costs a mail. The rounds take turns, so that a busy machine
// is busy for both.
func BenchmarkMail(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := gomilter.Server{NewMilter: func() gomilter.Milter { return bare{} }}
	served := make(chan struct{})
	go func() { srv.Serve(ln); close(served) }()
	b.Cleanup(func() { ln.Close(); <-served })
	_, addr := start(b, Config{Judge: passing{}})
	body := strings.Repeat("0123456789012345678901234567890123456789012345678901234567890\r\n", 128)
	for round := range 3 {
		for _, c := range []struct {
			name, addr string
			mode       gomilter.OptProtocol
		}{
			{"go-milter", ln.Addr().String(), 0},
			{"hisseki-answering", addr, 0},
			{"hisseki", addr, noReply},
		} {
			b.Run(fmt.Sprintf("%s/%d", c.name, round), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(body)))
				ses := dial(b, c.addr, c.mode)
				for b.Loop() {
					send(b, ses, "b", body)
				}
				ses.Close()
			})
		}
	}
}
