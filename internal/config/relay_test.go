package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A relay that would let strangers say whose mail theirs is is refused, with the line.
func TestRelaysThatStrangersCouldUseAreRefused(t *testing.T) {
	const rest = "domains = ['example.jp']\n"
	relay := func(lines string) string { return "[[identity.relay]]\nname = 'm365'\n" + lines }
	for text, want := range map[string]string{
		relay(rest): `f:2: identity.relay[0].name: "m365" believes everybody: name its hosts`,
		relay("hosts = ['192.0.2.25']\n"): "f:1: identity.relay[0].domains: is empty: whoever sends" +
			` through "m365" could name any account`,
		relay("hosts = ['0.0.0.0/0']\n" + rest):                                   "f:3: identity.relay[0].hosts: 0.0.0.0/0 is nobody's address: strangers",
		relay("hosts = ['::/0']\n" + rest):                                        "f:3: identity.relay[0].hosts: ::/0 is nobody's",
		relay("hosts = ['::ffff:0.0.0.0/96']\n" + rest):                           "f:3: identity.relay[0].hosts",
		relay("hosts = ['128.0.0.0/1']\n" + rest):                                 "f:3: identity.relay[0].hosts: 128.0.0.0/1 is too wide",
		relay("hosts = ['40.0.0.0/8']\n" + rest):                                  "is too wide: strangers in it could name any account",
		relay("hosts = ['2000::/3']\n" + rest):                                    "is too wide",
		relay("hosts = ['10.0.0.0/8']\n" + rest):                                  "is a whole office",
		relay("hosts = ['192.168.0.0/16']\n" + rest):                              "is a whole office",
		relay("hosts = ['fd00::/48']\n" + rest):                                   "is a whole office",
		relay("hosts = ['127.0.0.0/8']\n" + rest):                                 "is this machine",
		relay("hosts = ['127.0.0.1']\n" + rest):                                   "is this machine: every program and user on it",
		relay("hosts = ['::1']\n" + rest):                                         "is this machine",
		relay("hosts = ['169.254.0.0/16']\n" + rest):                              "is nobody's address",
		relay("inside = ['0.0.0.0/0']\nhosts=['192.0.2.1']\n" + rest):             "f:3: identity.relay[0].inside",
		relay("certificate = '*'\n" + rest):                                       "is not the name in a certificate",
		relay("certificate = '*.example.com'\n" + rest):                           "is not the name in a certificate",
		relay("certificate = 'a.example'\ndomains = ['*']\n"):                     `f:4: identity.relay[0].domains: "*" is not a domain of yours`,
		relay("certificate = 'a.example'\ndomains = ['co.jp']\n"):                 `"co.jp" is not a domain of yours`,
		relay("certificate = 'a.example'\ndomains = ['a@example.jp']\n"):          "is not a domain of yours",
		relay("hosts=['192.0.2.1']\naccount = ['anything']\n" + rest):             `f:4: identity.relay[0].account: "anything" is not`,
		relay("hosts=['192.0.2.1']\naccount = ['received']\n" + rest):             `"received" is not "header:NAME"`,
		relay("hosts=['192.0.2.1']\nclient = ['mail_from']\n" + rest):             `"mail_from" is not "header:NAME" or "received"`,
		relay("hosts=['192.0.2.1']\naccount = ['header:']\n" + rest):              "names no header field",
		relay("hosts=['192.0.2.1']\naccount = ['header:From']\n" + rest):          `write "from"`,
		relay("hosts=['192.0.2.1']\nproof = ['X-OriginatorOrg']\n" + rest):        "is not a field and its value",
		relay("hosts=['192.0.2.1']\nhost = ['192.0.2.1']\n" + rest):               `f:4: unknown key "identity.relay.host"`,
		relay("hosts_file='/nonexistent/hosts'\n" + rest):                         "f:3: identity.relay[0].hosts_file: ",
		relay("hosts=['192.0.2.1']\n"+rest) + relay("hosts=['192.0.2.2']\n"+rest): `f:6: identity.relay[1].name: "m365" names two`,
	} {
		_, err := Parse("f", []byte(text), Default("/s"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q in it", text, err, want)
		}
	}
}

// What providers publish is taken, also from a file, which is read again at every reload.
func TestRelayTaken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hosts")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# Exchange Online\n40.92.0.0/15\n\n40.107.0.0/16 # more\n2a01:111:f400::/48\n")
	text := "[[identity.relay]]\nname = 'm365'\nhosts = ['52.100.0.0/14', '10.1.2.3', '127.0.0.2']\nhosts_file = '" + file +
		"'\ncertificate = 'mail.protection.outlook.com'\nproof = ['X-OriginatorOrg: example.jp']\n" +
		"domains = ['Example.jp', 'example.co.jp']\naccount = ['header:X-Sender-Account', 'mail_from', 'from']\n" +
		"client = ['header:X-Originating-IP', 'header:X-Client:last', 'received']\ninside = ['2603:1000::/32', '10.1.2.0/24']\n"
	cfg, err := Parse("f", []byte(text), Default("/s"))
	if err != nil {
		t.Fatal(err)
	}
	r := &cfg.Identity.Relay[0]
	if len(r.AllHosts()) != 6 || r.Client[1] != (Place{"header", "X-Client", true}) ||
		r.Client[1].String() != "header:X-Client:last" || r.Account[1].String() != "mail_from" {
		t.Errorf("%+v", r)
	}
	for broken, want := range map[string]string{
		"40.92.0.0/15\nnonsense\n": "hosts:2: \"nonsense\" is not an address",
		"# nothing\n":              "names no host",
		"0.0.0.0/0\n":              "is nobody's address",
	} {
		write(broken)
		if _, err := Parse("f", []byte(text), Default("/s")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", broken, err)
		}
	}
}
