package bench

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// flooders is how many connections the thief has; floodBytes is a mail that is read for long.
const (
	flooders    = 50
	floodBytes  = 256 << 10
	floodRounds = 3
)

// worst are mails of one account that are made to be read and recorded for long: a page of
// nothing but links, to as many people as Postfix takes (smtpd_recipient_limit).
func worst(list []letter) []letter {
	var body strings.Builder
	for i := 0; body.Len() < floodBytes; i++ {
		fmt.Fprintf(&body, "<a href=\"http://h%d.lure%d.test/%d\">x</a>\r\n", i, i%5000, i)
	}
	l := list[0]
	l.login, l.from, l.client = "thief@example.org", "thief@example.org", "203.0.113.77"
	l.source.Body = []byte(body.String())
	l.source.BodySize = int64(body.Len())
	for i := range l.source.Header {
		if strings.EqualFold(l.source.Header[i].Name, "Content-Type") {
			l.source.Header[i].Value = " text/html; charset=utf-8"
		}
	}
	l.rcpt = nil
	for i := range 1000 {
		l.rcpt = append(l.rcpt, fmt.Sprintf("r%d@partner%d.test", i, i%300))
	}
	return []letter{l}
}

// BenchmarkFlood sends ordinary mail of many accounts at a pace that leaves the machine room, at
// rest and beside a thief's fifty connections, in turn. p99-ratio is how much longer others wait.
func BenchmarkFlood(b *testing.B) {
	list := letters(b, 8000)
	p := startServe(b, "unix", filepath.Join(b.TempDir(), "hisseki.db"))
	flood := worst(list)
	var next, thief atomic.Int64
	tallies := make([]tally, 2)
	flooded := 0
	for range floodRounds {
		drive(b, p, 4, pace, list, &next, &tallies[0])
		var over atomic.Bool
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range flooders {
			wg.Go(func() {
				ends, err := sendWhile(p, func() bool { return !over.Load() }, 0, flood, &thief)
				mu.Lock()
				defer mu.Unlock()
				flooded += len(ends)
				if err != nil {
					b.Error(err)
				}
			})
		}
		time.Sleep(roundTime / 2) // until all of them are at it
		drive(b, p, 4, pace, list, &next, &tallies[1])
		over.Store(true)
		wg.Wait()
	}
	if p.said("mail not judged") {
		b.Error("mails were not judged")
	}
	for i, name := range []string{"rest", "flood"} {
		b.ReportMetric(tallies[i].quantile(0.5), name+"-p50-ms")
		b.ReportMetric(tallies[i].quantile(0.99), name+"-p99-ms")
		b.ReportMetric(float64(tallies[i].mails), name+"-mails")
	}
	b.ReportMetric(tallies[1].quantile(0.99)/tallies[0].quantile(0.99), "p99-ratio")
	b.ReportMetric(float64(flooded), "thief-mails")
	b.ReportMetric(0, "ns/op")
}
