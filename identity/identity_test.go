package identity

import (
	"net/netip"
	"testing"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

func TestSender(t *testing.T) {
	id := &Identity{DefaultRealm: "Example.jp", AppSeparator: "+", Aliases: map[string]string{
		"bob@example.jp": "b@example.jp", "shared+fax@example.jp": "fax"}}
	for _, c := range []struct{ login, from, client, class, want string }{
		{"Alice", "x@example.jp", "198.51.100.7", "account", "alice@example.jp"},
		{"Alice+Phone@Example.org", "", "198.51.100.7", "account", "alice@example.org"},
		{"+strange", "", "198.51.100.7", "account", "+strange@example.jp"},
		{"Bob+phone", "", "198.51.100.7", "account", "b@example.jp"},
		{"shared+fax", "", "198.51.100.7", "account", "fax"},
		{"shared", "", "198.51.100.7", "account", "shared@example.jp"},
		{"", "App@example.jp", "198.51.100.7", "application", "app:198.51.100.0/24|app@example.jp"},
		{"", "a@example.jp", "::ffff:198.51.100.7", "application", "app:198.51.100.0/24|a@example.jp"},
		{"", "a@example.jp", "", "application", "app:smtpd-in|a@example.jp"},
		{"", "News-17-bob=example.net@example.jp", "", "application", "app:smtpd-in|news-#-#@example.jp"},
		{"", "", "2001:db8:1:2::3", "null", "null:2001:db8:1::/48"},
	} {
		e := analyzer.Envelope{Login: c.login, MailFrom: c.from, Daemon: "smtpd-in"}
		if c.client != "" {
			e.Client = netip.MustParseAddr(c.client)
		}
		id.sender(&e)
		if string(e.Class) != c.class || e.Sender != c.want {
			t.Errorf("%+v became %s %s", c, e.Class, e.Sender)
		}
	}
	e := analyzer.Envelope{Login: "Alice+x"}
	(&Identity{}).sender(&e)
	if e.Sender != "alice+x" {
		t.Errorf("without settings a login becomes %s", e.Sender)
	}
}

func TestWebmailClient(t *testing.T) {
	id := &Identity{ClientHeader: "X-Originating-IP", Webmail: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/28"), netip.MustParsePrefix("2001:db8:5::/64")}}
	for _, c := range []struct {
		client string
		values []string
		want   string // "" for unknown
	}{
		{"192.0.2.3", []string{"[203.0.113.9]"}, "203.0.113.9"},
		{"192.0.2.3", []string{"203.0.113.1", " 203.0.113.9 "}, "203.0.113.9"}, // the last is the host's
		{"192.0.2.3", []string{"203.0.113.1", "nonsense"}, ""},
		{"192.0.2.3", nil, ""},
		{"2001:db8:5::1", []string{"[IPv6:2001:db8::9]"}, "2001:db8::9"},
		{"192.0.2.3", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"192.0.2.77", []string{"[203.0.113.9]"}, "192.0.2.77"}, // not trusted
	} {
		m := &analyzer.Mail{Envelope: analyzer.Envelope{Login: "a", ClientName: "host.example.jp",
			Client: netip.MustParseAddr(c.client)}}
		for _, v := range c.values {
			m.Header = append(m.Header, content.Field{Name: "x-originating-ip", Value: v})
		}
		id.Identify(m)
		got := ""
		if m.Client.IsValid() {
			got = m.Client.String()
		}
		if got != c.want || (m.ClientName == "") == (c.want == c.client) {
			t.Errorf("%s %q became %q %q", c.client, c.values, got, m.ClientName)
		}
	}
}

// TestRealms: where SASL ignores the realm, alice@anything is no account without a past.
func TestRealms(t *testing.T) {
	id := &Identity{DefaultRealm: "example.jp", Realms: []string{"example.jp", "branch.example.jp"}}
	for login, want := range map[string]string{"alice": "alice@example.jp", "alice@anything.test": "alice@example.jp",
		"Alice@Branch.example.jp": "alice@branch.example.jp", "a@b@other.test": "a@b@example.jp", "alice@": "alice@example.jp"} {
		if got := id.Normal(login); got != want {
			t.Errorf("%s is %s, want %s", login, got, want)
		}
	}
	id.DefaultRealm = ""
	if got := id.Normal("alice@anything.test"); got != "alice" {
		t.Errorf("without a default realm: %s", got)
	}
	id.Realms = nil
	if got := id.Normal("alice@anything.test"); got != "alice@anything.test" {
		t.Errorf("without a list: %s", got)
	}
}

// TestLoginsFoldASCIIOnly: no other character becomes a letter of somebody else's name.
func TestLoginsFoldASCIIOnly(t *testing.T) {
	id := &Identity{DefaultRealm: "example.jp"}
	for login, not := range map[string]string{"\u212Aen": "ken@example.jp", "L\u0130sa": "lisa@example.jp",
		"bob\u00a0": "bob@example.jp", "\u2003bob": "bob@example.jp"} {
		if got := id.Normal(login); got == not {
			t.Errorf("%q is taken for %s", login, got)
		}
	}
	if got := id.Normal(" KEN\t"); got != "ken@example.jp" {
		t.Errorf("KEN is %s", got)
	}
}
