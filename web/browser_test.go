package web_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"hisseki/access"
)

// browser is a real Chromium, and what it complained of. It is driven by script, mouse and keys alone:
// chromedp's actions on elements (Click, SendKeys, Clear, WaitReady, AttributeValue ...) read nodes that
// its own goroutine writes at the same time, which is a data race; TestBrowserReadsNoNodes keeps them out.
type browser struct {
	t   *testing.T
	ctx context.Context
	o   *office

	mu      sync.Mutex
	said    []string // console, CSP, dialogs
	strange []string // requests to anybody but the office
}

// atWork is an office with an open theft, and the browser of alice, who has logged in.
func atWork(t *testing.T, role access.Role) (*office, *browser) {
	t.Helper()
	o := newOffice(t, nil)
	o.hire("alice", role)
	o.theft()
	o.agent()
	b := newBrowser(t, o, "en")
	b.login("alice")
	return o, b
}

// newBrowser starts a Chromium with a language and a screen.
func newBrowser(t *testing.T, o *office, lang string) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here: scripts/needs.sh chromium installs it, make test does so")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.Flag("lang", lang), chromedp.Flag("accept-lang", lang),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("host-resolver-rules",
			"MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, stopTab := chromedp.NewContext(ctx)
	t.Cleanup(stopTab)
	ctx, stopTime := context.WithTimeout(ctx, 10*time.Minute) // others run beside it
	t.Cleanup(stopTime)
	b := &browser{t: t, ctx: ctx, o: o}
	chromedp.ListenTarget(ctx, b.hear)
	b.do(network.Enable(), log.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		return emulation.SetTimezoneOverride("Asia/Tokyo").Do(ctx)
	}), network.SetExtraHTTPHeaders(network.Headers{"Accept-Language": lang}))
	b.screen(1280, 900, false)
	return b
}

func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Source != "network" { // refusals that a test asks for are answers too
			b.said = append(b.said, string(e.Entry.Source)+": "+e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, "exception: "+e.ExceptionDetails.Error())
	case *page.EventJavascriptDialogOpening:
		b.said = append(b.said, "dialog: "+e.Message)
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, b.o.url+"/") && !strings.HasPrefix(e.Request.URL, "about:") {
			b.strange = append(b.strange, e.Request.URL)
		}
	}
}

// calm fails when the browser complained, or asked anybody else.
func (b *browser) calm() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.said {
		b.t.Error("the browser says", s)
	}
	for _, s := range b.strange {
		b.t.Error("the page asked", s)
	}
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatalf("%v\n%s", err, b.text())
	}
}

// screen sets the size of the window, and whether it is dark.
func (b *browser) screen(width, height int64, dark bool) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.do(chromedp.EmulateViewport(width, height), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}}))
}

// open asks for a page of the office and waits for it.
func (b *browser) open(path string) { b.t.Helper(); b.visit(b.o.url + path) }

// visit asks for any page and waits for it.
func (b *browser) visit(url string) {
	b.t.Helper()
	b.leave(func() {
		b.do(chromedp.ActionFunc(func(ctx context.Context) error {
			_, _, problem, _, err := page.Navigate(url).Do(ctx)
			if err == nil && problem != "" {
				err = fmt.Errorf("%s: %s", url, problem)
			}
			return err
		}))
	})
	b.wait(`document.querySelector("main")`)
}

// click follows a link or button and waits for the page behind it.
func (b *browser) click(sel string) {
	b.t.Helper()
	b.leave(func() { b.press(sel) })
}

// press clicks on the first element that the selector finds, with the mouse, as soon as it can be seen
// and nothing lies over it. It waits for nothing after.
func (b *browser) press(sel string) {
	b.t.Helper()
	// The middle of its first line: a link may go over two.
	b.wait(fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		if (!e || e.disabled) return false;
		e.scrollIntoView({block: "center", behavior: "instant"});
		const r = e.getClientRects()[0];
		if (!r || !r.width || !r.height) return false;
		const at = [r.x + r.width / 2, r.y + r.height / 2];
		const top = document.elementFromPoint(...at);
		window.pressAt = at;
		return top && (e.contains(top) || e.labels && [...e.labels].some(l => l.contains(top)));
	})()`, sel))
	var at [2]float64
	b.eval(`window.pressAt`, &at)
	b.do(chromedp.MouseClickXY(at[0], at[1]))
}

// leave does something that leads to another page, and waits for that.
func (b *browser) leave(do func()) {
	b.t.Helper()
	b.eval(`document.documentElement.dataset.old = "1"`, nil)
	do()
	b.wait(`!document.documentElement.dataset.old && document.readyState == "complete"`)
}

// fill types into a field, in the place of what it had.
func (b *browser) fill(sel, text string) {
	b.t.Helper()
	b.wait(fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		if (!e) return false;
		e.focus();
		if (document.activeElement != e) return false;
		e.value = "";
		e.dispatchEvent(new Event("input", {bubbles: true}));
		return true;
	})()`, sel))
	b.keys(text)
}

// keys types where the page listens.
func (b *browser) keys(text string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(text))
}

// text is what the page says.
func (b *browser) text() (s string) {
	_ = chromedp.Run(b.ctx, chromedp.Evaluate(`document.body ? document.body.innerText : ""`, &s))
	return s
}

func (b *browser) says(want ...string) {
	b.t.Helper()
	text := b.text()
	for _, w := range want {
		if !strings.Contains(text, w) {
			b.t.Fatalf("the page does not say %q:\n%s", w, text)
		}
	}
}

// wait waits until an expression is true; a page on its way has no answer.
func (b *browser) wait(expression string) {
	b.t.Helper()
	for end := time.Now().Add(25 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var ok bool
		err := chromedp.Run(b.ctx, chromedp.Evaluate("!!("+expression+")", &ok))
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("waiting for %s: %v\n%s", expression, err, b.text())
		}
	}
}

func (b *browser) eval(expression string, into any) {
	b.t.Helper()
	b.do(chromedp.Evaluate(expression, into))
}

// login logs a reviewer in with his second factor.
func (b *browser) login(name string) {
	b.t.Helper()
	b.open("/login")
	b.fill("[name=name]", name)
	b.fill("[name=password]", password)
	b.fill("[name=code]", b.o.code(name))
	b.click("button.main")
}

// picture keeps a picture of the page for people to look at, under bin/pictures.
func (b *browser) picture(name string) {
	b.t.Helper()
	var png []byte
	b.do(chromedp.FullScreenshot(&png, 100))
	dir := filepath.Join("..", "bin", "pictures")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// fits fails when the page is wider than its window.
func (b *browser) fits(where string) {
	b.t.Helper()
	var widths [2]int
	b.eval(`[document.documentElement.scrollWidth, document.documentElement.clientWidth]`, &widths)
	if widths[0] > widths[1] {
		var who string
		b.eval(`[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + "." + e.className).slice(0, 5).join(" ")`, &who)
		b.t.Errorf("%s is %d wide in a window of %d: %s", where, widths[0], widths[1], who)
	}
}

var allPages = []string{"/", "/incidents", "/incident/I1", "/incident/I1/confirm", "/incident/I1/dismiss", "/quarantine",
	"/quarantine/decide?to=discard&id=H1&id=H2", "/mail/H1", "/senders", "/sender?name=", "/rules", "/audit", "/hooks", "/coverage",
	"/sessions"}

// TestPictures draws every page in both languages, light and dark, wide and on a phone, for people
// to look at (bin/pictures), and holds each to what a program can see: it fits, and the browser is
// calm. HISSEKI_PICTURES=1 draws all; else it is every page once, each in another way.
func TestPictures(t *testing.T) {
	t.Parallel()
	all := os.Getenv("HISSEKI_PICTURES") != ""
	o := newOffice(t, nil)
	readers := map[string]string{"en": "alice", "ja": "ito"} // a code counts once
	for _, name := range readers {
		o.hire(name, "admin")
	}
	o.theft()
	o.agent()
	o.dial()
	list, err := o.db.Incidents(t.Context(), "")
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	screens := []struct {
		name  string
		width int64
		dark  bool
	}{{"wide", 1280, false}, {"dark", 1280, true}, {"phone", 360, false}, {"phone-dark", 360, true}}
	for k, lang := range []string{"en", "ja"} {
		b := newBrowser(t, o, lang)
		b.open("/login")
		b.picture("login-" + lang)
		b.login(readers[lang])
		b.says(readers[lang]) // else each page is the one to log in at
		for n, screen := range screens {
			b.screen(screen.width, 900, screen.dark)
			for i, path := range append([]string{"/nothing", "/login", "/enter/" + strings.Repeat("x", 43)}, allPages...) {
				if !all && screen.width != 360 || !all && (i+n+k)%2 == 0 {
					continue
				}
				if path == "/sender?name=" {
					path += list[0].Sender
				}
				b.open(path)
				b.fits(fmt.Sprintf("%s (%s, %s)", path, lang, screen.name))
				name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "&", "-", "=", "-", "@", "-").Replace(path), "-")
				if name == "" {
					name = "now"
				}
				if all {
					b.picture(fmt.Sprintf("%.40s-%s-%s", name, lang, screen.name))
				}
			}
		}
		b.calm()
	}
}
