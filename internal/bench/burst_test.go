package bench

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"hisseki/internal/mta"
)

// newsletter returns one and the same mail to ever other readers, sent by so many accounts
// in turn.
func newsletter(b *testing.B, size, accounts int) []letter {
	b.Helper()
	list, err := composed(size)
	if err != nil {
		b.Fatal(err)
	}
	var one letter
	for _, l := range list {
		if !bytes.Contains(l.source.Body, []byte("http")) { // a link is another bench's
			one = l
			break
		}
	}
	if len(one.source.Body) == 0 {
		b.Fatal("no letter without a link")
	}
	out := make([]letter, 20_000)
	for i := range out {
		l := &out[i]
		*l = one
		l.login, l.client = account(i%accounts), fmt.Sprintf("192.0.2.%d", 1+i%accounts%250)
		l.from = l.login
		l.rcpt = []string{fmt.Sprintf("reader%d@partner%d.test", i, i%100)}
	}
	return out
}

// BenchmarkBurst sends a newsletter from one account, as fast as hisseki answers, beside the
// same from a thousand accounts.
func BenchmarkBurst(b *testing.B) {
	for _, connections := range []int{4, 16} {
		b.Run(fmt.Sprint(connections), func(b *testing.B) { benchmarkBurst(b, connections) })
	}
}

func benchmarkBurst(b *testing.B, connections int) {
	type rival struct {
		process *process
		letters []letter
		next    atomic.Int64
	}
	rivals := []*rival{{letters: newsletter(b, 8000, manyAccounts)}, {letters: newsletter(b, 8000, 1)}}
	for i, r := range rivals {
		r.process = startServe(b, "unix", filepath.Join(b.TempDir(), "hisseki.db"))
		r.process.name = []string{"many", "one"}[i]
	}
	tallies := make([]tally, len(rivals))
	for range rounds {
		for i, r := range rivals {
			drive(b, r.process, connections, 0, r.letters, &r.next, &tallies[i])
		}
	}
	for i, r := range rivals {
		b.ReportMetric(tallies[i].rate(), r.process.name+"-mails/s")
		b.ReportMetric(tallies[i].cpuPerMail(), r.process.name+"-cpu-ms/mail")
		b.ReportMetric(tallies[i].quantile(0.99), r.process.name+"-p99-ms")
	}
	b.ReportMetric(tallies[1].rate()/tallies[0].rate(), "one/many")
	b.ReportMetric(float64(tallies[1].mails), "one-mails")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkPostfixBurst sends a newsletter of one application through Postfix, beside a
// milter that does nothing.
func BenchmarkPostfixBurst(b *testing.B) {
	mta.Require(b)
	rivals := []*process{startNoop(b, "unix", "answering"),
		startServe(b, "unix", filepath.Join(b.TempDir(), "hisseki.db"))}
	servers := make([]*mta.Instance, len(rivals))
	for i, p := range rivals {
		servers[i] = mta.Start(b, mta.Options{Main: []string{"default_transport = discard:"},
			Milters: []string{socketNames["unix"] + p.addr}})
	}
	list := newsletter(b, 6000, 1)
	tallies := make([]tally, len(rivals))
	for range rounds {
		for i, p := range rivals {
			submit(b, p, servers[i], func(_, n int) mta.Submission {
				s := submission(0, &list[n%len(list)])
				s.User = ""
				return s
			}, &tallies[i])
		}
	}
	base := tallies[0].rate()
	for i, p := range rivals {
		b.ReportMetric(tallies[i].rate()/base, p.name+"-ratio")
		b.ReportMetric(tallies[i].cpuPerMail(), p.name+"-cpu-ms/mail")
	}
	b.ReportMetric(tallies[1].rate(), "hisseki-mails/s")
	b.ReportMetric(float64(tallies[1].mails), "hisseki-mails")
	b.ReportMetric(0, "ns/op")
}

// linkRounds, of linkMails each, are sent by BenchmarkCampaign.
const (
	linkRounds   = 5
	linkMails    = 1000
	linkAccounts = 500
)

// BenchmarkCampaign sends mails with one and the same link that nobody knows, from many
// stolen accounts, in mode enforce: every one is held, in hundreds of incidents of one case.
// Between them ordinary mail is sent to another hisseki.
func BenchmarkCampaign(b *testing.B) {
	ordinary := newsletter(b, 3000, manyAccounts)
	lures := newsletter(b, 3000, linkAccounts)
	for i := range lures {
		l := &lures[i]
		l.source.Body = append([]byte("https://kakunin.lure.test/view\r\n"), l.source.Body...)
		l.client = "203.0.113.9"
	}
	calm := startServe(b, "unix", filepath.Join(b.TempDir(), "calm.db"))
	config := filepath.Join(b.TempDir(), "hisseki.toml")
	writeFile(b, config, "mode = \"enforce\"\n[verdict]\ndelay = 3\nhold = 3\n")
	path := filepath.Join(b.TempDir(), "hisseki.db")
	attacked := startServe(b, "unix", path, "--config", config)
	var rates [linkRounds]float64
	base := tally{}
	var sent, other atomic.Int64
	for _, p := range []*process{attacked, calm} { // new stores grow, new programs warm up
		send(b, p, 4, linkMails, ordinary, &other, &tally{})
	}
	if n := kept(b, path); n > linkMails/100 {
		b.Errorf("%d of %d ordinary mails held", n, linkMails)
	}
	for i := range rates {
		t := tally{}
		send(b, attacked, 4, linkMails, lures, &sent, &t)
		rates[i] = t.rate()
		b.ReportMetric(t.cpuPerMail(), fmt.Sprintf("%dth-thousand-cpu-ms/mail", i+1))
		send(b, calm, 4, linkMails, ordinary, &other, &base)
	}
	if n := kept(b, path); n < linkRounds*linkMails*9/10 {
		b.Errorf("%d mails held of %d: the bench shows nothing", n, linkRounds*linkMails)
	}
	b.ReportMetric(rates[0]/base.rate(), "first-thousand/ordinary")
	b.ReportMetric(rates[linkRounds-1]/rates[0], "last-thousand/first")
	b.ReportMetric(base.rate(), "ordinary-mails/s")
	b.ReportMetric(base.cpuPerMail(), "ordinary-cpu-ms/mail")
	b.ReportMetric(0, "ns/op")
}
