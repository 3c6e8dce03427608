package config

import (
	"os"
	"strings"
	"testing"
)

// What lets somebody be taken for somebody else is told at every start; what we ship does not.
func TestDoubts(t *testing.T) {
	relay := "[[identity.relay]]\nname = 'in'\nhosts = ['192.0.2.1']\ndomains = ['example.jp']\n"
	for text, want := range map[string]string{
		"":    "",
		relay: "",
		relay + "account = ['mail_from', 'from']":                        "",
		relay + "account = ['header:X-Login']":                           "",
		relay + "account = ['from']":                                     `identity.relay in: account has "from"`,
		relay + "account = ['from', 'mail_from']":                        `identity.relay in: account has "from"`,
		relay + "account = ['header:X-Login', 'from']":                   `identity.relay in: account has "from"`,
		"[milter]\nlisten = 'inet:127.0.0.1:8891'\n":                     "milter.listen inet:127.0.0.1:8891: whoever connects",
		"[milter]\nlisten = 'unix:/run/h.sock'\n":                        "",
		"[milter]\nlisten = 'systemd'\n":                                 "",
		"[milter]\nlisten = 'inet:192.0.2.1:8891'\ntrust_peers = true\n": "",
	} {
		c, err := Parse("f", []byte(text), Default("/s"))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(c.Doubts(), "\n")
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// The example that we ship names a unix socket for the milter, as howto.md does.
func TestExampleListensOnASocket(t *testing.T) {
	text, err := os.ReadFile("../../deploy/hisseki.toml")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n[milter]\n")
	_, listen, found := strings.Cut(section, "\n# listen = ") // settings stand there as comments
	if !found || !strings.HasPrefix(listen, `"unix:/`) {
		t.Errorf("the example listens on %.40q", listen)
	}
}
