package identity

import (
	"net/netip"
	"strings"
	"testing"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

const provider = "198.51.100.25"

// m365 is a relay as a site would set it up.
func m365() *Identity {
	return &Identity{DefaultRealm: "example.jp", Relays: []Relay{{
		Name: "m365", Hosts: []netip.Prefix{netip.MustParsePrefix("198.51.100.16/28")},
		Certificate: "relay.provider.example", Domains: []string{"example.jp", "xn--r8jz45g.test"},
		Account: []Source{{Kind: Header, Header: "X-Sender-Account"}, {Kind: MailFrom}, {Kind: From}},
		Client:  []Source{{Kind: Header, Header: "X-Originating-IP"}, {Kind: Received}},
		Inside:  []netip.Prefix{netip.MustParsePrefix("2001:db8:365::/48")},
	}}}
}

// mailOf is a mail of a client with a header, "Name: value" a line.
func mailOf(client, from, header string) *analyzer.Mail {
	m := &analyzer.Mail{Envelope: analyzer.Envelope{MailFrom: from, Recipients: []string{"x@partner.test"},
		ClientName: "relay.provider.example", Client: netip.MustParseAddr(client)}}
	for line := range strings.SplitSeq(header, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			m.Header = append(m.Header, content.Field{Name: name, Value: value})
		}
	}
	return m
}

func client(m *analyzer.Mail) string {
	if !m.Client.IsValid() {
		return ""
	}
	return m.Client.String()
}

func TestRelayNamesAccounts(t *testing.T) {
	for name, c := range map[string]struct {
		from, header, want, by, client string
	}{
		"header": {"x@partner.test", "X-Sender-Account: Alice@Example.jp\nX-Originating-IP: [203.0.113.9]",
			"alice@example.jp", "header:X-Sender-Account", "203.0.113.9"},
		"header as a login": {"x@partner.test", "X-Sender-Account: alice", "alice@example.jp",
			"header:X-Sender-Account", ""},
		"header with a name": {"a@partner.test", "X-Sender-Account: \"Alice A.\" <alice@example.jp>",
			"alice@example.jp", "header:X-Sender-Account", ""},
		"header of others, then MAIL FROM": {"bob@example.jp", "X-Sender-Account: x@partner.test",
			"bob@example.jp", "mail_from", ""},
		"MAIL FROM":     {"Bob@example.jp", "From: other@example.jp", "bob@example.jp", "mail_from", ""},
		"BATV":          {"prvs=0123456789=bob@example.jp", "", "bob@example.jp", "mail_from", ""},
		"SRS of ours":   {"SRS0=aB1c=X2=example.jp=bob@example.jp", "", "bob@example.jp", "mail_from", ""},
		"SRS and BATV":  {"prvs=0123456789=SRS0=aB1c=X2=example.jp=bob@example.jp", "", "bob@example.jp", "mail_from", ""},
		"upper case":    {"BOB@EXAMPLE.JP", "", "bob@example.jp", "mail_from", ""},
		"SMTPUTF8":      {"太郎@例え.test", "", "太郎@xn--r8jz45g.test", "mail_from", ""},
		"quoted":        {`"bob"@example.jp`, "", "bob@example.jp", "mail_from", ""},
		"the topmost":   {"bob@example.jp", "X-Originating-IP: 203.0.113.9\nX-Originating-IP: 192.0.2.1", "bob@example.jp", "mail_from", "203.0.113.9"},
		"IPv6":          {"bob@example.jp", "X-Originating-IP: [IPv6:2001:db8:9::1]", "bob@example.jp", "mail_from", "2001:db8:9::1"},
		"its own hosts": {"bob@example.jp", "X-Originating-IP: 198.51.100.17", "bob@example.jp", "mail_from", ""},
		"first hop": {"bob@example.jp", "Received: from mbx ([2001:db8:365::7]) by edge.provider.example\n" +
			"Received: from pc (host.test [203.0.113.9]) by smtp.provider.example\n" +
			"Received: from pc ([192.0.2.77]) by smtp.provider.example", "bob@example.jp", "mail_from", "203.0.113.9"},
		"loopback hops": {"bob@example.jp", "Received: from localhost ([127.0.0.1]) by a\n" +
			"Received: from a ([fe80::1]) by b\nReceived: from [203.0.113.9] by b with HTTP",
			"bob@example.jp", "mail_from", "203.0.113.9"},
		"no client": {"bob@example.jp", "Received: from mbx ([2001:db8:365::7]) by edge", "bob@example.jp", "mail_from", ""},
	} {
		m := mailOf(provider, c.from, c.header)
		m365().Identify(m)
		if m.Class != analyzer.Account || m.Sender != c.want || m.NamedBy != c.by || m.Relay != "m365" ||
			client(m) != c.client || m.ClientName != "" {
			t.Errorf("%s: %s %s by %s from %q", name, m.Class, m.Sender, m.NamedBy, client(m))
		}
	}
}

// What is not an account's own writing, or nobody's of ours, stays what it was.
func TestRelayLeavesOthersAlone(t *testing.T) {
	for name, from := range map[string]string{
		"another domain": "x@partner.test", "a domain below": "x@sub.example.jp", "a domain beside": "x@notexample.jp",
		"nobody": "", "forwarded by SRS": "SRS0=aB1c=X2=partner.test=x@example.jp",
		"forwarded by Microsoft 365": "bounces+SRS=AbC1d=X2@example.jp",
		"forwarded by Gmail":         "alice+caf_=bob=partner.test@example.jp",
		"journal report":             "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.jp",
		"two addresses":              `"alice@example.jp"@partner.test`,
		// Whoever writes to an account of ours that forwards its mail chooses the MAIL FROM.
		"SRS of an outsider's":           "SRS0=aB1c=X2=example.jp=alice@evil.test",
		"SRS of an outsider's, twice":    "SRS1=aB1c=evil.test==aB1c=X2=example.jp=alice@evil.test",
		"SRS of an outsider's in ours":   "SRS0=a=b=evil.test=SRS0=a=b=example.jp=alice@example.jp",
		"SRS of an outsider's in a BATV": "prvs=0123456789=SRS0=aB1c=X2=example.jp=alice@evil.test",
		"BATV of an outsider's":          "prvs=0123456789=alice@example.jp@evil.test",
		"a route":                        "@example.jp:alice@evil.test",
		"a percent sign":                 "alice%example.jp@evil.test",
		"letters that look alike":        "alice@ехample.jp", // Cyrillic
		"letters of full width":          "alice@ｅｘａｍｐｌｅ.jp",
		"a dot of full width":            "alice@example。jp",
		"the Kelvin sign":                "alice@例\u212a.test",
		"another top":                    "alice@example.jp.evil.test",
		"a space behind":                 "alice@example.jp ",
		"a line end":                     "alice@example.jp\r\nx",
		"a NUL":                          "alice@example.jp\x00",
		"spaces":                         `"a b"@example.jp`,
	} {
		m := mailOf(provider, from, "From: alice@example.jp\nX-Originating-IP: 203.0.113.9\nX-Sender-Account: a@x.test, alice@example.jp")
		m365().Identify(m)
		if m.Class == analyzer.Account || m.Relay != "" || client(m) != provider {
			t.Errorf("%s: %s %s from %s", name, m.Class, m.Sender, client(m))
		}
	}
}

// A host that is not believed names nobody, whatever it writes; nor does a believed one take a
// login's place.
func TestStrangersNameNobody(t *testing.T) {
	header := "X-Sender-Account: alice@example.jp\nX-Originating-IP: 203.0.113.9\n" +
		"Received: from pc ([203.0.113.9]) by relay.provider.example"
	for name, change := range map[string]func(*analyzer.Mail){
		"another host":            func(*analyzer.Mail) {},
		"its name":                func(m *analyzer.Mail) { m.ClientName, m.Helo = "relay.provider.example", "relay.provider.example" },
		"another certificate":     func(m *analyzer.Mail) { m.CertSubject = "relay.provider.example.test" },
		"a part of a certificate": func(m *analyzer.Mail) { m.CertSubject = "provider.example" },
		"no address":              func(m *analyzer.Mail) { m.Client = netip.Addr{} },
	} {
		m := mailOf("192.0.2.66", "alice@example.jp", header)
		change(m)
		before := client(m)
		m365().Identify(m)
		if m.Class != analyzer.Application || client(m) != before {
			t.Errorf("%s: %s %s from %s", name, m.Class, m.Sender, client(m))
		}
	}
	m := mailOf(provider, "alice@example.jp", header)
	m.Login = "mallory"
	m365().Identify(m)
	if m.Sender != "mallory@example.jp" || m.Relay != "" || client(m) != provider {
		t.Errorf("with a login: %s from %s", m.Sender, client(m))
	}
	m = mailOf("192.0.2.66", "alice@example.jp", "X-Originating-IP: 203.0.113.9")
	m.CertSubject = "Relay.Provider.example"
	m365().Identify(m)
	if m.Sender != "alice@example.jp" || client(m) != "203.0.113.9" {
		t.Errorf("with the certificate: %s from %s", m.Sender, client(m))
	}
}

// A provider's hosts hand over the mail of all its customers: only the field that it adds says
// whose it is, and another customer cannot write a second one.
func TestProofOfCustomer(t *testing.T) {
	id := m365()
	id.Relays[0].Proof = []Proof{{"X-OriginatorOrg", "example.jp"}}
	for header, want := range map[string]analyzer.Class{
		"X-OriginatorOrg: example.jp":                              analyzer.Account,
		"x-originatororg:  Example.JP ":                            analyzer.Account,
		"X-OriginatorOrg: evil.test":                               analyzer.Application,
		"Subject: x":                                               analyzer.Application,
		"X-OriginatorOrg: evil.test\nX-OriginatorOrg: example.jp":  analyzer.Application,
		"X-OriginatorOrg: example.jp\nX-OriginatorOrg: evil.test":  analyzer.Application,
		"X-OriginatorOrg: example.jp.evil.test":                    analyzer.Application,
		"X-OriginatorOrg: example.jp\nX-OriginatorOrg: example.jp": analyzer.Account,
	} {
		m := mailOf(provider, "alice@example.jp", header)
		id.Identify(m)
		if m.Class != want {
			t.Errorf("%q: %s", header, m.Class)
		}
	}
}

// From names an account only beside a MAIL FROM of ours: nobody's mail is charged to somebody
// else's profile by what anybody may write.
func TestFromNeedsOurMailFrom(t *testing.T) {
	id := m365()
	id.Relays[0].Account = []Source{{Kind: From}, {Kind: MailFrom}}
	for from, want := range map[string]string{
		"groupware@example.jp": "alice@example.jp",
		"x@partner.test":       "app:198.51.100.0/24|x@partner.test",
		"":                     "null:198.51.100.0/24",
	} {
		m := mailOf(provider, from, "From: Alice <alice@example.jp>")
		id.Identify(m)
		if m.Sender != want {
			t.Errorf("MAIL FROM %q: %s", from, m.Sender)
		}
	}
	m := mailOf(provider, "groupware@example.jp", "From: bob@example.jp, alice@example.jp")
	if id.Identify(m); m.Sender != "groupware@example.jp" {
		t.Errorf("two authors: %s", m.Sender)
	}
	// Whoever checks one of two fields may have checked the other.
	for _, header := range []string{"From: bob@example.jp\nFrom: alice@example.jp", "From: bob@example.jp\nfrom : alice@example.jp",
		"From: bob@example.jp, alice@example.jp", "From: <alice@example.jp>, <bob@partner.test>",
		"From: \"alice@example.jp\" <x@partner.test>", "From: x@partner.test (alice@example.jp)", "From: "} {
		m = mailOf(provider, "groupware@example.jp", strings.ReplaceAll(header, "from : ", "fROM: "))
		if id.Identify(m); m.Sender != "groupware@example.jp" {
			t.Errorf("%q: %s", header, m.Sender)
		}
	}
	// On behalf: Sender is the person, From the shared mailbox.
	id.Relays[0].Account = []Source{{Kind: Header, Header: "Sender"}, {Kind: MailFrom}}
	m = mailOf(provider, "info@example.jp", "From: info@example.jp\nSender: alice@example.jp")
	if id.Identify(m); m.Sender != "alice@example.jp" {
		t.Errorf("on behalf: %s", m.Sender)
	}
}

// Anybody can call his mail automatic: it stays the account's, and teaches nothing.
func TestAutomaticMailIsJudged(t *testing.T) {
	for header, want := range map[string]bool{
		"Auto-Submitted: auto-replied (vacation)":                     true,
		"Auto-Submitted: auto-generated; owner=a":                     true,
		"Auto-Submitted: no":                                          false,
		"Auto-Submitted: No ; x=y":                                    false,
		"X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent": true,
		"X-MS-Journal-Report: ":                                       true,
		"X-Sieve-Redirected-From: alice@example.jp":                   true,
		"Resent-From: alice@example.jp":                               true,
		"Precedence: bulk":                                            false,
		"Precedence: auto_reply":                                      true,
		"Subject: Auto-Submitted: auto-replied":                       false,
	} {
		m := mailOf(provider, "alice@example.jp", header)
		m365().Identify(m)
		if m.Sender != "alice@example.jp" || m.Class != analyzer.Account || m.Automatic != want {
			t.Errorf("%q: %s automatic %v", header, m.Sender, m.Automatic)
		}
	}
	m := mailOf(provider, "", "X-Sender-Account: alice@example.jp")
	if m365().Identify(m); m.Sender != "alice@example.jp" || !m.Automatic {
		t.Errorf("an answer of the relay: %s automatic %v", m.Sender, m.Automatic)
	}
}

func TestPrincipalOfRelay(t *testing.T) {
	id := m365()
	for _, c := range []struct{ client, from, want string }{
		{provider, "Alice@example.jp", "account:alice@example.jp"},
		{provider, "x@partner.test", "client:198.51.100.0/24"},
		{"192.0.2.66", "alice@example.jp", "client:192.0.2.0/24"},
	} {
		e := mailOf(c.client, c.from, "").Envelope
		if got := id.Principal(&e); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// A relay hands a past mail over as it would have, so that the same code identifies it.
func TestHandOver(t *testing.T) {
	id := m365()
	id.Relays[0].Proof = []Proof{{"X-OriginatorOrg", "example.jp"}}
	r, ok := id.Relay("m365")
	if _, other := id.Relay("none"); !ok || other {
		t.Fatal("relays are not found by name")
	}
	m := mailOf("203.0.113.9", "Alice@example.jp", "X-Originating-IP: 192.0.2.1")
	m.Login = "mallory"
	r.HandOver(id, m, true)
	if m.Sender != "alice@example.jp" || m.Login != "" || client(m) != "203.0.113.9" || m.Relay != "m365" {
		t.Errorf("told: %+v", m.Envelope)
	}
	m = mailOf("203.0.113.9", "Alice@example.jp", "X-Originating-IP: 192.0.2.1")
	r.HandOver(id, m, false)
	if client(m) != "192.0.2.1" {
		t.Errorf("not told: %+v", m.Envelope)
	}
	any := Anywhere()
	m = mailOf("203.0.113.9", "bob@partner.test", "")
	any.HandOver(&Identity{}, m, true)
	if m.Sender != "bob@partner.test" || m.Class != analyzer.Account || client(m) != "203.0.113.9" {
		t.Errorf("anywhere: %+v", m.Envelope)
	}
}

// Where SASL ignores realms the domains of relays are accounts' own all the same: nobody's mail is
// another's.
func TestDomainsOfRelaysAreRealms(t *testing.T) {
	id := m365()
	id.Realms = []string{"head.example.jp"}
	id.DefaultRealm = "head.example.jp"
	m := mailOf(provider, "alice@example.jp", "")
	if id.Identify(m); m.Sender != "alice@example.jp" {
		t.Errorf("alice of the relay is %s", m.Sender)
	}
	if got := id.Normal("alice@anything.test"); got != "alice@head.example.jp" {
		t.Errorf("alice@anything.test is %s", got)
	}
}

// The client's own fields below those of the relay, its hosts' names and the hops before it say nothing.
func TestClientsOwnWordsSayNothing(t *testing.T) {
	for name, c := range map[string]struct{ header, want string }{
		"a field below":             {"X-Originating-IP: 203.0.113.9\nSubject: x\nX-Originating-IP: 192.0.2.10", "203.0.113.9"},
		"a field of another case":   {"x-ORIGINATING-ip: 203.0.113.9\nX-Originating-IP: 192.0.2.10", "203.0.113.9"},
		"a hop below":               {"Received: from pc ([203.0.113.9]) by relay\nReceived: from pc ([192.0.2.10]) by relay", "203.0.113.9"},
		"a hop's HELO":              {"Received: from [192.0.2.10] (pc [203.0.113.9]) by relay", "203.0.113.9"},
		"a hop of a relay's name":   {"Received: from relay.provider.example ([203.0.113.9]) by x\nReceived: from pc ([192.0.2.10]) by y", "203.0.113.9"},
		"several in a field":        {"X-Originating-IP: 192.0.2.10, 203.0.113.9", ""},
		"something else":            {"X-Originating-IP: nobody", ""},
		"this machine":              {"X-Originating-IP: 127.0.0.1", ""},
		"IPv4 in IPv6":              {"X-Originating-IP: [::ffff:203.0.113.9]", "203.0.113.9"},
		"IPv4 in IPv6, the relay's": {"X-Originating-IP: [::ffff:198.51.100.17]", ""},
	} {
		m := mailOf(provider, "bob@example.jp", c.header)
		if m365().Identify(m); client(m) != c.want || m.Sender != "bob@example.jp" {
			t.Errorf("%s: %s from %q, want %q", name, m.Sender, client(m), c.want)
		}
	}
}

func FuzzRelay(f *testing.F) {
	f.Add("alice@example.jp", "X-Sender-Account: alice@example.jp\nReceived: from pc ([203.0.113.9]) by x")
	f.Add("SRS0=a=b=example.jp=x@y", "From: \"a\" <b@example.jp>\nX-Originating-IP: [::1]")
	f.Fuzz(func(t *testing.T, from, header string) {
		m := mailOf(provider, from, header)
		m365().Identify(m)
		if m.Class == analyzer.Account && (!strings.HasSuffix(m.Sender, "@example.jp") && !strings.HasSuffix(m.Sender, "@xn--r8jz45g.test") || m.Relay == "") {
			t.Errorf("%q %q: %s", from, header, m.Sender)
		}
		if m.Class == analyzer.Account && m.Client.IsValid() && !personal(m.Client) {
			t.Errorf("%q %q: from %s", from, header, m.Client)
		}
		m = mailOf("192.0.2.66", from, header)
		if m365().Identify(m); m.Class == analyzer.Account || client(m) != "192.0.2.66" {
			t.Errorf("of a stranger: %+v", m.Envelope)
		}
	})
}
