package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"hisseki/access"
	"hisseki/ledger"
	"hisseki/review"
)

// TestTwoPersons: a release of more than one mail waits for another reviewer, on the page and by
// command; who asked cannot agree; both are named where it is decided; one mail needs nobody.
func TestTwoPersons(t *testing.T) {
	o := newOffice(t, nil)
	o.review.Second, o.review.Settings.TwoPerson = o.db.Reviewers(), true
	for _, name := range []string{"alice", "bob"} {
		o.hire(name, access.Reviewer)
	}
	o.hire("vera", access.Viewer)
	o.theft()
	o.agent()
	alice, bob := o.token("alice"), o.token("bob")
	held := o.count(ledger.Held)
	post := func(token, path string, form url.Values) string {
		t.Helper()
		res := o.ask("POST", path, token, form)
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %s\n%s", path, res.Status, body(t, res.Body))
		}
		return res.Header.Get("Location")
	}
	choice := func(ids ...string) url.Values {
		return url.Values{"to": {"release"}, "id": ids, "seen": {strconv.Itoa(len(ids))}, "reason": {"month end"}}
	}
	if to := post(alice, "/quarantine/decide", choice("H1")); !strings.Contains(to, "said=release-done") {
		t.Errorf("one mail: %s", to)
	}
	if to := post(alice, "/quarantine/decide", choice("H2", "H3")); !strings.HasPrefix(to, "/request/R1") {
		t.Fatalf("two mails: %s", to)
	}
	if n := o.count(ledger.Held); n != held-1 {
		t.Errorf("%d mails are held, before %d", n, held)
	}
	if text := body(t, o.ask("GET", "/", bob, nil).Body); !strings.Contains(text, "alice wants to send mails: 2") {
		t.Error("bob is not told")
	}
	for who, token := range map[string]string{"alice herself": alice, "a viewer": o.token("vera")} {
		if res := o.ask("POST", "/request/R1/agree", token, url.Values{}); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s agrees: %s", who, res.Status)
		}
	}
	if to := post(bob, "/request/R1/agree", nil); !strings.Contains(to, "said=second-done") {
		t.Errorf("bob agrees: %s", to)
	}
	if to := post(bob, "/request/R1/agree", nil); !strings.Contains(to, "said=second-over") {
		t.Errorf("bob agrees again: %s", to)
	}
	list, err := o.db.Holds(t.Context(), ledger.HoldFilter{IDs: []int64{2, 3}})
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	for _, h := range list {
		if h.State != ledger.Releasing || !strings.HasPrefix(h.By, "alice by web") || !strings.Contains(h.By, "agreed by bob by web") {
			t.Errorf("%s is %s by %s", h.Name(), h.State, h.By)
		}
	}

	// An incident's dismissal, by the command line: the rule is the same.
	carol := review.Actor{Name: "carol", Via: "as root"}
	p, err := o.review.PreviewEnding(t.Context(), review.IncidentQuery{IDs: []string{"I1"}}, review.Ending{To: ledger.IncidentDismissed})
	if err != nil {
		t.Fatal(err)
	}
	var second review.SecondError
	if _, err := o.review.End(t.Context(), carol, p); !errors.As(err, &second) || second.Request != "R2" {
		t.Fatalf("carol dismisses alone: %v", err)
	}
	if _, err := o.review.Agree(t.Context(), review.Actor{Name: "carol", Via: "by web"}, "R2"); !errors.Is(err, review.ErrSame) {
		t.Errorf("carol agrees with herself: %v", err)
	}
	if _, err := o.review.Agree(t.Context(), review.Actor{Name: "Carol", Via: "as root"}, "R2"); !errors.Is(err, review.ErrSame) {
		t.Errorf("carol agrees with herself, logged in as Carol: %v", err)
	}
	// Mail that nobody looked at comes in between, in the place of as much that is deleted.
	gone := choice("H4", "H5", "H6")
	gone.Set("to", "discard")
	post(alice, "/quarantine/decide", gone)
	_, more := o.story()
	o.send(more[:3]...)
	if to := post(bob, "/request/R2/agree", nil); !strings.Contains(to, "said=second-more") {
		t.Errorf("bob agrees to more than was looked at: %s", to)
	}
	if to := post(bob, "/request/R2/refuse", url.Values{"reason": {"no"}}); !strings.Contains(to, "said=second-refused") {
		t.Errorf("bob refuses: %s", to)
	}
	if err := o.review.Disagree(t.Context(), carol, "R2", ""); !errors.Is(err, review.ErrNothing) {
		t.Errorf("refused twice: %v", err)
	}
	if p, err = o.review.PreviewEnding(t.Context(), review.IncidentQuery{IDs: []string{"I1"}}, review.Ending{To: ledger.IncidentDismissed}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.review.End(t.Context(), carol, p); !errors.As(err, &second) {
		t.Fatal(err)
	}
	if n, err := o.review.Agree(t.Context(), review.Actor{Name: "bob", Via: "by web"}, second.Request); err != nil || n != p.Does.Releasing {
		t.Errorf("%d of %d, %v", n, p.Does.Releasing, err)
	}
}

// TestSecondPage: the page of a release that waits fits a telephone, is accessible, and reads in
// Japanese; so does Now, which lists it.
func TestSecondPage(t *testing.T) {
	o := newOffice(t, nil)
	o.hire("alice", access.Reviewer)
	o.hire("bob", access.Reviewer)
	o.theft()
	o.agent()
	o.everything()
	b := newBrowser(t, o, "ja")
	b.login("alice")
	b.open("/quarantine/decide?to=release&id=H2&id=H3")
	b.fill("form.panel [name=reason]", "月末の案内")
	b.click("form.panel .decide button")
	b.says("まだ送信していません", "あなたが依頼した送信です", "依頼を取り下げる")
	b.click(".side form button")
	b.login("bob")
	b.says("2人目の承認待ち", "alice さんが 2 通の送信を求めています")
	for _, screen := range []struct {
		width int64
		dark  bool
		name  string
	}{{1280, false, "wide"}, {360, true, "phone-dark"}} {
		b.screen(screen.width, 900, screen.dark)
		for _, path := range []string{"/", "/request/R1"} {
			b.open(path)
			b.fits(path + " " + screen.name)
			b.axe(axeSource(t), path+" "+screen.name)
		}
		b.picture("second-ja-" + screen.name)
	}
	b.click(".panel .decide button")
	b.says("承認しました。2 通を送信しています。")
	b.calm()
}
