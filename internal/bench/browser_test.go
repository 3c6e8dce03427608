package bench

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// asBrowser makes this program a browser of the page that the value names, as visit writes it. It is
// a process of its own with a low priority: browsers are other machines, and what this one takes of the
// processors is no cost of the page.
const asBrowser = "BENCH_BROWSER"

// What a browser can be told, beside "stop".
const (
	goThrough = "through" // all pages, each as if it was seen for the first time
	lookAgain = "again"   // what open pages ask for by themselves, as page.js does
	goStatic  = "static"  // all pages, but from a server that has the bytes already
)

// visit is a page that somebody is logged in to, and a server that has its bytes.
type visit struct{ url, cookie, static string }

// through are the pages, a few mails, incidents and senders of each kind among them.
func through(i int) string {
	switch i % 15 {
	case 0:
		return "/"
	case 1:
		return "/incidents"
	case 2, 3:
		return fmt.Sprintf("/incident/I%d", 1+i/15%pageIncidents)
	case 4:
		return "/quarantine"
	case 5:
		return "/quarantine?sort=points"
	case 6, 7:
		return fmt.Sprintf("/mail/H%d", 1+i%pageHolds)
	case 8:
		return "/senders"
	case 9:
		return "/sender?name=" + account(i/15%manyAccounts)
	case 10:
		return "/rules"
	case 11:
		return "/audit"
	case 12:
		return "/coverage"
	case 13:
		return "/hooks"
	}
	return "/sessions"
}

// again is what open pages ask for: Now, an incident, the list of kept mail.
func again(i int) string {
	switch i % 3 {
	case 0:
		return "/"
	case 1:
		return fmt.Sprintf("/incident/I%d/live?stamp=x", 1+i/3%pageIncidents)
	}
	return fmt.Sprintf("/quarantine/new?after=%d", pageHolds)
}

// enter logs in by a link, once the page answers.
func enter(url, link string) (visit, error) {
	client := &http.Client{Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		res, err := client.Get(url + "/healthz")
		if err == nil {
			res.Body.Close()
			break
		}
		if time.Now().After(end) {
			return visit{}, fmt.Errorf("hisseki web does not answer: %w", err)
		}
	}
	res, err := client.Post(url+link, "", nil)
	if err != nil {
		return visit{}, err
	}
	res.Body.Close()
	if len(res.Cookies()) == 0 {
		return visit{}, errors.New(res.Status)
	}
	c := res.Cookies()[0]
	return visit{url: url, cookie: c.Name + "=" + c.Value}, nil
}

// browser is such a process.
type browser struct {
	in  io.Writer
	out *bufio.Reader
}

func startBrowser(b *testing.B, v visit) *browser {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("nice", "-n", "19", exe)
	cmd.Env = append(os.Environ(), asBrowser+"="+v.url+" "+v.cookie+" "+v.static)
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
	(&process{name: "browser", cmd: cmd}).start(b)
	return &browser{in, bufio.NewReader(out)}
}

// ask tells the browser what to do, and returns what it asked for since, and in vain.
func (w *browser) ask(b *testing.B, what string) (asked, failed int) {
	b.Helper()
	fmt.Fprintln(w.in, what)
	if _, err := fmt.Fscanln(w.out, &asked, &failed); err != nil {
		b.Fatal("the browser is gone: ", err)
	}
	return asked, failed
}

// beBrowser is what a process of startBrowser does.
func beBrowser() error {
	var v visit
	if _, err := fmt.Sscan(os.Getenv(asBrowser), &v.url, &v.cookie, &v.static); err != nil {
		return err
	}
	tabs := tabs{visit: v}
	count := 0
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var asked, failed int64
		if in.Text() == "stop" {
			asked, failed = tabs.stop()
		} else {
			tabs.start(in.Text(), &count)
		}
		fmt.Println(asked, failed)
	}
	return nil
}

// tabs asks for pages at pageRate, whether they are answered or not.
type tabs struct {
	visit
	asked, failed atomic.Int64
	over          chan struct{}
	wg            sync.WaitGroup
	etags         sync.Map // by address
}

func (t *tabs) start(what string, count *int) {
	t.over = make(chan struct{})
	t.wg.Go(func() {
		tick := time.NewTicker(time.Second / pageRate)
		defer tick.Stop()
		for {
			select {
			case <-t.over:
				return
			case <-tick.C:
			}
			i := *count
			*count++
			t.wg.Go(func() {
				t.asked.Add(1)
				if err := t.get(i, what); err != nil {
					t.failed.Add(1)
					fmt.Fprintln(os.Stderr, "browser:", err)
				}
			})
		}
	})
}

func (t *tabs) stop() (asked, failed int64) {
	if t.over != nil {
		close(t.over)
		t.wg.Wait()
		t.over = nil
	}
	return t.asked.Swap(0), t.failed.Swap(0)
}

func (t *tabs) get(i int, what string) error {
	from, path, live := t.url, through(i), what == lookAgain
	switch what {
	case lookAgain:
		path = again(i)
	case goStatic:
		from = t.static
	}
	r, err := http.NewRequest(http.MethodGet, from+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Cookie", t.cookie)
	r.Header.Set("Accept-Language", "ja,en;q=0.5")
	if live {
		r.Header.Set("Hisseki-Live", "1")
		if tag, ok := t.etags.Load(path); ok {
			r.Header.Set("If-None-Match", tag.(string))
		}
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNotModified {
		return fmt.Errorf("%s: %s", path, res.Status)
	}
	if tag := res.Header.Get("ETag"); tag != "" {
		t.etags.Store(path, tag)
	}
	return nil
}
