package main

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/company"
	"hisseki/internal/mta"
	"hisseki/ledger"
	"hisseki/store"
)

// The relay as docs/cloud.md describes one: believed by its certificate or its address, for mail
// that carries our customer's field.
const (
	relayName     = "relay.provider.example"
	relayAddress  = "198.51.100.25"
	relaySettings = `
[signin]
files = ["$DIR/signin"]
[[hooks.command]]
name = "lock"
run = ["/bin/sh", "-c", "cat >>$DIR/locked"]
user = "root"
[[identity.relay]]
name = "cloud"
certificate = "relay.provider.example"
hosts = ["198.51.100.25"]
proof = ["X-OriginatorOrg: example.jp"]
domains = ["example.jp"]
account = ["header:X-Sender-Account", "mail_from"]
client = ["header:X-Originating-IP", "received"]
`
)

// guest has an account at the provider, and no past.
const guest = "guest@example.jp"

// provider is a cloud: a Postfix at which 20 accounts log in, and which hands their mail to ours
// with a client certificate.
type provider struct {
	*site
	cloud    *mta.Instance
	keys     *authority
	accounts []string
}

// colleague is an account with the habits of one of the company's people; the first are these.
func colleague(login string, n int) string {
	if n == 0 {
		return login
	}
	name, domain, _ := strings.Cut(login, "@")
	return fmt.Sprintf("%s%d@%s", name, n, domain)
}

// many makes of the company's mail that of five offices: 20 accounts.
func many(mails []company.Mail) (out []company.Mail) {
	for n := range 5 {
		for _, m := range mails {
			other := colleague(m.Login, n)
			m.Message = bytes.ReplaceAll(m.Message, []byte(m.Login), []byte(other))
			m.Message = bytes.ReplaceAll(m.Message, []byte("@pc."), fmt.Appendf(nil, ".%d@pc.", n))
			m.Login = other
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b company.Mail) int { return a.Time.Compare(b.Time) })
	return out
}

func newProvider(t *testing.T, past []company.Mail) *provider {
	t.Helper()
	p := &provider{keys: newAuthority(t)}
	for _, m := range past {
		if !slices.Contains(p.accounts, m.Login) {
			p.accounts = append(p.accounts, m.Login)
		}
	}
	ca := string(p.keys.pem)
	ours := p.keys.issue(t, "mx.example.jp")
	p.site = newSite(t, siteOptions{delay: 5, hold: 8, delayFor: time.Hour, settings: relaySettings,
		files: map[string]string{"ca.pem": ca, "own.pem": ours.pem},
		postfix: []string{"mynetworks = 0.0.0.0/0", "smtpd_tls_security_level = may", "smtpd_tls_chain_files = $DIR/own.pem",
			"smtpd_tls_CAfile = $DIR/ca.pem", "smtpd_tls_ask_ccert = yes", "smtpd_tls_received_header = yes"}})
	if err := os.Mkdir(filepath.Join(p.dir, "signin"), 0o755); err != nil {
		t.Fatal(err)
	}
	theirs := p.keys.issue(t, relayName)
	p.cloud = mta.Start(t, mta.Options{Host: relayName, Users: append(p.accounts, guest),
		Files: map[string]string{"ca.pem": ca, "own.pem": theirs.pem,
			// What the provider adds: its customer, and where the person is.
			"customer": "/^X-Originating-IP:/ PREPEND X-OriginatorOrg: example.jp\n",
			"person":   "/^Received: from [^ ]+ \\([^ ]* ?\\[([0-9a-f.:]+)\\]\\)/ PREPEND X-Originating-IP: [$1]\n"},
		Main: []string{"relayhost = [127.0.0.1]:" + port(p.App), "smtp_tls_security_level = encrypt",
			"smtp_tls_chain_files = $DIR/own.pem", "smtp_tls_CAfile = $DIR/ca.pem",
			"header_checks = regexp:$DIR/person", "smtp_header_checks = regexp:$DIR/customer"}})
	return p
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// relayed submits mail to the provider, and waits until ours has judged it.
func (p *provider) relayed(mails ...mta.Submission) {
	p.t.Helper()
	db := p.store()
	for i := range mails {
		p.cloud.MustSubmit(p.t, mails[i])
	}
	for i := range mails {
		p.record(db, &mails[i])
	}
}

// record waits for the record of a mail.
func (p *provider) record(db *store.DB, s *mta.Submission) (r analyzer.Record) {
	p.t.Helper()
	id := idOf(s.Data)
	wait(p.t, "the record of the mail "+id, func() bool {
		all, err := db.Recent(p.t.Context(), "", time.Now().Add(-time.Hour))
		if err != nil {
			p.t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(r analyzer.Record) bool { return r.MessageID == id })
		if i >= 0 {
			r = all[i]
		}
		return i >= 0
	})
	return r
}

// idOf is that of a mail, as records have it.
func idOf(data []byte) string {
	_, rest, _ := bytes.Cut(data, []byte("Message-ID: <"))
	id, _, _ := bytes.Cut(rest, []byte(">"))
	return string(id)
}

// letter is a mail of header lines and a harmless text, to nobody else.
func (p *provider) letter(n int, head string) ([]string, []byte) {
	to := fmt.Sprintf("n%d@partner.test", n)
	text := head + fmt.Sprintf("To: %s\nSubject: Tuesday\nMessage-ID: <n%d@example.jp>\n\nSee you on Tuesday.\n", to, n)
	return []string{to}, []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

// TestProvider proves on real daemons that the account of a cloud is watched as one that logs in
// here: a Postfix plays the provider and hands mail to ours with a TLS certificate. Nobody else
// names accounts, whatever he writes; a theft after guessing, by sign-in logs, is held at its first
// mails; the others' mail flows; the report tells the story.
func TestProvider(t *testing.T) {
	t.Parallel()
	past, ordinary, theft := plot()
	past, ordinary = many(past), many(ordinary)
	p := newProvider(t, past)
	p.learn(past, "--relay=cloud")
	p.startServe()
	p.startAgent()
	p.serve.says(0, "the agent is alive")
	p.strangers()
	p.customers()
	p.theft(ordinary, theft)
	p.examined()
}

// way is how somebody gives mail to our Postfix, who he claims to be, and who he is taken for.
type way struct {
	name   string
	key    *pair // of his certificate, nil without TLS
	client string
	head   string // beside what all write
	login  string
	sender string // "" for an application's
	from   string // the address that counts
}

// strangers try every way in at our own Postfix, with all that the provider would write.
func (p *provider) strangers() {
	const ours = "X-OriginatorOrg: example.jp\n"
	const other = "X-OriginatorOrg: other.test\n"
	const victim, person = guest, "203.0.113.9"
	other2 := newAuthority(p.t)
	db := p.store()
	for i, w := range []way{
		{name: "the provider", key: p.keys.issue(p.t, relayName), head: ours, sender: victim, from: person},
		{name: "its address", client: relayAddress, head: ours, sender: victim, from: person},
		{name: "anybody", head: ours, from: "127.0.0.1"},
		{name: "another address", client: "198.51.100.26", head: ours, from: "198.51.100.26"},
		{name: "a certificate of his own", key: other2.issue(p.t, relayName), head: ours, from: "127.0.0.1"},
		{name: "another's certificate", key: p.keys.issue(p.t, relayName+".evil.test"), head: ours, from: "127.0.0.1"},
		{name: "a part of the name", key: p.keys.issue(p.t, "provider.example"), head: ours, from: "127.0.0.1"},
		{name: "TLS without a certificate", key: &pair{}, head: ours, from: "127.0.0.1"},
		{name: "another customer", key: p.keys.issue(p.t, relayName), head: other, from: "127.0.0.1"},
		{name: "another customer who claims to be us", key: p.keys.issue(p.t, relayName), head: other + ours, from: "127.0.0.1"},
		{name: "another customer, below", client: relayAddress, head: ours + other, from: relayAddress},
		{name: "no customer", client: relayAddress, from: relayAddress},
		{name: "a login at the provider's address", client: relayAddress, head: ours, login: "tanaka@example.jp",
			sender: "tanaka@example.jp", from: relayAddress},
	} {
		to, data := p.letter(i, w.head+"X-Sender-Account: "+victim+"\nX-Originating-IP: ["+person+"]\n"+
			"Received: from pc ([192.0.2.10]) by "+relayName+" with ESMTPSA\nFrom: "+victim+"\n")
		s := mta.Submission{User: w.login, From: cmp.Or(w.login, victim), To: to, Data: data, Helo: relayName}
		if w.client != "" {
			s.Client, s.ClientName = netip.MustParseAddr(w.client), relayName
		}
		if w.key != nil {
			p.overTLS(w.key, s)
		} else {
			p.MustSubmit(p.t, s)
		}
		r := p.record(db, &s)
		class := analyzer.Application
		if w.sender != "" {
			class = analyzer.Account
		}
		if r.Envelope.Class != class || w.sender != "" && r.Envelope.Sender != w.sender || r.Envelope.Client.String() != w.from {
			p.t.Errorf("%s: %s %s from %s", w.name, r.Envelope.Class, r.Envelope.Sender, r.Envelope.Client)
		}
	}
}

// overTLS gives a mail to our Postfix with a certificate.
func (p *provider) overTLS(key *pair, s mta.Submission) {
	p.t.Helper()
	c, err := mta.Greeted(p.App, "")
	if err != nil {
		p.t.Fatal(err)
	}
	defer c.Close()
	config := &tls.Config{RootCAs: p.keys.pool(), ServerName: "mx.example.jp"}
	if key.pem != "" {
		// Also where the server has asked for certificates of other authorities.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &key.cert, nil }
	}
	if err := c.Hello(s.Helo); err != nil {
		p.t.Fatal(err)
	}
	if err := c.StartTLS(config); err != nil {
		p.t.Fatal(err)
	}
	if _, err := (&mta.Client{Client: c}).Send(s); err != nil {
		p.t.Fatal(err)
	}
}

// customers are accounts of the provider that write what the provider writes: what it adds itself
// stands above.
func (p *provider) customers() {
	db := p.store()
	const thief = "203.0.113.200"
	for i, c := range []struct{ name, from, head, sender, client string }{
		{"his own fields", guest, "X-Originating-IP: [192.0.2.10]\nReceived: from pc ([192.0.2.10]) by x\nFrom: suzuki@example.jp\n",
			guest, thief},
		{"nobody", "", "From: suzuki@example.jp\n", "", "127.0.0.1"},
		{"forwarded", "bounces+SRS=AbC1d=X2@example.jp", "From: x@partner.test\n", "", "127.0.0.1"},
		{"an address of others", "x@partner.test", "From: suzuki@example.jp\n", "", "127.0.0.1"},
	} {
		to, data := p.letter(100+i, c.head)
		s := mta.Submission{User: guest, Client: netip.MustParseAddr(thief), From: c.from, To: to, Data: data}
		p.relayed(s)
		r := p.record(db, &s)
		if (r.Envelope.Class == analyzer.Account) != (c.sender != "") || c.sender != "" && r.Envelope.Sender != c.sender ||
			r.Envelope.Client.String() != c.client {
			p.t.Errorf("%s: %s %s from %s", c.name, r.Envelope.Class, r.Envelope.Sender, r.Envelope.Client)
		}
	}
}

// theft plays the case: guessing, a lockout, one success from abroad, a rule that hides answers,
// the burst. All others write too.
func (p *provider) theft(ordinary, theft []company.Mail) {
	db := p.store()
	p.signins(theft[0].Client)
	var all []mta.Submission
	wrote := map[string]bool{}
	for i := range ordinary {
		if m := &ordinary[i]; !wrote[m.Login] && m.Login != company.Victim {
			wrote[m.Login] = true
			all = append(all, submission(m))
		}
	}
	if len(all) != 19 {
		p.t.Fatalf("%d others", len(all))
	}
	for i := range theft {
		p.relayed(submission(&theft[i]))
		if i < len(all) {
			p.relayed(all[i])
		}
	}
	held := p.holds(db, ledger.HoldFilter{States: []ledger.State{ledger.Held}})
	if len(held) < len(theft)-1 {
		p.t.Errorf("%d of %d stolen mails are held", len(held), len(theft))
	}
	for i := range held {
		if e := &held[i].Record.Envelope; e.Sender != company.Victim || e.Relay != "cloud" || e.Client.String() != theft[0].Client {
			p.t.Errorf("%s's mail of %s at %s is held: %+v", e.Sender, e.Relay, e.Client, held[i].Record.Verdict.Evidence)
		}
	}
	wait(p.t, "the lock of the account", func() bool {
		told, err := os.ReadFile(filepath.Join(p.dir, "locked"))
		return err == nil && bytes.Contains(told, []byte(`"event":"opened"`)) && bytes.Contains(told, []byte(`"logins":["`+company.Victim+`"]`))
	})
	for _, s := range all {
		p.Sink.Wait(p.t, time.Minute, "mail of "+s.From, func(got []mta.Mail) bool {
			return slices.ContainsFunc(got, func(m mta.Mail) bool { return idOf(m.Data) == idOf(s.Data) })
		})
	}
	p.named()
	for lang, words := range map[string][]string{
		"en": {"named by relay: cloud", "failed x", "locked out x", "succeeded x1", "NG", "inbox rule set x1", "forwards to thief@evil.test",
			"forwarding set x1", "all mail forwarded to thief@evil.test", "stopped"},
		"ja": {"cloud", "失敗 x", "ロックアウト x", "成功 x1", "NG", "受信ルールの設定 x1", "thief@evil.test", "転送の設定 x1", "thief@evil.test"},
	} {
		text := p.hisseki("incident", "report", "I1", "--lang", lang)
		rest := text
		for _, word := range words[:len(words)-1] {
			_, after, ok := strings.Cut(rest, word)
			if !ok {
				p.t.Errorf("%s: %q is not in its place in\n%s", lang, word, text)
				break
			}
			rest = after
		}
		if !strings.Contains(text, words[len(words)-1]) {
			p.t.Errorf("%s lacks %q", lang, words[len(words)-1])
		}
	}
}

// signins writes the provider's logs, as their exports are written, and waits until the agent has
// read them.
func (p *provider) signins(thief string) {
	p.t.Helper()
	day := time.Now().Add(-3 * time.Hour)
	var b bytes.Buffer
	line := func(i, code int, client, country string) {
		text, err := json.Marshal(map[string]any{"id": fmt.Sprintf("e-%d", i), "userPrincipalName": company.Victim,
			"ipAddress": client, "createdDateTime": day.Add(time.Duration(i) * 20 * time.Second).UTC().Format(time.RFC3339),
			"clientAppUsed": "Browser", "status": map[string]any{"errorCode": code},
			"location": map[string]any{"countryOrRegion": country}})
		if err != nil {
			p.t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	for i := range 300 {
		line(i, 50126, fmt.Sprintf("100.%d.%d.7", 64+i%60, i%250), "BR")
	}
	line(300, 50053, "100.64.1.7", "BR")
	line(330, 0, thief, "NG")
	rule := fmt.Sprintf(`{"Id":"r-1","CreationTime":%q,"Operation":"New-InboxRule","ResultStatus":"True","UserId":%q,`+
		`"ClientIP":"%s:6000","Workload":"Exchange","Parameters":[{"Name":"Name","Value":"."},{"Name":"ForwardTo","Value":`+
		`"thief@evil.test"},{"Name":"DeleteMessage","Value":"True"}]}`+"\n", day.Add(2*time.Hour).UTC().Format("2006-01-02T15:04:05"), company.Victim, thief)
	rule += fmt.Sprintf(`{"Id":"r-2","CreationTime":%q,"Operation":"Set-Mailbox","ResultStatus":"True","UserId":%q,"ObjectId":%[2]q,`+
		`"ClientIP":"[%s]:6001","Workload":"Exchange","Parameters":[{"Name":"Identity","Value":%[2]q},{"Name":"ForwardingSmtpAddress",`+
		`"Value":"smtp:thief@evil.test"}]}`+"\n", day.Add(2*time.Hour+time.Minute).UTC().Format("2006-01-02T15:04:05"), company.Victim, thief)
	for name, text := range map[string]string{"insights/h=01/PT1H.json": b.String(), "audit.jsonl": rule} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(p.dir, "signin", name)), 0o755); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(p.dir, "signin", name), []byte(text), 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
	db := p.store()
	wait(p.t, "the sign-ins in the store", func() bool {
		list, err := db.Logins(p.t.Context(), company.Victim, day.Add(-time.Hour), time.Time{})
		has := func(r analyzer.LoginResult) bool {
			return slices.ContainsFunc(list, func(l analyzer.Login) bool { return l.Result == r })
		}
		return err == nil && has(analyzer.LoginSuccess) && has(analyzer.LoginRule) && has(analyzer.LoginForwarding) &&
			has(analyzer.LoginLockout)
	})
}

// examined looks what doctor says of the relay: that it is believed, and when Postfix asks for no
// certificates any more, that its mail is an application's.
func (p *provider) examined() {
	p.t.Helper()
	doctor := func() string {
		cmd := exec.Command(program(p.t), "doctor", "--json", "--config", p.config)
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
		out, _ := cmd.Output() // it ends with an error where something is bad
		return string(out)
	}
	const unasked = "cloud: believed by its certificate, and no smtpd that asks hisseki asks clients for one"
	if text := doctor(); !strings.Contains(text, "cloud: believed for example.jp") || strings.Contains(text, unasked) {
		p.t.Errorf("doctor says\n%s", text)
	}
	if out, err := p.Command(p.t.Context(), "postconf", "-c", p.Config, "-e", "smtpd_tls_ask_ccert=no").CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %s", err, out)
	}
	if text := doctor(); !strings.Contains(text, unasked) {
		p.t.Errorf("doctor does not see that nobody asks for certificates:\n%s", text)
	}
}

// named looks whether a hold, the audit log and the JSON forms say by which relay, and by which place
// of the mail, the account was named.
func (p *provider) named() {
	p.t.Helper()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"quarantine", "show", "H1", "--no-mail"}, "relay cloud, by mail_from"},
		{[]string{"quarantine", "show", "H1", "--no-mail"}, "account"},
		{[]string{"quarantine", "list", "--json"}, `"relay":"cloud"`},
		{[]string{"incident", "report", "I1", "--format", "json"}, `"relays":["cloud"]`},
		{[]string{"audit", "list", "--json"}, "account named by relay cloud, by mail_from"},
	} {
		if text := p.hisseki(c.args...); !strings.Contains(strings.ReplaceAll(text, ": ", ":"), strings.ReplaceAll(c.want, ": ", ":")) {
			p.t.Errorf("%v does not say %q:\n%.2000s", c.args, c.want, text)
		}
	}
}
