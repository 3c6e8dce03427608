package analyzer_test

import (
	"net/netip"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// What a provider tells of an account counts only where it came from a network new to the owner:
// a rule for what follows, a sign-in for a burst.
func TestWhatProvidersTell(t *testing.T) {
	const thief, owner = "203.0.113.9", "192.0.2.11"
	told := func(result analyzer.LoginResult, client string, change func(*analyzer.Login)) analyzer.Login {
		at := attackDay.Add(-2 * time.Hour)
		l := analyzer.Login{At: at, Last: at, Count: 1, Sender: "b@example.jp", Client: netip.MustParseAddr(client),
			Result: result, Service: "imap"}
		change(&l)
		return l
	}
	hides := func(l *analyzer.Login) { l.Hides = true }
	outside := func(l *analyzer.Login) { l.Hides, l.Outside = true, true }
	plain := func(*analyzer.Login) {}
	legacy := func(l *analyzer.Login) { l.Legacy = true }
	phone := func(l *analyzer.Login) { l.Device = "phone" }
	pc := func(l *analyzer.Login) { l.Device = "pc" }
	for name, c := range map[string]struct {
		logins []analyzer.Login
		client string // of the mails, "" for nobody knows
		mails  int
		want   string
	}{
		"a rule from afar":               {[]analyzer.Login{told(analyzer.LoginRule, thief, hides)}, thief, 1, "account-changed"},
		"forwarding from afar":           {[]analyzer.Login{told(analyzer.LoginForwarding, thief, outside)}, thief, 1, "account-changed"},
		"a rule, mail from a cloud":      {[]analyzer.Login{told(analyzer.LoginRule, thief, outside)}, "", 1, "account-changed"},
		"a rule that hides nothing":      {[]analyzer.Login{told(analyzer.LoginRule, thief, plain)}, thief, 1, ""},
		"the owner's rule":               {[]analyzer.Login{told(analyzer.LoginRule, owner, outside)}, thief, 1, ""},
		"the owner's mail after a rule":  {[]analyzer.Login{told(analyzer.LoginRule, thief, outside)}, owner, 1, ""},
		"legacy, one mail":               {[]analyzer.Login{told(analyzer.LoginSuccess, thief, legacy)}, thief, 1, ""},
		"legacy, a burst":                {[]analyzer.Login{told(analyzer.LoginSuccess, thief, legacy)}, thief, 3, "signin-odd"},
		"new device, a burst":            {[]analyzer.Login{told(analyzer.LoginSuccess, owner, pc), told(analyzer.LoginSuccess, thief, phone)}, thief, 3, "signin-odd"},
		"new device, devices never told": {[]analyzer.Login{told(analyzer.LoginSuccess, owner, plain), told(analyzer.LoginSuccess, thief, phone)}, thief, 3, ""},
		"the owner's device, travelling": {[]analyzer.Login{told(analyzer.LoginSuccess, owner, pc), told(analyzer.LoginSuccess, thief, pc)}, thief, 3, ""},
		"legacy from elsewhere":          {[]analyzer.Login{told(analyzer.LoginSuccess, "198.51.100.7", legacy)}, thief, 3, ""},
	} {
		memory := replay.NewMemory()
		office(t, memory)
		m := &logged{Memory: memory, logins: c.logins}
		a := analyzer.New(analyzer.Config{Salt: []byte("test"), Mode: map[analyzer.Class]analyzer.Mode{
			analyzer.Account: analyzer.Observe}}, m)
		var last *analyzer.Record
		for i := range c.mails {
			client := c.client
			if client == "" {
				client = owner
			}
			mail := letter("b@example.jp", attackDay.Add(time.Duration(i)*time.Minute), client, "p1@partner1.example.org", honest)
			if c.client == "" {
				mail.Client, mail.Relay = netip.Addr{}, "m365"
			}
			var err error
			if last, err = a.Judge(t.Context(), mail, analyzer.Conditions{}); err != nil {
				t.Fatal(err)
			}
		}
		got := ""
		for _, e := range last.Verdict.Evidence {
			if (e.Signal == analyzer.AccountChanged || e.Signal == analyzer.SigninOdd) && e.Points > 0 && e.Points <= 2 {
				got += string(e.Signal)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q; %+v", name, got, c.want, last.Verdict.Evidence)
		}
	}
}
