package web_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"

	"hisseki/access"
	"hisseki/ask"
	"hisseki/hook"
	"hisseki/ledger"
	"hisseki/web"
)

// alerts is the store in the words of alert mail, as the agent has it.
type alerts struct{ o *office }

func (a alerts) ClaimAlert(ctx context.Context, name string, every, lease time.Duration) (*hook.Alert, error) {
	due, err := a.o.db.ClaimAlert(ctx, name, every, lease)
	if err != nil || due == nil {
		return nil, err
	}
	b, err := a.o.db.Brief(ctx, due.Incident)
	if err != nil {
		return nil, err
	}
	return &hook.Alert{FirstID: due.FirstID, Tries: due.Tries, N: due.Incident, Brief: hook.Brief{Incident: fmt.Sprintf("I%d", b.ID),
		Sender: b.Sender, State: string(b.State), Opened: b.Opened, Holds: b.Holds, Waiting: b.Waiting, Answer: string(b.Answer)}}, nil
}

func (a alerts) Expect(ctx context.Context, id string, to []string) error {
	return a.o.db.ExpectOwnMail(ctx, id, to)
}

func (a alerts) Sent(ctx context.Context, x *hook.Alert, id string) error {
	return a.o.db.AlertSent(ctx, &ledger.Brief{ID: x.N, State: ledger.IncidentState(x.Brief.State), Holds: x.Brief.Holds}, id)
}

func (a alerts) RetryAlert(ctx context.Context, x *hook.Alert, cause error, next time.Time) error {
	return a.o.db.RetryAlert(ctx, x.N, cause, next)
}

// alertMail has the agent's postman write to the postmaster, and returns the mail.
func (o *office) alertMail() string {
	o.t.Helper()
	dir := o.t.TempDir()
	p := &hook.Postman{Alerts: alerts{o}, From: "hisseki@example.jp", To: []string{"postmaster@example.jp"}, Language: "en",
		Sendmail: []string{"/bin/sh", "-c", `cat > "$0"`, filepath.Join(dir, "mail")}, Every: time.Hour,
		Log: o.logger(), Now: o.clock, Rand: rand.Reader, Page: o.url}
	if ok, err := p.Once(o.t.Context()); err != nil || !ok {
		o.t.Fatal(ok, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "mail"))
	if err != nil {
		o.t.Fatal(err)
	}
	return string(text)
}

// askOwner has the agent's hook bring the owner a link, as a message on his telephone.
func (o *office) askOwner(desk *ask.Desk) string {
	o.t.Helper()
	u, err := user.Current()
	if err != nil {
		o.t.Fatal(err)
	}
	phone := filepath.Join(o.t.TempDir(), "phone")
	a := hook.Asking{Name: "push", Asker: desk.Ask, Command: hook.Command{User: u.Username,
		Args: []string{"/bin/sh", "-c", `sed 's/.*"ask_url":"\([^"]*\)".*/\1/' > "$0"`, phone}}}
	if said, err := a.Tell(o.t.Context(), &hook.Event{Event: "opened", Number: 1, Brief: hook.Brief{Sender: o.owner()}}); err != nil {
		o.t.Fatal(err, said)
	}
	link, err := os.ReadFile(phone)
	if err != nil {
		o.t.Fatal(err)
	}
	return strings.TrimSpace(string(link))
}

// download follows a link to a file, and returns what the browser has saved.
func (b *browser) download(link, name string) string {
	b.t.Helper()
	dir := b.t.TempDir()
	b.do(cdpbrowser.SetDownloadBehavior(cdpbrowser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(dir))
	b.eval(fmt.Sprintf(`(() => { document.querySelector(%q).click(); return true; })()`, link), nil)
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(dir, name)) // the browser names it so when it is whole
		if err == nil {
			return string(text)
		}
		if time.Now().After(end) {
			list, _ := os.ReadDir(dir)
			b.t.Fatalf("%s was not saved: %v, there are %v", name, err, list)
		}
	}
}

// TestNight is a person's whole evening in real browsers: alert mail, its link, log in with a second
// factor, the incident, the owner is asked and says that it was not him, confirm, the report in
// Japanese, take back within the time of grace, confirm again.
func TestNight(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("alice", access.Reviewer)
	desk := &ask.Desk{Store: o.db.Questions(), For: time.Hour, Now: o.clock, Rand: rand.Reader}
	o.serve(func(opt *web.Options) { opt.Desk = desk })
	desk.URL = o.url
	if err := o.db.SetHooks(t.Context(), []string{hook.MailName}); err != nil {
		t.Fatal(err)
	}
	o.theft()
	o.agent()

	mail := o.alertMail()
	link := regexp.MustCompile(`(?m)^  (http://\S+/incident/I1)\r?$`).FindStringSubmatch(mail)
	if link == nil {
		t.Fatalf("the alert has no link:\n%s", mail)
	}
	b := newBrowser(t, o, "en")
	b.visit(link[1])
	b.says("Log in to hisseki")
	b.fill("[name=name]", "alice")
	b.fill("[name=password]", password)
	b.fill("[name=code]", o.code("alice"))
	b.click("button.main")
	b.says("bando@example.jp", "It was an attacker") // the link led here

	// The owner, on his telephone, in his language.
	phone := newBrowser(t, o, "ja")
	phone.screen(360, 740, true)
	phone.visit(o.askOwner(desk))
	phone.says("ご本人による送信ですか", "bando@example.jp", "自分が送信した")
	phone.fits("the owner's page")
	phone.axe(axeSource(t), "the owner's page")
	phone.picture("owner-ja-phone-dark")
	phone.click("button.danger")
	phone.says("「自分ではない」との回答を受け付けました")
	phone.calm()
	if mail := o.alertMail(); !strings.Contains(mail, "it was not me") {
		t.Errorf("the postmaster is not told at once:\n%s", mail)
	}

	// The open page says that something changed.
	b.wait(`document.body.innerText.includes("This incident has changed since")`)
	b.click(".notice a")
	b.says("The owner says: it was not me.")
	b.picture("incident-en-wide-denied")
	confirm := func() {
		t.Helper()
		b.click(".decide .danger")
		b.fill("form.panel [name=reason]", "the owner says so")
		b.click("form.panel .decide button")
		b.says("Confirmed. Mails that are being deleted:", "the owner says so")
	}
	held := o.count(ledger.Held)
	confirm()
	report := b.download(`a[href="/incident/I1/report?format=html&lang=ja"]`, "hisseki-I1-ja.html")
	for _, want := range []string{`lang="ja"`, "bando@example.jp", "本人の回答: 自分ではない"} {
		if !strings.Contains(report, want) {
			t.Errorf("the Japanese report does not say %q", want)
		}
	}
	b.click(".decide form button")
	b.says("Taken back.")
	if n := o.count(ledger.Held); n != held {
		t.Errorf("%d mails are on hold again, of %d", n, held)
	}
	confirm()
	if n := o.carryOut(); n != held {
		t.Errorf("the agent carried %d out, of %d", n, held)
	}
	b.calm()
}
