package daemon

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"hisseki/identity"
	"hisseki/quarantine"
)

// A command is told of an account that a relay named as of one that logged in, and only where what
// Postfix wrote itself shows that a relay which is believed did: by whatever place it names accounts.
func TestWriterOfQueuedMail(t *testing.T) {
	id := &identity.Identity{DefaultRealm: "example.jp", Aliases: map[string]string{"boss@example.jp": "alice@example.jp"},
		Relays: []identity.Relay{{Name: "cloud", Certificate: "relay.provider.example",
			Hosts: []netip.Prefix{netip.MustParsePrefix("198.51.100.16/28")}, Domains: []string{"example.jp"},
			Proof:   []identity.Proof{{Name: "X-OriginatorOrg", Value: "example.jp"}},
			Account: []identity.Source{{Kind: identity.Header, Header: "X-Sender-Account"}, {Kind: identity.MailFrom}}}}}
	const queueID = "4b1Rw22LDbz9rxP"
	received := func(word, id string) string {
		return "Received: from pc (relay [127.0.0.1])\n\t(using TLSv1.3 with cipher X (256/256 bits))\n" +
			"\t(Client CN \"relay.provider.example\", Issuer \"x\" (" + word + "))\n" +
			"\tby mx.example.jp (Postfix) with ESMTPS id " + id + "\n\tfor <b@example.org>; x\n"
	}
	const ours = "X-OriginatorOrg: example.jp\n"
	const relay = "198.51.100.25"
	for name, c := range map[string]struct{ login, client, from, header, sender, named string }{
		"a login":                         {"Bob", relay, "x@example.jp", ours, "bob@example.jp", "Bob"},
		"MAIL FROM":                       {"", relay, "Boss@Example.jp", ours, "alice@example.jp", "boss@example.jp"},
		"SRS":                             {"", relay, "SRS0=aB1c=X2=example.jp=bob@example.jp", ours, "bob@example.jp", "bob@example.jp"},
		"a field":                         {"", relay, "x@partner.test", ours + "X-Sender-Account: bob@example.jp\n", "bob@example.jp", "bob@example.jp"},
		"a field with folds":              {"", relay, "x@partner.test", "X-Sender-Account:\n bob@example.jp\n" + ours, "bob@example.jp", "bob@example.jp"},
		"a certificate":                   {"", "127.0.0.1", "bob@example.jp", received("verified OK", queueID) + ours, "bob@example.jp", "bob@example.jp"},
		"not verified":                    {"", "127.0.0.1", "bob@example.jp", received("not verified", queueID) + ours, "", ""},
		"a certificate of another mail":   {"", "127.0.0.1", "bob@example.jp", received("verified OK", "4b1Rw22LDbz9rxR") + ours, "", ""},
		"a second field with the same id": {"", "127.0.0.1", "bob@example.jp", received("not verified", queueID) + received("verified OK", queueID) + ours, "", ""},
		"another host":                    {"", "192.0.2.7", "bob@example.jp", ours, "", ""},
		"another customer":                {"", relay, "bob@example.jp", "X-OriginatorOrg: evil.test\n", "", ""},
		"no proof":                        {"", relay, "bob@example.jp", "Subject: x\n", "", ""},
		"another domain":                  {"", relay, "x@partner.test", ours, "", ""},
		"behind the cap":                  {"", relay, "bob@example.jp", strings.Repeat("x", 100), "", ""},
		"in the text of another field":    {"", relay, "bob@example.jp", "Subject: x\n X-OriginatorOrg: example.jp\n", "", ""},
	} {
		g := &commandGate{id: id, header: func(context.Context, string) (string, bool, error) {
			return c.header, name != "behind the cap", nil
		}}
		q := &quarantine.Envelope{Queue: "hold", Login: c.login, From: c.from, Client: netip.MustParseAddr(c.client)}
		sender, named, err := g.writer(t.Context(), queueID, q)
		if err != nil || sender != c.sender || named != c.named {
			t.Errorf("%s: %q as %q, %v", name, sender, named, err)
		}
	}
}
