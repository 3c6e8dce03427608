package milter

import (
	"net/netip"
	"strings"
	"testing"

	"hisseki/analyzer"
	"hisseki/identity"
)

// TestPaddedHeaderNamesNobodyElse: a relay writes whose mail it is behind all that its client wrote.
// A client who fills the header up to the cap, with a name of his choice in front, is still himself.
func TestPaddedHeaderNamesNobodyElse(t *testing.T) {
	for name, c := range map[string]struct {
		relay      identity.Relay
		mine, real [2]string
		want       string
	}{
		"account": {identity.Relay{Account: []identity.Source{{Kind: identity.Header, Header: "X-Sender", Last: true}}},
			[2]string{"X-Sender", "ceo@example.org"}, [2]string{"x-sender", "bob@example.org"}, "bob@example.org"},
		"From": {identity.Relay{Account: []identity.Source{{Kind: identity.From}, {Kind: identity.MailFrom}}},
			[2]string{"From", "ceo@example.org"}, [2]string{"From", "bob@example.org"}, "b@example.org"},
		"a proof": {identity.Relay{Account: []identity.Source{{Kind: identity.Header, Header: "X-Sender"}},
			Proof: []identity.Proof{{Name: "X-Org", Value: "example.org"}}},
			[2]string{"X-Org", "example.org"}, [2]string{"X-Org", "thief.test"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.relay
			r.Name, r.Hosts, r.Domains = "relay", []netip.Prefix{netip.MustParsePrefix("198.51.0.0/16")}, []string{"example.org"}
			judge := &stubJudge{do: func(m *analyzer.Mail) (analyzer.Verdict, error) {
				got := ""
				if m.Class == analyzer.Account {
					got = m.Sender
				}
				if got != c.want {
					t.Errorf("it is the mail of %q, want %q", got, c.want)
				}
				if len(m.Header) > 300 {
					t.Errorf("%d fields are kept", len(m.Header))
				}
				return analyzer.Verdict{Action: analyzer.Pass}, nil
			}}
			id := &identity.Identity{Relays: []identity.Relay{r}}
			_, addr := start(t, Config{Judge: judge, HeaderBytes: 64 << 10, Identity: func() *identity.Identity { return id }})
			ses := dial(t, addr, noReply)
			goesOn(t)(ses.Mail("b@example.org", nil))
			goesOn(t)(ses.Rcpt("partner@example.org", nil))
			goesOn(t)(ses.HeaderField(c.mine[0], c.mine[1]))
			if name == "a proof" {
				goesOn(t)(ses.HeaderField("X-Sender", "ceo@example.org"))
			}
			for range 300 {
				goesOn(t)(ses.HeaderField("X-Pad", strings.Repeat("x", 1000)))
				goesOn(t)(ses.HeaderField(c.mine[0], c.mine[1]))
			}
			goesOn(t)(ses.HeaderField(c.real[0], c.real[1]))
			goesOn(t)(ses.HeaderField("X-Pad", strings.Repeat("x", 1000)))
			goesOn(t)(ses.HeaderEnd())
			finish(t, ses, "hello")
		})
	}
}
