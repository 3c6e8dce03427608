package bench

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hisseki/internal/mta"
)

// smtpSessions are the SMTP clients that send at once, each through one session.
const smtpSessions = 10

// BenchmarkPostfix sends mail of 6 KB through private Postfixes that differ in their
// milter only. What is accepted is discarded, so that delivery costs nothing. hisseki
// runs on its real store, with synchronous=FULL.
func BenchmarkPostfix(b *testing.B) {
	mta.Require(b)
	for _, network := range []string{"unix", "tcp4"} {
		b.Run(network, func(b *testing.B) { benchmarkPostfix(b, network) })
	}
}

func benchmarkPostfix(b *testing.B, network string) {
	list := letters(b, 6000)
	rivals := []*process{startNoop(b, network, "answering"), startNoop(b, network, "silent"),
		startServe(b, network, filepath.Join(b.TempDir(), "hisseki.db")), {name: "none"}}
	users := make([]string, smtpSessions)
	for i := range users {
		users[i] = account(i)
	}
	servers := make([]*mta.Instance, len(rivals))
	for i, p := range rivals {
		o := mta.Options{Users: users, Main: []string{"default_transport = discard:"}}
		if p.addr != "" {
			o.Milters = []string{socketNames[network] + p.addr}
		}
		servers[i] = mta.Start(b, o)
	}
	tallies := make([]tally, len(rivals))
	for range rounds {
		for i, p := range rivals {
			submit(b, p, servers[i], func(user, n int) mta.Submission {
				s := submission(user, &list[(user*997+n)%len(list)])
				s.User = account(user)
				return s
			}, &tallies[i])
		}
	}
	base := tallies[0].rate()
	for i, p := range rivals {
		b.ReportMetric(tallies[i].rate()/base, p.name+"-ratio")
		if p.cmd != nil {
			b.ReportMetric(tallies[i].cpuPerMail(), p.name+"-cpu-ms/mail")
		}
	}
	b.ReportMetric(tallies[2].rate(), "hisseki-mails/s")
	b.ReportMetric(0, "ns/op")
}

// submit is one round: every session, of so many users, sends its mails one after another.
func submit(b *testing.B, p *process, in *mta.Instance, mail func(user, n int) mta.Submission,
	t *tally) {
	b.Helper()
	clients := make([]*mta.Client, smtpSessions)
	for i := range clients {
		c, err := in.Dial(mta.Submission{User: mail(i, 0).User})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		clients[i] = c
	}
	var before time.Duration
	if p.cmd != nil {
		before = p.cpu(b)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	begun := time.Now()
	for i, c := range clients {
		wg.Go(func() {
			n := 0
			for time.Since(begun) < roundTime {
				if _, err := c.Send(mail(i, n)); err != nil {
					b.Errorf("%s: %v", p.name, err)
					break
				}
				n++
			}
			mu.Lock()
			defer mu.Unlock()
			t.mails += n
		})
	}
	wg.Wait()
	t.time += time.Since(begun)
	if p.cmd != nil {
		t.cpu += p.cpu(b) - before
	}
	if b.Failed() {
		b.FailNow()
	}
}

// submission is a letter as a client of Postfix sends it.
func submission(user int, l *letter) mta.Submission {
	var data []byte
	for _, f := range l.source.Header {
		data = fmt.Appendf(data, "%s: %s\r\n", f.Name, f.Value)
	}
	data = append(append(data, "\r\n"...), l.source.Body...)
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) // some real mail has both
	data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
	return mta.Submission{From: account(user), To: l.rcpt, Data: data}
}
