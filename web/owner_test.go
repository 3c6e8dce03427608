package web_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"hisseki/access"
	"hisseki/access/passkey"
	"hisseki/ask"
	"hisseki/ledger"
	"hisseki/review"
	"hisseki/web"
)

// asks has an office ask owners, and returns a link about its first incident.
func (o *office) asks() string {
	o.t.Helper()
	desk := &ask.Desk{Store: o.db.Questions(), For: time.Hour, Now: o.clock, Rand: rand.Reader}
	o.serve(func(opt *web.Options) { opt.Desk = desk })
	link, _, err := desk.Ask(o.t.Context(), "push", 1, o.owner())
	if err != nil {
		o.t.Fatal(err)
	}
	return link
}

// everything has an office serve all that can be configured: owners are asked, passkeys let in, and a
// provider is there.
func (o *office) everything() {
	o.t.Helper()
	keys, err := passkey.New("http://localhost", o.db.Reviewers(), o.clock, rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	o.review.Second, o.review.Settings.TwoPerson = o.db.Reviewers(), true
	provider := newAuthority(o.t, o.url+"/openid/back").provider(o, "hisseki")
	o.serve(func(opt *web.Options) {
		opt.OpenID = provider
		opt.Desk = &ask.Desk{Store: o.db.Questions(), For: time.Hour, Now: o.clock, Rand: rand.Reader}
		opt.Passkeys = keys
	})
}

// owner is whose the first incident is.
func (o *office) owner() string {
	o.t.Helper()
	list, err := o.db.FindIncidents(o.t.Context(), ledger.IncidentFilter{IDs: []int64{1}})
	if err != nil || len(list) != 1 {
		o.t.Fatal(list, err)
	}
	return list[0].Sender
}

// TestOwnerLink: an owner sees the mail that was sent as him and no other, programs that look at the
// link answer nothing, "it was me" releases nothing and can be taken back, "it was not me" stands.
func TestOwnerLink(t *testing.T) {
	t.Parallel()
	now := time.Now()
	o := newOffice(t, func() time.Time { return now })
	o.hire("rei", access.Reviewer)
	o.theft()
	link := o.asks()
	before := o.count(ledger.Held)
	for range 20 { // mail gateways and chat programs look at links
		res := o.ask("GET", link, "", nil)
		text := body(t, res.Body)
		if res.StatusCode != http.StatusOK || !strings.Contains(text, o.owner()) || !strings.Contains(text, "It was not me") {
			t.Fatalf("%s\n%s", res.Status, text)
		}
		for _, other := range []string{"I1", "score", "points", "evidence", "/incident", "192.0.2."} {
			if strings.Contains(text, other) {
				t.Errorf("the owner's page shows %q", other)
			}
		}
	}
	say := func(answer string) string {
		t.Helper()
		res := o.ask("POST", link, "", url.Values{"answer": {answer}})
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != link {
			t.Errorf("%s: %s to %s", answer, res.Status, res.Header.Get("Location"))
		}
		return body(t, o.ask("GET", link, "", nil).Body)
	}
	if res := o.ask("POST", link, "", url.Values{"answer": {"release"}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("an answer that is none: %s", res.Status)
	}
	if text := say("mine"); !strings.Contains(text, "You said that it was you") || strings.Contains(text, `value="mine"`) {
		t.Errorf("after mine:\n%s", text)
	}
	if n := o.count(ledger.Held); n != before {
		t.Errorf("%d mails are held, before the answer %d", n, before)
	}
	page := body(t, o.ask("GET", "/incident/I1", o.token("rei"), nil).Body)
	if !strings.Contains(page, "The owner says: it was me.") {
		t.Error("the reviewer is not told of the claim")
	}
	if text := say("not-mine"); !strings.Contains(text, "You said that it was not you") || strings.Contains(text, `name="answer"`) {
		t.Errorf("after not-mine:\n%s", text)
	}
	say("mine")
	for path, want := range map[string]string{"/incident/I1": "The owner says: it was not me.", "/": "owner: not me",
		"/audit": "owner by push"} {
		if text := body(t, o.ask("GET", path, o.token("rei"), nil).Body); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
	now = now.Add(61 * time.Minute)
	over := body(t, o.ask("GET", link, "", nil).Body)
	if !strings.Contains(over, "There is nothing to answer") || strings.Contains(over, o.owner()) {
		t.Errorf("an old link:\n%s", over)
	}
}

// TestOwnerSeesHisOwn: mail that a campaign recalled of others is none of his business.
func TestOwnerSeesHisOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.theft()
	all, err := o.review.AskedMail(t.Context(), 1, o.owner(), 10)
	if err != nil || all.Count.Mails == 0 {
		t.Fatal(all, err)
	}
	if other, err := o.review.AskedMail(t.Context(), 1, "somebody.else@example.jp", 10); err != nil || other.Count.Mails != 0 {
		t.Errorf("%+v, %v", other.Count, err)
	}
}

// TestOwnerLinksAreNotGuessed: who tries made-up links waits longer each time, an incident that a
// reviewer ended is not asked of, and an office that asks nobody answers no link.
func TestOwnerLinksAreNotGuessed(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.theft()
	link := o.asks()
	refused := 0
	for range 12 {
		if res := o.ask("GET", "/ask/"+strings.Repeat("a", 43), "", nil); res.StatusCode == http.StatusTooManyRequests {
			refused++
		} else if res.StatusCode != http.StatusNotFound {
			t.Fatal(res.Status)
		}
	}
	if refused < 6 {
		t.Errorf("%d of 12 guesses had to wait", refused)
	}
	o.guard = access.NewGuard(o.db.Reviewers(), o.guard.Settings, o.clock, rand.Reader)
	o.asks() // another page, which has forgotten the guesses
	p, err := o.review.PreviewEnding(t.Context(), review.IncidentQuery{IDs: []string{"I1"}}, review.Ending{To: ledger.IncidentConfirmed})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.review.End(t.Context(), review.Actor{Name: "alice"}, p); err != nil {
		t.Fatal(err)
	}
	if res := o.ask("POST", link, "", url.Values{"answer": {"mine"}}); res.StatusCode != http.StatusNotFound {
		t.Errorf("after a confirmation: %s", res.Status)
	}
	o.serve(nil)
	if res := o.ask("GET", "/ask/"+path.Base(link), "", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("nobody is asked here: %s", res.Status)
	}
}

// TestTokensAreNotLogged: what goes wrong behind a link is logged without its token, with which
// whoever reads the log could answer, or log in.
func TestTokensAreNotLogged(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.theft()
	link := o.asks()
	if err := o.db.Close(); err != nil {
		t.Fatal(err)
	}
	entry := strings.Repeat("e", 43)
	for _, x := range [][2]string{{"GET", link}, {"POST", link}, {"POST", "/enter/" + entry}} {
		if res := o.ask(x[0], x[1], "", url.Values{"answer": {"mine"}}); res.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s %s: %s", x[0], x[1], res.Status)
		}
	}
	log := o.log.String()
	for _, token := range []string{path.Base(link), entry} {
		if strings.Contains(log, token) {
			t.Errorf("a token is in the log:\n%s", log)
		}
	}
	for _, want := range []string{"/ask/{token}", "/enter/{token}"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say where it failed: %q\n%s", want, log)
		}
	}
}
