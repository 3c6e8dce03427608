package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hisseki/access"
	"hisseki/ledger"
	"hisseki/review"
)

// TestEvening is a reviewer's evening in a real browser: he logs in with a second factor; the theft
// arrives while the page is open; he filters, confirms, sees the agent do it, and takes it back.
func TestEvening(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("alice", access.Reviewer)
	past, burst := o.story()
	o.learn(past...)
	b := newBrowser(t, o, "en")

	b.open("/incidents?state=open")
	b.says("Log in to hisseki")
	b.fill("[name=name]", "alice")
	b.fill("[name=password]", password)
	b.fill("[name=code]", "000000")
	b.click("button.main")
	b.says("Name, password or code is not right.")
	b.login("alice")
	b.says("Nothing to decide, but hisseki needs attention") // nobody would carry decisions out
	o.agent()
	b.open("/")
	b.says("Nothing to do")

	// The theft: the open page says so by itself.
	o.send(burst...)
	b.wait(`document.body.innerText.includes("Open incidents: 1")`)
	b.says("bando@example.jp", "Look and decide")
	b.click(".card .button")
	b.says("bando@example.jp", "It was an attacker", "It was the owner", "stopped", "How it was noticed")

	// The same by filter: select all that it chooses, and look what would happen.
	b.open("/quarantine?sender=bando@example.jp&state=held")
	held := o.count(ledger.Held)
	if held < 20 {
		t.Fatalf("only %d of the attacker's mails are held", held)
	}
	b.says(fmt.Sprintf("Mails: %d", held), fmt.Sprintf("or all %d that the filter chooses", held))
	b.click(`a[href*="to=discard"][href*="all=1"]`)
	b.says("What will happen", fmt.Sprintf("Delete %d mails", held))

	b.open("/incident/I1")
	b.click(".decide .danger")
	b.says("What will happen", "mails deleted", "lock-dovecot", "The mail is deleted in 1 h")
	b.fill("form.panel [name=reason]", "phoned, it was not him")
	b.click("form.panel .decide button")
	b.says("Confirmed. Mails that are being deleted:", "confirmed", "phoned, it was not him")
	b.click(".decide form button")
	b.says("Taken back.", "open")
	if n := o.count(ledger.Held); n < held {
		t.Errorf("%d mails are on hold again", n)
	}

	// Again, at once: now the agent does it.
	b.click(".decide .danger")
	b.press(`[name=at-once]`)
	b.click("form.panel .decide button")
	if done := o.carryOut(); done < held {
		t.Errorf("the agent carried %d out", done)
	}
	b.open("/incident/I1")
	b.says("deleted")
	b.click(".decide form button")
	b.says("it was too late")

	b.open("/audit")
	b.says("alice by web from 127.0.0.1, session ")
	b.calm()
}

// count counts mail by state.
func (o *office) count(s ledger.State) int {
	o.t.Helper()
	list, err := o.db.Holds(o.t.Context(), ledger.HoldFilter{States: []ledger.State{s}})
	if err != nil {
		o.t.Fatal(err)
	}
	return len(list)
}

// TestKeysOnly: a reviewer without a mouse selects and decides.
func TestKeysOnly(t *testing.T) {
	t.Parallel()
	o, b := atWork(t, access.Reviewer)
	b.open("/quarantine?state=held")
	b.keys("?")
	b.wait(`document.getElementById("keys").open`)
	b.keys("\x1b")
	b.wait(`!document.getElementById("keys").open`)
	// A key at once after: the closed dialog's button may have the focus still.
	b.eval(`(() => {
		const at = document.querySelector("#keys button");
		at.dispatchEvent(new KeyboardEvent("keydown", {key: "j", bubbles: true, cancelable: true}));
		at.dispatchEvent(new KeyboardEvent("keydown", {key: "k", bubbles: true, cancelable: true}));
		return true;
	})()`, nil)
	b.wait(`document.querySelector("[data-row].here") == document.querySelector("[data-row]")`)
	b.keys("k")
	b.keys("x")
	b.keys("j")
	b.keys("x")
	b.wait(`document.querySelector("[data-picked]").textContent == "2 selected"`)
	before := o.count(ledger.Held)
	b.leave(func() { b.keys("d") })
	b.says("Delete 2 mails")
	// Tab reaches the button, and Enter presses it.
	for range 40 {
		var at string
		b.eval(`document.activeElement.textContent.trim()`, &at)
		if at == "Delete 2 mails" {
			break
		}
		b.keys("\t")
	}
	b.leave(func() { b.keys("\r") })
	b.says("Mails that are being deleted: 2.")
	if n := o.count(ledger.Held); n != before-2 {
		t.Errorf("%d mails are held, before %d", n, before)
	}
	b.calm()
}

// TestHostileSubject: what a mail says runs nothing, and looks like text.
func TestHostileSubject(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("alice", access.Reviewer)
	past, burst := o.storyWith("=?utf-8?B?" + "Ij48c2NyaXB0PmFsZXJ0KDEpPC9zY3JpcHQ+PGltZyBzcmM9eCBvbmVycm9yPWFsZXJ0KDIpPuKAriBodHRwOi8vZXZpbC50ZXN0" + "?=")
	o.learn(past...)
	o.send(burst...)
	b := newBrowser(t, o, "en")
	b.login("alice")
	list, err := o.db.Holds(t.Context(), ledger.HoldFilter{})
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, path := range []string{"/", "/quarantine", "/incident/I1", "/mail/" + list[len(list)-1].Name(), "/incident/I1/confirm"} {
		b.open(path)
		var script bool
		b.eval(`[...document.scripts].some(s => s.textContent) || !!document.querySelector("img")`, &script)
		if script {
			t.Errorf("%s has markup of the mail", path)
		}
		if path == "/quarantine" {
			b.says(`"><script>alert(1)</script>`, "hxxp://evil.test")
		}
		if strings.Contains(b.text(), "\u202e") {
			t.Errorf("%s turns text around", path)
		}
	}
	b.calm()
}

// TestJapanese: a Japanese browser is answered in Japanese on every page, and the switch works.
func TestJapanese(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("alice", access.Admin)
	o.theft()
	o.agent()
	o.dial()
	b := newBrowser(t, o, "ja")
	b.login("alice")
	b.says("対応中のインシデント: 1 件", "確認して判断する")
	b.open("/incident/I1")
	b.says("不正利用だった", "検知の経緯", "このアカウントにも組織にも初めてで、広く利用されているサイトでもありません。", "今後の対応")
	english := `[...document.querySelectorAll("h1, h2, th, dt, label, legend, button, a.button, .lead, .evidence .text, .passif, .state, .tag, .empty")]
		.map(e => e.innerText.trim()).filter(s => s && !/[\u3040-\u30ff\u4e00-\u9fff]/.test(s) && /[a-z]{3}/i.test(s) && !/@|\.test|\.jp|^I\d/.test(s)).join(" | ")`
	for _, path := range allPages {
		if path == "/sender?name=" {
			path += "bando@example.jp"
		}
		b.open(path)
		var left string
		b.eval(english, &left)
		if left = strings.NewReplacer("English", "", "hisseki", "").Replace(left); strings.Trim(left, " |") != "" {
			t.Errorf("%s says in English: %s", path, left)
		}
	}
	b.open("/")
	b.click(".side a.lang")
	b.says("Open incidents: 1")
	b.click(".side a.lang")
	b.says("対応中のインシデント")
	b.calm()
}

// TestTwoAtOnce: of two reviewers who decide at once one wins, and the other is told.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("alice", access.Reviewer)
	o.hire("bob", access.Reviewer)
	o.theft()
	o.agent()
	a, c := newBrowser(t, o, "en"), newBrowser(t, o, "en")
	a.login("alice")
	c.login("bob")
	a.open("/incident/I1/confirm")
	c.open("/incident/I1/dismiss")
	a.click("form.panel .decide button")
	a.says("Confirmed.")
	c.click("form.panel .decide button")
	c.says("Somebody else decided this meanwhile.", "confirmed", "alice by web")
}

// TestDecidedMeanwhile: what is decided is what was looked at, and no more once a part of it is decided.
func TestDecidedMeanwhile(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.hire("alice", access.Reviewer)
	o.theft()
	a := newBrowser(t, o, "en")
	a.login("alice")
	a.open("/quarantine/decide?to=release&all=1&state=held")
	a.says("What will happen")
	held, err := o.review.Choose(t.Context(), review.HoldQuery{States: []string{"held"}}, ledger.Discarding)
	if err != nil {
		t.Fatal(err)
	}
	held.Holds = held.Holds[:1]
	if _, err := o.review.Decide(t.Context(), review.Actor{Name: "carol"}, held, ledger.Discarding, ""); err != nil {
		t.Fatal(err)
	}
	a.click("form.panel .decide button")
	a.says("Nothing was done")
}

// TestEndedSession: the cookie of a session that ended is of no use, in a page that is open too.
func TestEndedSession(t *testing.T) {
	t.Parallel()
	now := time.Now()
	o := newOffice(t, func() time.Time { return now })
	o.hire("alice", access.Viewer)
	o.agent()
	b := newBrowser(t, o, "en")
	b.login("alice")
	b.says("Nothing to do")
	now = now.Add(61 * time.Minute)
	b.wait(`document.body.innerText.includes("Log in to hisseki")`) // the open page, by itself
	b.open("/audit")
	b.says("Log in to hisseki")
	b.login("alice")
	list, err := o.db.Reviewers().Sessions(t.Context(), "alice")
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	b.click(".side form button")
	b.says("Log in to hisseki")
	if left, err := o.db.Reviewers().Sessions(t.Context(), "alice"); err != nil || len(left) >= len(list) {
		t.Errorf("%d of %d sessions are left: %v", len(left), len(list), err)
	}
}
