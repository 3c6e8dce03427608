package bench

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/store"
)

const (
	pageRate      = 50   // requests a second
	pageMails     = 4000 // that the store has before
	pageHolds     = 400  // and mail on hold
	pageIncidents = 20   // of so many thefts
	pageEscaped   = 1000 // mails of theirs that had passed
	pageTime      = time.Second
	pageRounds    = 60 // HISSEKI_ROUNDS takes another number
)

// BenchmarkPageLoad measures how long mail waits at a busy server's rate while the review page is left
// alone, while a browser goes through all pages at 50 requests a second, while open pages ask
// as often whether something is new, and while the browser gets as many bytes of a server that has them already
// ("static": what a browser on the same processors costs mail, whatever it looks at), in many short turns. What is said
// is how much the p99 of all mails grew, and between which bounds that lies with 95 % confidence; "none" is the same
// comparison between two halves of the rounds in which the page was left alone: what chance does by itself; "own" is all
// pages against those bytes.
func BenchmarkPageLoad(b *testing.B) {
	list := letters(b, 8000)
	db := filepath.Join(b.TempDir(), "hisseki.db")
	thefts(b, db)
	serve := startServe(b, "unix", db)
	var next atomic.Int64
	send(b, serve, 4, pageMails, list, &next, &tally{})
	web, page := startPage(b, db)
	static, url := startStatic(b, page)
	page.static = url
	browser := startBrowser(b, page)
	kinds := []string{"rest", "control", goThrough, lookAgain, goStatic}
	waits := map[string][][]time.Duration{}
	n := pageRounds
	if own, err := strconv.Atoi(os.Getenv("HISSEKI_ROUNDS")); err == nil {
		n = own
	}
	asked := map[string]int{}
	cpu := map[string]time.Duration{}
	for i := range n {
		for j := range kinds { // whoever comes after another one changes from round to round
			kind := kinds[(i+j)%len(kinds)]
			server := web
			if kind == goStatic {
				server = static
			}
			before := server.cpu(b)
			if kind == goThrough || kind == lookAgain || kind == goStatic {
				browser.ask(b, kind)
			}
			var t tally
			begun := time.Now()
			round(b, serve, 4, pace, list, &next, &t, func() bool { return time.Since(begun) < pageTime })
			n, failed := browser.ask(b, "stop")
			if asked[kind] += n; failed > 0 {
				b.Errorf("%s: %d of %d requests were refused", kind, failed, n)
			}
			cpu[kind] += server.cpu(b) - before
			waits[kind] = append(waits[kind], t.ends)
		}
	}
	rest := slices.Concat(waits["rest"], waits["control"])
	b.ReportMetric(quantile(rest, 0.5), "rest-p50-ms")
	b.ReportMetric(quantile(rest, 0.99), "rest-p99-ms")
	report := func(name string, of, against [][]time.Duration) {
		low, high := growthBounds(of, against)
		b.ReportMetric(quantile(of, 0.99)/quantile(against, 0.99), name+"-growth")
		b.ReportMetric(low, name+"-low")
		b.ReportMetric(high, name+"-high")
	}
	report("none", waits["control"], waits["rest"])
	report("own", waits[goThrough], waits[goStatic])
	for _, kind := range kinds[2:] {
		b.ReportMetric(quantile(waits[kind], 0.5), kind+"-p50-ms")
		b.ReportMetric(quantile(waits[kind], 0.99), kind+"-p99-ms")
		report(kind, waits[kind], rest)
		b.ReportMetric(float64(asked[kind])/(float64(n)*pageTime.Seconds()), kind+"-requests/s")
		b.ReportMetric(cpu[kind].Seconds()*1000/float64(asked[kind]), kind+"-cpu-ms/request")
	}
	b.ReportMetric(0, "ns/op")
}

// quantile of all waits of rounds, in milliseconds.
func quantile(rounds [][]time.Duration, q float64) float64 {
	return (&tally{ends: slices.Concat(rounds...)}).quantile(q)
}

// growthBounds are the bounds of a growth of p99 with 95 % confidence, by drawing rounds anew (the
// bootstrap; whole rounds, since waits of one moment are alike).
func growthBounds(of, against [][]time.Duration) (low, high float64) {
	const draws = 2000
	r := rand.New(rand.NewPCG(1, 2))
	draw := func(from [][]time.Duration) [][]time.Duration {
		out := make([][]time.Duration, len(from))
		for i := range out {
			out[i] = from[r.IntN(len(from))]
		}
		return out
	}
	all := make([]float64, draws)
	for i := range all {
		all[i] = quantile(draw(of), 0.99) / quantile(draw(against), 0.99)
	}
	slices.Sort(all)
	return all[draws*25/1000], all[draws*975/1000]
}

// thefts makes a store in which mail of several thefts is on hold, and some with the same link went out before.
// The accounts are others than those that send meanwhile: an owner's mail since is held as the thief's is,
// and what it shares with all mail of a store that has learned nothing yet would be the incident's.
func thefts(b *testing.B, path string) {
	b.Helper()
	db, err := store.Open(b.Context(), path, store.Options{Migrate: true})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	begun := time.Now().Add(-(pageEscaped + pageHolds) * time.Second)
	for i := range pageEscaped + pageHolds {
		r := stolen(i, begun.Add(time.Duration(i)*time.Second))
		if i >= pageEscaped {
			r.Verdict.Action, r.Verdict.Would, r.Verdict.Incident = analyzer.Hold, analyzer.Hold, true
		}
		if _, err := db.Begin(b.Context(), r)(); err != nil {
			b.Fatal(err)
		}
	}
}

// stolen is a mail of one of the thefts.
func stolen(i int, at time.Time) *analyzer.Record {
	thief := i % pageIncidents
	site := fmt.Sprintf("lure%d.test", thief)
	sender := fmt.Sprintf("stolen%d@example.org", thief)
	return &analyzer.Record{Subject: fmt.Sprintf("請求書 %d", i), Hosts: []string{site}, URLs: []string{"https://" + site + "/"},
		Observation: baseline.Observation{Marks: []baseline.Key{baseline.Key(1000 + thief)}},
		Envelope: analyzer.Envelope{Time: at, Host: "mx.example.org",
			QueueID: fmt.Sprintf("4C%09dz", i), Sender: sender, Class: analyzer.Account, MailFrom: sender,
			Client: netip.AddrFrom4([4]byte{203, 0, 113, byte(thief)}), Helo: "pc",
			Recipients: []string{fmt.Sprintf("to%d@partner.example", i), "second@partner.example"}},
		Verdict: analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Pass, Points: 9,
			Evidence: []analyzer.Evidence{{Signal: analyzer.URLUnknown, Points: 3, Observed: site,
				Usual: "12 known sites", Text: "an unknown link to " + site}}}}
}

// startPage starts hisseki web on a store as it is shipped, and lets a browser in there.
func startPage(b *testing.B, db string) (*process, visit) {
	b.Helper()
	run := func(stdin string, args ...string) string {
		b.Helper()
		cmd := exec.Command(program, append(args, "--db", db)...)
		cmd.Env, cmd.Stdin = append(os.Environ(), "HISSEKI_CONFIG="), strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			b.Fatalf("%q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("correct horse battery staple\n", "reviewer", "add", "ada", "--role", "admin")
	link := run("", "reviewer", "link", "ada") // http://localhost:8843/enter/TOKEN
	at := address(b, "tcp")
	p := &process{name: "web", cmd: exec.Command(program, "web", "--db", db, "--listen", "inet:"+at)}
	p.cmd.Env = append(os.Environ(), "HISSEKI_CONFIG=", "NOTIFY_SOCKET=")
	p.start(b)
	v, err := enter("http://"+at, link[strings.Index(link, "/enter/"):])
	if err != nil {
		b.Fatalf("log in by %s: %v", link, err)
	}
	return p, v
}
