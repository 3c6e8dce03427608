package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"hisseki/access"
	"hisseki/web"
)

// What open pages ask for by themselves comes once as long as it is the same, in each language; who decides sees
// what he did at once, whatever was remembered; and nobody is shown it who may not see it.
func TestOpenPagesAreToldWhatIsNew(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("rei", access.Reviewer)
	o.theft()
	o.serve(func(w *web.Options) { w.Remember = time.Hour })
	token := o.token("rei")
	live := func(path, tag string, more ...string) *http.Response {
		return o.ask("GET", path, token, nil, append([]string{"Hisseki-Live", "1", "If-None-Match", tag}, more...)...)
	}
	for _, path := range []string{"/", "/incident/I1/live?stamp=x", "/quarantine/new?after=1"} {
		first := live(path, "")
		tag := first.Header.Get("ETag")
		if text := body(t, first.Body); first.StatusCode != http.StatusOK || tag == "" || text == "" {
			t.Fatalf("%s: %s %q", path, first.Status, tag)
		}
		if again := live(path, tag); again.StatusCode != http.StatusNotModified || body(t, again.Body) != "" {
			t.Errorf("%s again: %s", path, again.Status)
		}
		if other := live(path, tag, "Accept-Language", "ja"); other.StatusCode != http.StatusOK {
			t.Errorf("%s in Japanese: %s", path, other.Status)
		}
		if res := o.ask("GET", path, "", nil, "Hisseki-Live", "1", "If-None-Match", tag); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a session: %s", path, res.Status)
		}
		if res := live(path, tag); !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s may be kept by others", path)
		}
	}
	before := live("/", "")
	if text := body(t, before.Body); !strings.Contains(text, `href="/incident/I1"`) {
		t.Fatal("the incident is not shown")
	}
	body(t, o.ask("GET", "/quarantine", token, nil).Body)
	seen := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(body(t, o.ask("GET", "/incident/I1/dismiss", token, nil).Body))
	if seen == nil {
		t.Fatal("the decision says nothing of what was seen")
	}
	res := o.ask("POST", "/incident/I1/dismiss", token, url.Values{"reason": {"she sent it"}, "seen": {seen[1]}})
	if res.StatusCode != http.StatusSeeOther {
		t.Fatal(res.Status, body(t, res.Body))
	}
	if text := body(t, live("/", before.Header.Get("ETag")).Body); text == "" || strings.Contains(text, `class="card incident"`) {
		t.Error("who decided still sees the incident")
	}
}
