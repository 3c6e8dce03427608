package web_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"hisseki/access"
	"hisseki/access/passkey"
	"hisseki/web"
)

// keyed is an office whose reviewers may have passkeys.
func keyed(t *testing.T, clock func() time.Time) *office {
	t.Helper()
	o := newOffice(t, clock)
	var page *web.Server
	o.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { page.ServeHTTP(w, r) }))
	t.Cleanup(o.server.Close)
	o.url = strings.Replace(o.server.URL, "127.0.0.1", "localhost", 1)
	desk, err := passkey.New(o.url, o.db.Reviewers(), o.clock, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	page = web.New(web.Options{Review: o.review, Guard: o.guard, Version: "test", Log: o.logger(), Passkeys: desk})
	return o
}

// authenticator gives a browser a passkey of its own; verified says whether it knows its owner.
func (b *browser) authenticator(verified bool) {
	b.t.Helper()
	b.do(webauthn.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: verified, AutomaticPresenceSimulation: true}).Do(ctx)
		return err
	}))
}

// TestPasskey: in a real browser a reviewer adds a passkey, logs in by it alone, and is not let in by
// it once it is removed; a session that is older than ten minutes adds none.
func TestPasskey(t *testing.T) {
	now := time.Now()
	o := keyed(t, func() time.Time { return now })
	o.hire("alice", access.Reviewer)
	b := newBrowser(t, o, "en")
	b.authenticator(true)
	b.login("alice")
	b.open("/sessions")
	b.says("A passkey lets you in without password and code.")
	b.fill("[data-passkey-label]", `telephone <b>"`)
	b.click(`[data-passkey="/passkey"]`)
	b.says("The passkey was added.", `telephone <b>"`)
	b.axe(axeSource(t), "/sessions with passkeys")
	b.picture("sessions-passkey-en-wide-light")
	b.click(".side form button")

	enter := func() {
		t.Helper()
		b.open("/login?to=%2Fquarantine%3Fstate%3Dheld")
		b.click(`[data-passkey="/login/passkey"]`)
	}
	enter()
	b.wait(`location.pathname == "/quarantine" && location.search == "?state=held"`)
	b.says("alice", "reviewer")
	b.open("/audit")
	b.says("add passkey", "log in")

	now = now.Add(11 * time.Minute)
	b.open("/sessions")
	b.says("To add one, log in again")
	token := o.token("alice")
	now = now.Add(11 * time.Minute)
	if res := o.ask("POST", "/passkey", token, nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("an old session adds a passkey: %s", res.Status)
	}
	b.open("/sessions")
	b.click(`form[action="/passkey/remove"] button`)
	b.says("The passkey was removed.")
	b.click(".side form button")
	b.open("/login")
	b.press(`[data-passkey="/login/passkey"]`)
	b.wait(`!document.querySelector("[data-passkey-problem]").hidden`)
	b.open("/sessions")
	b.says("Log in to hisseki")
	b.calm()
}

// TestPasskeyIsRefused: a passkey that did not ask for its owner's finger or PIN, an answer that was
// given before, and one that nobody asked for let nobody in.
func TestPasskeyIsRefused(t *testing.T) {
	o := keyed(t, nil)
	o.hire("alice", access.Reviewer)
	b := newBrowser(t, o, "ja")
	b.authenticator(true)
	b.login("alice")
	b.open("/sessions")
	b.click(`[data-passkey="/passkey"]`)
	b.says("パスキーを追加しました。")
	b.click(".side form button")
	// What the script does, by hand: the answer is kept and given again.
	var said string
	b.do(chromedp.Evaluate(`(async () => {
		const ask = async (path, body) => { const r = await fetch(path, {method: "POST", headers: {"Content-Type": "application/json"}, body}); return [r.status, await r.text()]; };
		const [, question] = await ask("/login/passkey");
		const key = await navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(question).publicKey)});
		const answer = JSON.stringify(key);
		await ask("/login/passkey"); // another question: the answer is not this one's
		const other = (await ask("/login/passkey/finish", answer))[0];
		const none = (await ask("/login/passkey/finish", answer))[0]; // no question is open
		const junk = (await ask("/login/passkey"), await ask("/login/passkey/finish", "{}"))[0];
		return [other, none, junk].join(" ");
	})()`, &said, awaits))
	if said != "403 403 403" {
		t.Errorf("answers are taken: %s", said)
	}
	b.open("/sessions")
	b.says("hisseki にログイン")

	// The same passkey without its owner's finger.
	b.do(chromedp.ActionFunc(func(ctx context.Context) error { return webauthn.Disable().Do(ctx) }))
	b.authenticator(false)
	b.open("/login")
	b.press(`[data-passkey="/login/passkey"]`)
	b.wait(`!document.querySelector("[data-passkey-problem]").hidden`)
	b.open("/sessions")
	b.says("hisseki にログイン")
}
