package web_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hisseki/access"
	"hisseki/ask"
	"hisseki/web"
)

// TestOldSessionEnds: who logs in anew leaves no session behind that nobody can log out of.
func TestOldSessionEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("alice", access.Reviewer)
	o.hire("vera", access.Viewer)
	first := o.token("vera")
	res := o.ask("POST", "/login", first, url.Values{"name": {"alice"}, "password": {password}, "code": {o.code("alice")}})
	if res.StatusCode != http.StatusSeeOther || len(res.Cookies()) == 0 {
		t.Fatal(res.Status)
	}
	if second := res.Cookies()[0]; second.Value == first || !strings.HasPrefix(second.Name, "__Host-") {
		t.Errorf("the session is %s, before %s", second, first)
	} else if res := o.ask("GET", "/sessions", second.Value, nil); res.StatusCode != http.StatusOK {
		t.Error("the new session:", res.Status)
	}
	if res := o.ask("GET", "/sessions", first, nil); res.StatusCode != http.StatusSeeOther {
		t.Error("the session before is good still:", res.Status)
	}
}

// TestLookingDecidesNothing: programs that follow links, such as a mail scanner or a browser that loads pages
// ahead, change nothing on any page, and use no link up.
func TestLookingDecidesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("ada", access.Admin)
	o.theft()
	o.everything()
	desk := &ask.Desk{Store: o.db.Questions(), For: time.Hour, Now: o.clock, Rand: rand.Reader}
	o.serve(func(opt *web.Options) { opt.Desk = desk })
	desk.URL = o.url
	question := strings.TrimPrefix(o.askOwner(desk), o.url)
	token := o.token("ada")
	link, err := o.guard.NewLink(t.Context(), "ada", "test")
	if err != nil {
		t.Fatal(err)
	}
	before := o.state()
	for _, rt := range web.Routes() {
		_, path := address(rt.Pattern)
		switch path {
		case "/enter/abc":
			path = "/enter/" + link
		case "/ask/abc":
			path = question
		}
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND"} {
			for _, who := range []string{token, ""} {
				body(t, o.ask(method, path+"?answer=not-mine&to=release&all=1&reason=x&seen=40.0", who, nil, "Purpose", "prefetch").Body)
			}
		}
		if o.state() != before {
			t.Fatalf("looking at %s changed something", path)
		}
	}
	if page := body(t, o.ask("GET", question, "", nil).Body); !strings.Contains(page, `value="not-mine"`) || !strings.Contains(page, `value="mine"`) {
		t.Error("the owner's link was answered by looking at it")
	}
	if res := o.ask("POST", "/enter/"+link, "", nil); res.StatusCode != http.StatusSeeOther || len(res.Cookies()) == 0 {
		t.Error("the link was used up by looking at it:", res.Status)
	}
}

// TestForeignNames: a request that names another host, or a page as if it was a file, gets nothing that others could
// be sent to, and nothing that a proxy would keep.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("ada", access.Admin)
	o.theft()
	token := o.token("ada")
	for _, path := range append([]string{"/login", "/nothing"}, allPages...) {
		for _, who := range []string{token, ""} {
			r, err := http.NewRequestWithContext(t.Context(), "GET", o.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = "evil.test"
			r.Header.Set("X-Forwarded-Host", "evil.test")
			r.Header.Set("Forwarded", "host=evil.test")
			if who != "" {
				r.AddCookie(&http.Cookie{Name: "__Host-hisseki", Value: who})
			}
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			text := body(t, res.Body)
			res.Body.Close()
			for name, values := range res.Header {
				text += name + strings.Join(values, " ")
			}
			if strings.Contains(text, "evil.test") {
				t.Errorf("%s names the host that was asked for", path)
			}
		}
	}
	for _, path := range []string{"/incident/I1/style.css", "/mail/H1.css", "/mail/H1/x.js", "/audit/x.png", "/quarantine;x.css", "/sender/x.css?name=bando@example.jp",
		"/incident/I1%2Fx.css", "/assets/../incident/I1", "/assets/%2e%2e/mail/H1"} {
		res := o.ask("GET", path, token, nil)
		if text := body(t, res.Body); res.StatusCode == http.StatusOK || strings.Contains(text, "bando@example.jp") || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s, %s", path, res.Status, res.Header.Get("Cache-Control"))
		}
	}
}

// TestViewersDoNotWatchColleagues: a viewer sees who decided what, and not what others looked at or when
// they came and went, whatever he asks for.
func TestViewersDoNotWatchColleagues(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("vera", access.Viewer)
	o.hire("rei", access.Reviewer)
	o.theft()
	viewer, reviewer := o.token("vera"), o.token("rei")
	body(t, o.ask("GET", "/mail/H1", reviewer, nil).Body)
	if res := o.ask("POST", "/quarantine/decide", reviewer, url.Values{"id": {"H1"}, "to": {"release"}, "seen": {"1"}, "reason": {"she phoned"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatal(res.Status)
	}
	for _, path := range []string{"/audit", "/audit/export", "/audit?verb=read", "/audit/export?verb=login", "/audit?actor=rei"} {
		seen, all := body(t, o.ask("GET", path, viewer, nil).Body), body(t, o.ask("GET", path, reviewer, nil).Body)
		if strings.Contains(seen, "evidence") || strings.Contains(seen, "session:") {
			t.Errorf("%s shows a viewer what colleagues look at", path)
		}
		if !strings.Contains(path, "verb=") && !strings.Contains(seen, "she phoned") {
			t.Errorf("%s does not show a viewer who decided", path)
		}
		if !strings.Contains(all, "evidence") && !strings.Contains(all, "session:") {
			t.Errorf("%s does not show a reviewer all", path)
		}
	}
}
