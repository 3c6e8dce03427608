package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"hisseki/access"
	"hisseki/ledger"
	"hisseki/review"
	"hisseki/web"
)

// TestVerbs: a route answers its own verb alone. Another changes nothing and shows nothing, whoever
// asks; nor does what a page asks by itself, where nobody has logged in.
func TestVerbs(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("vera", access.Viewer)
	o.hire("ada", access.Admin)
	o.theft()
	o.everything()
	viewer, admin := o.token("vera"), o.token("ada")
	before := o.state()
	var paths []string
	for _, rt := range web.Routes() {
		_, path := address(rt.Pattern)
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
		if rt.Need != "" && strings.HasPrefix(rt.Pattern, "GET ") {
			res := o.ask("GET", path, "", nil, "Hisseki-Live", "1")
			if text := body(t, res.Body); res.StatusCode != http.StatusUnauthorized || text != "" {
				t.Errorf("%s, by a page without a session: %s %q", path, res.Status, text)
			}
		}
	}
	for _, path := range paths {
		for who, token := range map[string]string{"nobody": "", "a viewer": viewer, "an admin": admin} {
			for _, verb := range []string{"HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
				res := o.ask(verb, path, token, forms["POST "+path])
				text := body(t, res.Body)
				if text != "" && verb == "HEAD" || who == "nobody" && strings.Contains(text, "bando@example.jp") {
					t.Errorf("%s %s for %s: %s", verb, path, who, text)
				}
				if who != "nobody" && verb != "HEAD" && res.StatusCode < 400 {
					t.Errorf("%s %s for %s: %s", verb, path, who, res.Status)
				}
				if o.state() != before {
					t.Fatalf("%s %s for %s changed something", verb, path, who)
				}
			}
		}
	}
}

// TestRace: of many who end an incident at the same moment exactly one does, all others are told, and
// the incident is what that one said.
func TestRace(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("alice", access.Reviewer)
	o.theft()
	o.agent()
	token := o.token("alice")
	form := map[string]url.Values{}
	for end := range map[string]bool{"confirm": true, "dismiss": true} {
		page := body(t, o.ask("GET", "/incident/I1/"+end, token, nil).Body)
		seen := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(page)
		if seen == nil {
			t.Fatalf("no figures in\n%s", page)
		}
		form[end] = url.Values{"seen": {seen[1]}, "reason": {"at once"}}
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		said = map[string]int{}
	)
	for i := range 16 {
		wg.Go(func() {
			end := []string{"confirm", "dismiss"}[i%2]
			to, err := url.Parse(o.ask("POST", "/incident/I1/"+end, token, form[end]).Header.Get("Location"))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			said[to.Query().Get("said")]++
		})
	}
	wg.Wait()
	if said["ended-confirm"]+said["ended-dismiss"] != 1 || said["overtaken"] != 15 {
		t.Fatalf("they were told: %v", said)
	}
	list, err := o.review.Incidents(t.Context(), review.IncidentQuery{IDs: []string{"I1"}})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	want := ledger.IncidentConfirmed
	if said["ended-dismiss"] == 1 {
		want = ledger.IncidentDismissed
	}
	if list[0].State != want {
		t.Errorf("the incident is %s, one was told %v", list[0].State, said)
	}
}

// tabTo goes with the keyboard alone to what has a text or a name, and fails where it cannot.
func (b *browser) tabTo(what string) {
	b.t.Helper()
	for range 80 {
		var at string
		b.keys("\t")
		b.eval(`(e => e.name || e.textContent.trim())(document.activeElement)`, &at)
		if at == what {
			var seen bool
			b.eval(`getComputedStyle(document.activeElement).outlineStyle != "none"`, &seen)
			if !seen {
				b.t.Errorf("the keyboard is at %q, and nothing shows it", what)
			}
			return
		}
	}
	b.t.Fatalf("the keyboard does not reach %q:\n%s", what, b.text())
}

// TestEveningByKeyboard: a reviewer without a mouse logs in, looks at an incident, confirms it and takes
// that back.
func TestEveningByKeyboard(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("alice", access.Reviewer)
	o.theft()
	o.agent()
	b := newBrowser(t, o, "en")
	enter := func() { b.leave(func() { b.keys("\r") }) }
	b.open("/login")
	for _, field := range [][2]string{{"name", "alice"}, {"password", password}, {"code", o.code("alice")}} {
		b.tabTo(field[0])
		b.keys(field[1])
	}
	enter()
	b.says("Open incidents: 1")
	b.keys("\t")
	b.wait(`document.activeElement.className == "skip"`) // first past the menu
	b.keys("\r")
	b.tabTo("Look and decide")
	enter()
	b.tabTo("It was an attacker")
	enter()
	b.tabTo("reason")
	b.keys("he was asked")
	b.tabTo("Confirm: it was an attacker")
	enter()
	b.says("Confirmed.", "he was asked")
	held := o.count(ledger.Held)
	b.tabTo("Take the decision back")
	enter()
	b.says("Taken back.")
	if n := o.count(ledger.Held); n <= held {
		t.Errorf("%d mails are on hold, before %d", n, held)
	}
	b.calm()
}

// TestFocusStays: what refreshes by itself does not take the keyboard's place away.
func TestFocusStays(t *testing.T) {
	t.Parallel()
	o, b := atWork(t, access.Viewer)
	b.tabTo("Look and decide")
	b.eval(`document.activeElement.dataset.before = "1"`, nil)
	o.agent() // the page shows when it was seen
	b.wait(`!document.querySelector("[data-before]")`)
	var at string
	b.eval(`document.activeElement.textContent.trim()`, &at)
	if at != "Look and decide" {
		t.Errorf("the keyboard is at %.80q", at)
	}
	b.calm()
}

// TestStalePage: an open page says when hisseki does not answer any more, and keeps what it shows.
func TestStalePage(t *testing.T) {
	t.Parallel()
	o, b := atWork(t, access.Viewer)
	b.says("Open incidents: 1")
	if strings.Contains(b.text(), "does not answer") {
		t.Error("the page is stale from the beginning")
	}
	o.server.CloseClientConnections()
	o.server.Listener.Close()
	b.wait(`document.body.innerText.includes("hisseki does not answer: what you see may be out of date")`)
	b.says("Open incidents: 1")
	b.calm()
}
