package bench

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// asStatic makes this program a web server that has as many bytes for each kind of page as the review page at this
// address has. What it costs mail is the browser's doing, the network's and the processors': not the page's.
const asStatic = "BENCH_STATIC"

// kindOf is what pages of one kind have in common.
func kindOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	for _, one := range []string{"/incident/", "/mail/"} {
		if strings.HasPrefix(path, one) {
			return one
		}
	}
	return path
}

// startStatic starts such a server with the page's priority, and half of the processors as the page has.
func startStatic(b *testing.B, page visit) (p *process, url string) {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	at := address(b, "tcp")
	p = &process{name: "static", cmd: exec.Command("nice", "-n", "15", exe)}
	p.cmd.Env = append(os.Environ(), asStatic+"="+page.url, atAddress+"="+at, "GOMAXPROCS=1", "GOGC=400")
	p.cmd.Stderr = os.Stderr
	p.start(b)
	return p, "http://" + at
}

// serveStatic is what a process of startStatic does.
func serveStatic() error {
	l, err := net.Listen("tcp", os.Getenv(atAddress))
	if err != nil {
		return err
	}
	var mu sync.Mutex
	known := map[string][]byte{}
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := kindOf(r.URL.Path)
		mu.Lock()
		defer mu.Unlock()
		if known[kind] == nil {
			body, err := fetch(os.Getenv(asStatic)+r.URL.RequestURI(), r.Header)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			known[kind] = body
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(known[kind]) // a browser that went away needs no more
	}))
}

// fetch gets a page.
func fetch(url string, header http.Header) ([]byte, error) {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header = header.Clone()
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return io.ReadAll(res.Body)
}
