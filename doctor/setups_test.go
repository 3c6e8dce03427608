package doctor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/postfix"
)

// setup is how a site with relays, two MTAs in a row or a content filter is set up.
type setup struct {
	main     string // "name=value; ..." beside the right ones
	services []postfix.Service
	mtas     []ledger.MTA
	senders  []ledger.Sender
	settings string // of hisseki
}

// TestWrongSetups has ways to set up what docs/cloud.md describes, each right but for one thing: that,
// and nothing else, is what doctor says is wrong, with what to do.
func TestWrongSetups(t *testing.T) {
	const us = "unix:hisseki/milter.sock"
	now := time.Now()
	mx := ledger.MTA{Host: "mx", Mails: 9, Last: now, Account: now, Beat: now}
	out := ledger.MTA{Host: "out", Mails: 9, Last: now, Account: now, Beat: now}
	submission := smtpd("submission", "smtpd_sasl_auth_enable=yes")
	back := smtpd("127.0.0.1:10025", "content_filter=", "smtpd_sasl_auth_enable=no")
	filter := "content_filter=smtp-amavis:[127.0.0.1]:10024"
	var accounts, twice []ledger.Sender
	for i := range 4 {
		name := fmt.Sprintf("p%d@example.jp", i)
		accounts = append(accounts, ledger.Sender{Name: name, Class: analyzer.Account, Mails: 5})
		twice = append(twice, ledger.Sender{Name: "app:192.0.2.0/24|" + name, Class: analyzer.Application, Mails: 5})
	}
	relay := func(lines string) string {
		return "[[identity.relay]]\nname = 'cloud'\ndomains = ['example.jp']\n" + lines + "\n"
	}
	const lock = "[[hooks.command]]\nname = 'lock'\nrun = ['/bin/true']\nuser = 'nobody'\n"
	const first = "hosts = ['192.0.2.1']\nclient = ['received']"
	const certificate = "certificate = 'relay.example'\nclient = ['received']"
	const asks = "smtpd_tls_security_level=may; smtpd_tls_ask_ccert=yes; smtpd_tls_received_header=yes"
	for name, c := range map[string]struct {
		right, wrong setup
		want, do     string // what is found of the wrong one, and what to do
	}{
		"a filter's way back asks too": {
			setup{main: filter, services: []postfix.Service{submission, smtpd("127.0.0.1:10025", "content_filter=", "smtpd_milters=")}},
			setup{main: filter, services: []postfix.Service{submission, back}},
			"warn milter: 127.0.0.1:10025: asked about twice", "-o smtpd_milters= for 127.0.0.1:10025"},
		"the milter named twice": {
			setup{}, setup{main: "smtpd_milters=" + us + " inet:dkim:1 " + us},
			"bad milter: submission: asked about twice", "take one of them out"},
		"only port 25 asks": {
			setup{services: []postfix.Service{smtpd("smtp"), submission}},
			setup{services: []postfix.Service{smtpd("smtp"), smtpd("submission", "smtpd_sasl_auth_enable=yes", "smtpd_milters=")}},
			"bad milter: submission: not judged", "add it as the last one"},
		"two in a row, the first is not believed": {
			setup{mtas: []ledger.MTA{mx, out}, senders: accounts, settings: relay(first)},
			setup{mtas: []ledger.MTA{mx, out}, senders: append(accounts, twice...)},
			"warn relays: 192.0.2.0/24: 4 senders: another MTA of yours: asked about twice", "[[identity.relay]]"},
		"two in a row, the second has no agent": {
			setup{mtas: []ledger.MTA{mx, out}, settings: relay(first)},
			setup{mtas: []ledger.MTA{mx, {Host: "out", Mails: 9, Last: now, Account: now, Waiting: 2}}, settings: relay(first)},
			"bad agent: out: never seen: 2 mails of it wait", "hisseki-agent@.service"},
		"a cloud's hosts without proof": {
			setup{settings: relay("hosts = ['40.92.0.0/15']\nproof = ['X-OriginatorOrg: example.jp']\nclient = ['received']")},
			setup{settings: relay("hosts = ['40.92.0.0/15']\nclient = ['received']")},
			"warn relays: cloud: all customers", "X-OriginatorOrg: example.jp"},
		"nobody asks for the certificate": {
			setup{main: asks, settings: relay(certificate)}, setup{settings: relay(certificate)},
			"bad relays: cloud: certificate: asks clients for one", "smtpd_tls_ask_ccert=yes"},
		"the agent does not see the certificate": {
			setup{main: asks, settings: relay(certificate) + lock},
			setup{main: asks + "; smtpd_tls_received_header=no", settings: relay(certificate) + lock},
			"warn relays: cloud: no command hook", "smtpd_tls_received_header=yes"},
		"anybody's From": {
			setup{settings: relay(first + "\naccount = ['mail_from', 'from']")},
			setup{settings: relay(first + "\naccount = ['from']")},
			"warn relays: cloud: From alone", "mail_from"},
	} {
		examine := func(s setup) []Finding {
			main := postfix.Parameters{"queue_directory": "/q", "enable_long_queue_ids": "yes", "non_smtpd_milters": us, "smtpd_milters": us}
			for part := range strings.SplitSeq(s.main, "; ") {
				key, value, _ := strings.Cut(part, "=")
				main[key] = value
			}
			if s.services == nil {
				s.services = []postfix.Service{submission}
			}
			if s.mtas == nil {
				s.mtas = []ledger.MTA{mx}
			}
			cfg, err := config.Parse("f", []byte(s.settings), config.Default("/s"))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			cfg.Milter.Listen = config.Address{Network: "unix", Name: "/q/hisseki/milter.sock"}
			d := &Doctor{Config: cfg, Postfix: fakePostfix{main, s.services}, StaleAfter: 30 * time.Second, ctx: t.Context()}
			d.postfix()
			d.mtas(fakeStore{list: s.mtas})
			d.relays(fakeStore{senders: s.senders})
			return d.list
		}
		compare(t, name+", right", examine(c.right), nil)
		list := examine(c.wrong)
		compare(t, name, list, []string{c.want})
		for _, f := range list {
			if f.State != OK && !strings.Contains(f.Do, c.do) {
				t.Errorf("%s: what to do is %q", name, f.Do)
			}
		}
	}
}
