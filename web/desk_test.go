package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"hisseki/access"
	"hisseki/analyzer"
	"hisseki/ask"
	"hisseki/ledger"
	"hisseki/review"
	"hisseki/store/postgres"
	"hisseki/web"
)

var (
	rowID   = regexp.MustCompile(`href="/mail/H(\d+)"`)
	rowSum  = regexp.MustCompile(` · ([\d.]+) points`)
	nextRow = regexp.MustCompile(`href="(/quarantine\?[^"]*)" rel="next"`)
)

// TestSort: the list of kept mail goes by time either way and by points, page after page, and each mail
// is on one page once.
func TestSort(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("vera", access.Viewer)
	o.theft()
	past, burst := o.story()
	_ = past
	o.send(burst...) // more than a page holds
	token := o.token("vera")
	all := o.count(ledger.Held) + o.count(ledger.Delayed)
	if all <= 50 {
		t.Fatalf("only %d mails are kept: they fit on a page", all)
	}
	for _, order := range review.Orders {
		var ids []int64
		var points []float64
		path := "/quarantine?sort=" + string(order)
		for path != "" {
			text := body(t, o.ask("GET", path, token, nil).Body)
			for _, m := range rowID.FindAllStringSubmatch(text, -1) {
				n, _ := strconv.ParseInt(m[1], 10, 64)
				ids = append(ids, n)
			}
			for _, m := range rowSum.FindAllStringSubmatch(text, -1) {
				n, _ := strconv.ParseFloat(m[1], 64)
				points = append(points, n)
			}
			path = ""
			if m := nextRow.FindStringSubmatch(text); m != nil {
				path = strings.ReplaceAll(m[1], "&amp;", "&")
			}
		}
		seen := map[int64]bool{}
		for i := range ids {
			seen[ids[i]] = true
			if i == 0 {
				continue
			}
			wrong := order == review.NewestFirst && ids[i] >= ids[i-1] || order == review.OldestFirst && ids[i] <= ids[i-1] ||
				order == review.WorstFirst && points[i] > points[i-1]
			if wrong {
				t.Errorf("%s: H%d (%.1f) after H%d (%.1f)", order, ids[i], points[i], ids[i-1], points[i-1])
			}
		}
		if len(ids) != all || len(seen) != all {
			t.Errorf("%s lists %d mails, %d different, of %d", order, len(ids), len(seen), all)
		}
	}
}

// TestBlockedLinks: what is blocked is listed apart from what is allowed.
func TestBlockedLinks(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("ada", access.Admin)
	token := o.token("ada")
	for rule, link := range map[string]string{"block-url": "lure.example.org", "allow-url": "partner.example.org"} {
		res := o.ask("POST", "/rules/set", token, url.Values{"rule": {rule}, "subject": {link}, "until": {"1d"}})
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %s\n%s", rule, res.Status, body(t, res.Body))
		}
	}
	_, rest, ok := strings.Cut(body(t, o.ask("GET", "/rules", token, nil).Body), `id="h-b"`)
	blocked, allowed, also := strings.Cut(rest, `id="h-l"`)
	if !ok || !also || !strings.Contains(blocked, "lure.example.org") || strings.Contains(blocked, "partner.example.org") ||
		!strings.Contains(allowed, "partner.example.org") {
		t.Errorf("blocked links are not apart:\n%s", rest)
	}
}

// TestException: an exception may name mail programs, and devices where sign-in logs tell them.
func TestException(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("ada", access.Admin)
	token := o.token("ada")
	form := url.Values{"senders": {"bando@example.jp"}, "programs": {"Thunderbird*"}, "devices": {"PC-07"}, "until": {"2d"}}
	text := body(t, o.ask("POST", "/rules/habit", token, form, "Accept-Language", "ja").Body)
	if !strings.Contains(text, "サインインログが必要です") || !strings.Contains(text, `value="PC-07"`) {
		t.Errorf("devices without sign-in logs:\n%s", text)
	}
	form.Set("programs", "Thunderbird*, [")
	if text = body(t, o.ask("POST", "/rules/habit", token, form, "Accept-Language", "ja").Body); !strings.Contains(text,
		"「メールソフト」の値: &#34;[&#34; は名前でもパターンでもありません") {
		t.Errorf("a pattern that is none:\n%s", text)
	}
	o.review.Settings.Signins = true
	form.Set("programs", "Thunderbird*, Outlook*; Mail")
	if res := o.ask("POST", "/rules/habit", token, form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s\n%s", res.Status, body(t, res.Body))
	}
	text = body(t, o.ask("GET", "/rules", token, nil).Body)
	list, err := o.review.Habits(t.Context())
	if err != nil || len(list) != 1 || list[0].Declares != "program Thunderbird*, Outlook*, Mail; device PC-07" {
		t.Errorf("declared is %+v, %v", list, err)
	}
	for _, want := range []string{"Thunderbird*", "PC-07", "bando@example.jp"} {
		if !strings.Contains(text, want) {
			t.Errorf("the list does not name %s", want)
		}
	}
}

// TestAskAgain: a reviewer has the owner asked again, from the page; of an incident that has ended
// nobody is asked.
func TestAskAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("rei", access.Reviewer)
	o.review.Settings.Asking = []string{"push"}
	desk := &ask.Desk{Store: o.db.Questions(), Now: o.clock}
	o.serve(func(opt *web.Options) { opt.Desk = desk })
	if err := o.db.SetHooks(t.Context(), []string{"push"}); err != nil {
		t.Fatal(err)
	}
	o.theft()
	token := o.token("rei")
	if text := body(t, o.ask("GET", "/incident/I1", token, nil).Body); !strings.Contains(text, "Ask the owner again") {
		t.Fatalf("there is no button:\n%s", text)
	}
	again := func(want string) {
		t.Helper()
		res := o.ask("POST", "/incident/I1/ask", token, url.Values{})
		if to := res.Header.Get("Location"); !strings.Contains(to, "said="+want) {
			t.Fatalf("%s %s, not %s", res.Status, to, want)
		}
	}
	told := func(state string) {
		t.Helper()
		e, err := o.db.ClaimEvent(t.Context(), "push", time.Minute)
		if err != nil || e == nil || e.Kind != ledger.EventOpened {
			t.Fatal(e, err)
		}
		run := &ledger.HookRun{}
		if state == ledger.HookFailed {
			run.Error = "the telephone is off"
		}
		if err := o.db.EndEvent(t.Context(), "push", e.N, run, state); err != nil {
			t.Fatal(err)
		}
	}
	again("asked-nobody") // it was not asked yet
	told(ledger.HookDone)
	again("asked-again")
	again("asked-nobody") // it is being asked
	told(ledger.HookFailed)
	again("asked-again")
	told(ledger.HookDone)
	p, err := o.review.PreviewEnding(t.Context(), review.IncidentQuery{IDs: []string{"I1"}}, review.Ending{To: ledger.IncidentDismissed})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.review.End(t.Context(), review.Actor{Name: "carol"}, p); err != nil {
		t.Fatal(err)
	}
	again("asked-nobody")
}

// TestStoreIsAway: while the store does not answer, the page says so calmly, in the reader's language,
// asks again by itself, and names nothing of the inside.
func TestStoreIsAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("vera", access.Viewer)
	token := o.token("vera")
	o.serve(func(opt *web.Options) {
		opt.Away = func(err error) bool { return strings.Contains(err.Error(), "closed") }
	})
	if err := o.db.Close(); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"en": "The database does not answer", "ja": "データベースが応答していません"} {
		for _, path := range []string{"/", "/quarantine", "/incident/I1", "/coverage", "/login"} {
			res := o.ask("GET", path, token, nil, "Accept-Language", lang)
			text := body(t, res.Body)
			if path == "/login" && res.StatusCode == http.StatusOK {
				continue // it may need nothing of the store
			}
			if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Refresh") == "" || !strings.Contains(text, want) ||
				strings.Contains(text, "sql") {
				t.Errorf("%s in %s: %s\n%s", path, lang, res.Status, text)
			}
		}
	}
	if res := o.ask("POST", "/quarantine/decide", token, url.Values{}); res.StatusCode != http.StatusServiceUnavailable ||
		res.Header.Get("Refresh") != "" || !strings.Contains(body(t, res.Body), "may not have been done") {
		t.Errorf("a decision: %s, Refresh %q", res.Status, res.Header.Get("Refresh"))
	}
}

// gone is a store whose database is known to be away.
type gone struct {
	review.Store
	gate *postgres.Gate
}

func (g gone) AgentSeen(context.Context) (time.Time, error) { return time.Time{}, g.gate.Open() }

// TestKnownAway: the page is the same when it was known before that the database does not answer, as it
// is from the second request on.
func TestKnownAway(t *testing.T) {
	t.Parallel()
	gate := postgres.NewGate("postgres://nobody@127.0.0.1:1/none?connect_timeout=1", func(error, time.Duration) {})
	t.Cleanup(gate.Close)
	gate.Doubt()
	for end := time.Now().Add(time.Minute); gate.Open() == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the gate does not see that nobody answers")
		}
	}
	o := newOffice(t, nil)
	o.review.Store = gone{o.review.Store, gate}
	o.serve(func(opt *web.Options) { opt.Away = postgres.Away })
	res := o.ask("GET", "/healthz", "", nil)
	if text := body(t, res.Body); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Refresh") == "" ||
		!strings.Contains(text, "asks again by itself") || strings.Contains(text, "127.0.0.1:1") {
		t.Errorf("%s, Refresh %q\n%s", res.Status, res.Header.Get("Refresh"), text)
	}
}

// dial is what a calibration found: three notches, the middle one in force.
func (o *office) dial() *review.Dial {
	o.t.Helper()
	d := &review.Dial{At: o.clock().UTC(), Weeks: 3, Mails: 3000, Senders: 12, Budget: 1.0 / 500}
	for i, f := range []float64{0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.8} {
		d.Notches = append(d.Notches, review.Notch{Factor: f, Thresholds: analyzer.Thresholds{Hold: 6 * f, Sum: 9 * f, Delay: 4 * f},
			Held: 14 / float64(1+i*i), AtMost: 14/float64(1+i*i) + 2, Drilled: true, Thefts: 12, Contained: 12 - i/3, Mails: 480,
			Escaped: 20 + 9*i*i, Chosen: f == 1.1})
	}
	if err := o.review.KeepDial(o.t.Context(), d); err != nil {
		o.t.Fatal(err)
	}
	if err := o.review.KeepDrill(o.t.Context(), &review.Drilled{At: o.clock().UTC(), Recipes: []review.RecipeSum{
		{Name: "incident", Thefts: 2, Contained: 2, Escaped: 9, Mails: 80}, {Name: "slow", Thefts: 2, Contained: 1, Escaped: 23, Mails: 40}},
		Accounts: []review.DrilledAccount{
			{Sender: "bando@example.jp", Thefts: []*review.Theft{{HeldAt: 3, Mails: 40, Escaped: 5}, {Mails: 20, Escaped: 20, Why: "x"}}},
			{Sender: "sato@example.jp", Thefts: []*review.Theft{{HeldAt: 2, Mails: 40, Escaped: 4}, {HeldAt: 4, Mails: 20, Escaped: 3}}}}}); err != nil {
		o.t.Fatal(err)
	}
	return d
}

// TestDial: an admin sets a notch of the last calibration with a reason, and no other; the drawing says
// in words what it shows; viewers see all of it and set nothing.
func TestDial(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("ada", access.Admin)
	o.hire("vera", access.Viewer)
	token := o.token("ada")
	if text := body(t, o.ask("GET", "/coverage", token, nil).Body); !strings.Contains(text, "hisseki calibrate --keep") ||
		!strings.Contains(text, "hisseki drill --keep") {
		t.Errorf("without a calibration:\n%s", text)
	}
	d := o.dial()
	text := body(t, o.ask("GET", "/coverage", o.token("vera"), nil).Body)
	for _, want := range []string{"Drawing: 7 settings. The tightest would have held 14 ordinary mails a week (at most 16) and let 20 attacker",
		"110 %", "keeps the budget", "not noticed", "held from mail 3", "escaped 20 of 20", "noticed in 1 of 2"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(text, `type="radio"`) {
		t.Error("a viewer may choose")
	}
	form := url.Values{"notch": {"1.2"}, "seen": {d.At.Format(time.RFC3339Nano)}}
	for what, change := range map[string]url.Values{"no reason": {}, "no such notch": {"notch": {"3"}, "reason": {"x"}},
		"another calibration": {"seen": {"2026-11-17T10:00:00Z"}, "reason": {"x"}}} {
		f := url.Values{}
		for _, of := range []url.Values{form, change} {
			for k, v := range of {
				f[k] = v
			}
		}
		if res := o.ask("POST", "/coverage/notch", token, f); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", what, res.Status)
		}
	}
	if set, err := o.db.Thresholds(t.Context()); err != nil || set != (analyzer.Thresholds{}) {
		t.Fatal(set, err)
	}
	form.Set("reason", "too many newsletters held")
	if res := o.ask("POST", "/coverage/notch", token, form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s\n%s", res.Status, body(t, res.Body))
	}
	set, err := o.db.Thresholds(t.Context())
	if err != nil || set != d.Notches[4].Thresholds {
		t.Errorf("set is %v, not %v: %v", set, d.Notches[4].Thresholds, err)
	}
	acts, err := o.review.Acts(t.Context(), review.ActQuery{Verb: "calibrate"})
	if err != nil || len(acts) != 1 || !strings.HasPrefix(acts[0].Actor, "ada by web") || !strings.Contains(acts[0].Reason, "newsletters") {
		t.Errorf("the audit log has %+v, %v", acts, err)
	}
	if res := o.ask("POST", "/coverage/notch", token, url.Values{"follow": {"1"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("back to history: %s", res.Status)
	}
	if set, err = o.db.Thresholds(t.Context()); err != nil || set != (analyzer.Thresholds{}) {
		t.Error(set, err)
	}
	d.Budget = 0.00002
	if err := o.review.KeepDial(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if text := body(t, o.ask("GET", "/coverage", token, nil).Body); !strings.Contains(text, "budget: 0.02 a week") {
		t.Errorf("a small budget is not told from none:\n%s", text)
	}
	if _, err := o.review.Acts(t.Context(), review.ActQuery{Verb: "forget"}); !errors.Is(err, review.ErrNothing) {
		t.Error(err)
	}
}
