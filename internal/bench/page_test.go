package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	pageRate  = 50   // requests a second
	pageMails = 4000 // that the store has before
)

// pages are what is asked for in turn; a browser that is open asks for the first every 10 s.
var pages = []string{"/", "/incidents", "/quarantine", "/senders", "/audit", "/rules", "/coverage", "/hooks"}

// BenchmarkPageLoad measures how long mail waits at a busy server's rate, while the review page is
// left alone and while it gets 50 requests a second, in turns: "p99-growth" is the ratio.
func BenchmarkPageLoad(b *testing.B) {
	list := letters(b, 8000)
	db := filepath.Join(b.TempDir(), "hisseki.db")
	serve := startServe(b, "unix", db)
	var next atomic.Int64
	var before, quiet, loaded tally
	send(b, serve, 4, pageMails, list, &next, &before)
	client, url := startPage(b, db)
	var asked, failed atomic.Int64
	for range 2 * rounds {
		drive(b, serve, 4, pace, list, &next, &quiet)
		ctx, stop := context.WithCancel(b.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			hammer(ctx, client, url, &asked, &failed)
		}()
		drive(b, serve, 4, pace, list, &next, &loaded)
		stop()
		<-ended
	}
	b.ReportMetric(quiet.quantile(0.5), "quiet-p50-ms")
	b.ReportMetric(loaded.quantile(0.5), "loaded-p50-ms")
	b.ReportMetric(quiet.quantile(0.99), "quiet-p99-ms")
	b.ReportMetric(loaded.quantile(0.99), "loaded-p99-ms")
	b.ReportMetric(loaded.quantile(0.99)/quiet.quantile(0.99), "p99-growth")
	b.ReportMetric(float64(asked.Load())/loaded.time.Seconds(), "pages/s")
	b.ReportMetric(0, "ns/op")
	if failed.Load() > 0 {
		b.Errorf("%d of %d pages were refused", failed.Load(), asked.Load())
	}
}

// startPage starts hisseki web on a store, and returns a browser that is logged in there.
func startPage(b *testing.B, db string) (*http.Client, string) {
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
	// As its unit runs it: mail goes first.
	p := &process{name: "web", cmd: exec.Command("nice", "-n", "10", program, "web", "--db", db, "--listen", "inet:"+at)}
	p.cmd.Env = append(os.Environ(), "HISSEKI_CONFIG=", "NOTIFY_SOCKET=")
	p.start(b)
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	client, url := &http.Client{Jar: jar, Timeout: 20 * time.Second}, "http://"+at
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		res, err := client.Get(url + "/healthz")
		if err == nil {
			res.Body.Close()
			break
		}
		if time.Now().After(end) {
			b.Fatal("hisseki web does not answer: ", err)
		}
	}
	// The cookie is secure, and this connection is not: it is sent by hand, as browsers do here.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Post(url+link[strings.Index(link, "/enter/"):], "", nil)
	if err != nil || len(res.Cookies()) == 0 {
		b.Fatalf("log in by %s: %v", link, err)
	}
	res.Body.Close()
	client.Transport = withCookie{res.Cookies()[0]}
	return client, url
}

// withCookie sends a cookie with every request.
type withCookie struct{ *http.Cookie }

// RoundTrip implements http.RoundTripper.
func (c withCookie) RoundTrip(r *http.Request) (*http.Response, error) {
	r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	return http.DefaultTransport.RoundTrip(r)
}

// hammer asks for pages until ctx ends, at pageRate whether they are answered or not.
func hammer(ctx context.Context, client *http.Client, url string, asked, failed *atomic.Int64) {
	tick := time.NewTicker(time.Second / pageRate)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		go func() {
			res, err := client.Get(fmt.Sprint(url, pages[i%len(pages)]))
			if err == nil {
				_, err = io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
			if asked.Add(1); err != nil || res.StatusCode != http.StatusOK {
				failed.Add(1)
			}
		}()
	}
}
