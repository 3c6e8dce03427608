package web_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"hisseki/access"
	"hisseki/ledger"
	"hisseki/web"
)

// ask asks without a browser, as anybody with a tool can.
func (o *office) ask(method, path, token string, form url.Values, header ...string) *http.Response {
	o.t.Helper()
	var b io.Reader
	if form != nil {
		b = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, b)
	if err != nil {
		o.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "__Host-hisseki", Value: token})
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { res.Body.Close() })
	return res
}

// state is what nobody may change who may not decide.
func (o *office) state() string {
	o.t.Helper()
	holds, err := o.db.Holds(o.t.Context(), ledger.HoldFilter{})
	if err != nil {
		o.t.Fatal(err)
	}
	var b strings.Builder
	for i := range holds {
		b.WriteString(string(holds[i].State) + " " + holds[i].Excerpt)
	}
	incidents, err := o.db.Incidents(o.t.Context(), "")
	if err != nil {
		o.t.Fatal(err)
	}
	for i := range incidents {
		b.WriteString(string(incidents[i].State))
	}
	rules, err := o.db.Overrides(o.t.Context(), "", o.clock())
	if err != nil {
		o.t.Fatal(err)
	}
	for i := range rules {
		b.WriteString(rules[i].Subject)
	}
	habits, err := o.db.Habits(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	for i := range habits {
		b.WriteString(habits[i].Name)
	}
	for name := range o.secret {
		sessions, err := o.db.Reviewers().Sessions(o.t.Context(), name)
		if err != nil {
			o.t.Fatal(err)
		}
		fmt.Fprintf(&b, "%d", len(sessions))
	}
	return b.String()
}

// forms are what each route that changes something takes.
var forms = map[string]url.Values{
	"POST /incident/{id}/{end}": {"reason": {"x"}, "seen": {"40.0"}},
	"POST /quarantine/decide":   {"id": {"H1", "H2"}, "to": {"discard"}, "seen": {"2"}},
	"POST /rules/set":           {"rule": {"hold"}, "subject": {"bando@example.jp"}, "until": {"1d"}},
	"POST /rules/clear":         {"subject": {"sender:bando@example.jp"}},
	"POST /rules/habit":         {"senders": {"bando@example.jp"}, "networks": {"192.0.2.0/24"}, "until": {"1d"}},
	"POST /rules/habit/end":     {"id": {"T1"}},
	"POST /coverage/notch":      {"notch": {"1.2"}, "reason": {"x"}, "seen": {"2026-11-17T10:00:00Z"}},
	"POST /hooks/again":         {"event": {"1"}, "hook": {"soc"}},
	"POST /sessions/end":        {"session": {"00000000"}},
}

// address is an address that a route answers.
func address(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	path = strings.NewReplacer("{$}", "", "{end}", "confirm", "{token}", "abc").Replace(path)
	id := "I1"
	if strings.HasPrefix(path, "/mail/") {
		id = "H1"
	}
	return method, strings.ReplaceAll(path, "{id}", id)
}

// Every route: without a session, with one that has ended, with too small a role and with
// another site's request nothing is shown and nothing changes.
func TestNobodyGetsPast(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	for name, role := range map[string]access.Role{"vera": access.Viewer, "rei": access.Reviewer, "ada": access.Admin} {
		o.hire(name, role)
	}
	o.theft()
	o.everything()
	viewer, reviewer := o.token("vera"), o.token("rei")
	ended := o.token("ada")
	if s, err := o.guard.Check(t.Context(), ended, true); err != nil || o.guard.End(t.Context(), s, "test") != nil {
		t.Fatal(s, err)
	}
	admin := o.token("ada")
	before := o.state()
	secret := "bando@example.jp"
	for _, rt := range web.Routes() {
		method, path := address(rt.Pattern)
		form := forms[rt.Pattern]
		if method == http.MethodPost && form == nil {
			form = url.Values{}
		}
		for who, token := range map[string]string{"nobody": "", "an ended session": ended, "a forged session": strings.Repeat("a", 43)} {
			res := o.ask(method, path, token, form)
			text := body(t, res.Body)
			if rt.Need != "" && (res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/login")) {
				t.Errorf("%s %s for %s: %s", method, path, who, res.Status)
			}
			if strings.Contains(text, secret) {
				t.Errorf("%s %s shows %s to %s", method, path, secret, who)
			}
		}
		if rt.Need == access.Reviewer || rt.Need == access.Admin {
			if res := o.ask(method, path, viewer, form); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s for a viewer: %s", method, path, res.Status)
			}
		}
		if rt.Need == access.Admin {
			if res := o.ask(method, path, reviewer, form); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s for a reviewer: %s", method, path, res.Status)
			}
		}
		if method == http.MethodPost {
			for _, header := range [][]string{{"Origin", "https://evil.test"}, {"Sec-Fetch-Site", "cross-site"},
				{"Sec-Fetch-Site", "same-site"}, {"Origin", "null"}} {
				if res := o.ask(method, path, admin, form, header...); res.StatusCode != http.StatusForbidden {
					t.Errorf("%s %s from another site (%q): %s", method, path, header, res.Status)
				}
			}
		}
		if o.state() != before {
			t.Fatalf("%s %s changed something", method, path)
		}
	}
}

// Hostile values of every parameter are answered, without an error of ours and without coming
// back as markup.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("ada", access.Admin)
	o.theft()
	o.everything()
	token := o.token("ada")
	const mark = `"><script>alert(1)</script>`
	for _, value := range []string{mark, strings.Repeat("長", 10_000), "\x00\x1b[2J\u202e", "-1", "99999999999999999999", "' OR 1=1 --"} {
		for _, rt := range web.Routes() {
			method, path := address(rt.Pattern)
			if path == "/logout" || strings.HasPrefix(path, "/login") {
				continue
			}
			v := url.Values{}
			for _, name := range []string{"sender", "incident", "since", "until", "host", "min-points", "state", "below", "after",
				"to", "id", "all", "seen", "upto", "name", "said", "n", "format", "actor", "verb", "object", "stamp", "subject",
				"rule", "reason", "senders", "hours", "event", "hook", "session", "others", "lang"} {
				v.Set(name, value)
			}
			var res *http.Response
			if method == http.MethodPost {
				res = o.ask(method, path, token, v)
			} else {
				v.Del("lang")
				if len(value) > 1000 { // a header has an end
					v = url.Values{"sender": {value[:6000]}, "name": {value[:6000]}, "actor": {value[:6000]}}
				}
				res = o.ask(method, path+"?"+v.Encode(), token, nil)
			}
			if text := body(t, res.Body); res.StatusCode >= 500 || strings.Contains(text, mark) {
				t.Errorf("%s %s with %.20q: %s", method, path, value, res.Status)
			}
		}
	}
	if log := o.log.String(); strings.Contains(log, "level=ERROR") {
		t.Error(log)
	}
}

// What every answer says to the browser.
func TestHeaders(t *testing.T) {
	o := newOffice(t, nil)
	for _, path := range []string{"/login", "/", "/nothing", "/assets/none"} {
		h := o.ask("GET", path, "", nil).Header
		csp := h.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, h)
		}
	}
	o.hire("ada", access.Admin)
	res := o.ask("POST", "/login", "", url.Values{"name": {"ada"}, "password": {password}, "code": {o.code("ada")}})
	c := res.Cookies()
	if len(c) != 1 || c[0].Name != "__Host-hisseki" || !c[0].HttpOnly || !c[0].Secure || c[0].SameSite != http.SameSiteStrictMode ||
		c[0].Path != "/" || c[0].Domain != "" {
		t.Errorf("%s: %v", res.Status, c)
	}
}

// Script and style are small, before compression: a page is quick on a telephone too.
func TestAssetsAreSmall(t *testing.T) {
	o := newOffice(t, nil)
	o.hire("ada", access.Admin)
	page := body(t, o.ask("GET", "/", o.token("ada"), nil).Body)
	list := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+\.(?:js|css))"`).FindAllStringSubmatch(page, -1)
	if len(list) < 2 {
		t.Fatalf("a page without style or script:\n%s", page)
	}
	sum := 0
	for _, m := range list {
		sum += len(body(t, o.ask("GET", m[1], "", nil, "Accept-Encoding", "identity").Body))
	}
	if sum > 60<<10 {
		t.Errorf("%d bytes of script and style", sum)
	}
	t.Logf("%d bytes of script and style in %d files", sum, len(list))
}

// Templates run no script and carry no style: the policy would refuse both.
func TestTemplatesAreInert(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\son[a-z]+=|\sstyle=|javascript:`)
	names, err := os.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range names {
		data, err := os.ReadFile("templates/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if m := inline.Find(data); m != nil {
			t.Errorf("%s has %q", f.Name(), m)
		}
		if bytes.Contains(data, []byte("http://")) || bytes.Contains(data, []byte("https://")) {
			t.Errorf("%s names another host", f.Name())
		}
	}
}

// The owner of a network that logged in before is not locked out by whoever guesses elsewhere,
// and a code counts once.
func TestGuessing(t *testing.T) {
	t.Parallel()
	now := time.Now()
	o := newOffice(t, func() time.Time { return now })
	o.serve(func(opt *web.Options) { opt.Proxies = anywhere })
	o.hire("ada", access.Admin)
	try := func(from, password string) int {
		return o.ask("POST", "/login", "", url.Values{"name": {"ada"}, "password": {password}, "code": {o.code("ada")}},
			"X-Forwarded-For", from).StatusCode
	}
	if got := try("192.0.2.7", password); got != http.StatusSeeOther {
		t.Fatal(got)
	}
	if got := try("192.0.2.7", password); got != http.StatusUnauthorized {
		t.Errorf("the same code again: %d", got)
	}
	refused := 0
	for i := range 40 {
		if try("203.0.113."+string(rune('0'+i%10)), "wrong password "+string(rune('a'+i))) == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 30 {
		t.Errorf("only %d of 40 guesses had to wait", refused)
	}
	if got := try("198.51.100.9", password); got != http.StatusTooManyRequests {
		t.Errorf("from another new network: %d", got)
	}
	if got := o.ask("POST", "/enter/"+strings.Repeat("x", 43), "", nil, "X-Forwarded-For", "203.0.113.1"); got.StatusCode !=
		http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
		t.Errorf("a guessed link after guessed passwords: %d", got.StatusCode)
	}
	now = now.Add(31 * time.Second)
	if got := try("192.0.2.99", password); got != http.StatusSeeOther {
		t.Errorf("the owner, from his own network: %d", got)
	}
}
