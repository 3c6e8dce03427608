package maillog_test

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"net/smtp"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/mailbox"
	"hisseki/internal/mta"
	"hisseki/ledger"
	"hisseki/maillog"
	"hisseki/store"
)

// TestDaemons has this machine's Postfix and Dovecot and those of Debian 13 write every kind of
// line about mail and accounts. All of them must be known, and say what happened.
func TestDaemons(t *testing.T) {
	mta.Require(t, "/usr/lib/dovecot/imap")
	t.Run("this machine", func(t *testing.T) {
		provoke(t, "", passdb23, map[string][]string{
			"carol@example.org": {"failure 198.51.100.3 x1 submission", "lockout 127.0.1.6 x1 imap"},
			"off@example.org":   nil, // "internal failure, 1 successful auths"
		})
	})
	t.Run("Debian 13", func(t *testing.T) {
		provoke(t, mta.Debian13(t), passdb24, map[string][]string{
			// The deny list reports an attempt by SMTP too.
			"carol@example.org": {"failure 198.51.100.3 x1 submission", "lockout 127.0.1.6 x1 imap",
				"lockout 198.51.100.3 x1 auth"},
			"off@example.org": {"lockout 127.0.1.4 x1 imap"},
		})
	})
}

// Databases before the file of users: a list of locked accounts, and two services of PAM.
var (
	passdb23 = []string{
		"passdb {\n  driver = passwd-file\n  deny = yes\n  args = $DIR/locked\n}",
		"passdb {\n  driver = pam\n  args = hisseki-wrong\n  username_filter = *@wrong.test\n}",
		"passdb {\n  driver = pam\n  args = hisseki-broken\n  username_filter = *@broken.test\n}"}
	passdb24 = []string{
		"passdb locked {\n  driver = passwd-file\n  deny = yes\n  passwd_file_path = $DIR/locked\n}",
		"passdb wrong {\n  driver = pam\n  service_name = hisseki-wrong\n  username_filter = *@wrong.test\n}",
		"passdb broken {\n  driver = pam\n  service_name = hisseki-broken\n  username_filter = *@broken.test\n}"}
)

// stage is a Postfix and a Dovecot whose every rule does something else.
type stage struct {
	*mta.Instance
	t       *testing.T
	mails   map[string]*ledgerMail // by subject
	filter  *mta.Filter
	refused int                 // mails, at their end
	asked   sync.Map            // subjects of mail that the milter was asked about
	logins  map[string][]string // by account, where versions differ
}

// ledgerMail is one mail that was sent, and what should become of it.
type ledgerMail struct {
	id   string
	at   time.Time
	to   []string
	want []ledger.Fate
}

func provoke(t *testing.T, root string, passdb []string, logins map[string][]string) {
	s := &stage{t: t, mails: make(map[string]*ledgerMail), filter: mta.NewFilter(t), logins: logins}
	s.Instance = mta.Start(t, mta.Options{
		Root: root, IMAP: true, Passdb: passdb, Milters: []string{"inet:" + startMilter(t, &s.asked)},
		Users:      []string{"bob@example.org", "carol@example.org", "off@example.org", "near@example.org"},
		UserFields: map[string]string{"off@example.org": "nologin", "near@example.org": "allow_nets=192.0.2.0/24"},
		PAM: map[string]string{
			"hisseki-wrong":  "auth required pam_deny.so\naccount required pam_permit.so\n",
			"hisseki-broken": "auth required pam_debug.so auth=system_err\naccount required pam_permit.so\n"},
		Files: map[string]string{
			"locked": "carol@example.org\n",
			"header": "/^Subject: rule-hold/ HOLD by rule\n/^Subject: rule-discard/ DISCARD by rule\n" +
				"/^Subject: rule-reject/ REJECT no\n/^Subject: rule-redirect/ REDIRECT else@good.test\n" +
				"/^Subject: rule-warn/ WARN look\n",
			"access":    "/@filter(bad)?\\.test$/ FILTER " + s.filter.Transport() + "\n/^hold@/ HOLD\n/^discard@/ DISCARD\n/^reject@/ REJECT no\n",
			"transport": "/@null\\.test$/ discard:away\n/@pipe\\.test$/ true:\n/@dead\\.test$/ smtp:[127.0.0.1]:1\n",
		},
		Main: []string{"header_checks = regexp:$DIR/header", "transport_maps = regexp:$DIR/transport",
			"smtpd_recipient_restrictions = check_recipient_access regexp:$DIR/access",
			"milter_default_action = tempfail"},
		Master: append(s.filter.Master("-o smtpd_milters="),
			"true unix - n n - - pipe\n  flags=R user=nobody argv=/bin/true"),
	})
	s.Sink.Answer("later.test", "450 4.2.0 try later")
	s.Sink.Answer("filterbad.test", "550 5.1.1 unknown")
	s.Sink.Answer("bad.test", "550 5.1.1 status=sent (250 ok), unknown")
	s.logIn()
	s.sendAll()
	s.judge()
}

// sendAll sends a mail of every kind, and waits until each has come to its end.
func (s *stage) sendAll() {
	delivered, deferred, bounced := ledger.FateDelivered, ledger.FateDeferred, ledger.FateBounced
	kept := ledger.FateHeldByPostfix
	s.send("plain", []string{"a@good.test", "b@later.test", "c@bad.test"}, delivered, deferred, bounced)
	s.send("dots", []string{"aaa..b@docomo.test", `"simple"@good.test`, `back\.slash@good.test`,
		`"sp ace"@good.test`}, delivered, delivered, delivered, delivered)
	s.send("dead", []string{"a@dead.test"}, deferred)
	s.send("swallowed", []string{"a@null.test"}, ledger.FateDiscarded)
	s.send("piped", []string{"a@pipe.test"}, delivered)
	s.send("filtered", []string{"a@filter.test"}, delivered)
	s.send("filtered-spam", []string{"b@filter.test"}, ledger.FateDiscarded)
	s.send("filtered-bounced", []string{"a@filterbad.test"}, bounced)
	s.send("rule-hold", []string{"a@good.test"}, kept)
	s.send("rule-discard", []string{"a@good.test"}, ledger.FateDiscarded)
	s.send("rule-reject", []string{"a@good.test"}, ledger.FateRejected)
	s.send("rule-warn", []string{"a@good.test"}, delivered)
	s.send("rule-redirect", []string{"a@good.test"}, delivered)
	s.send("milter-hold", []string{"a@good.test"}, kept)
	s.send("milter-discard", []string{"a@good.test"}, ledger.FateDiscarded)
	s.send("milter-reject", []string{"a@good.test"}, ledger.FateRejected)
	s.send("milter-tempfail", []string{"a@good.test"}, ledger.FateRejected)
	s.send("access-hold", []string{"hold@good.test"}, kept)
	s.send("access-discard", []string{"discard@good.test"}, ledger.FateDiscarded)
	if _, err := s.Submit(mta.Submission{User: "bob@example.org", From: "bob@example.org",
		To: []string{"reject@good.test"}}); err == nil {
		s.t.Error("a recipient that a rule rejects was accepted")
	}
	s.byHand()
}

// byHand does what a postmaster does with postsuper.
func (s *stage) byHand() {
	for subject, fate := range map[string]ledger.Fate{"hand-hold": ledger.FateHeldByPostfix,
		"hand-delete": ledger.FateDiscarded, "hand-expire": ledger.FateExpired,
		"hand-release": ledger.FateDeferred, "hand-requeue": ledger.FateDeferred} {
		id := s.send(subject, []string{"x@later.test"}, fate)
		s.logged(id + ": to=<x@later.test>")
		super := func(args ...string) { s.Run(s.t, "postsuper", append([]string{"-c", s.Config}, args...)...) }
		switch subject {
		case "hand-hold":
			super("-h", id)
		case "hand-delete":
			super("-d", id)
		case "hand-expire":
			super("-e", id)
			s.Run(s.t, "postqueue", "-c", s.Config, "-i", id)
		case "hand-release":
			super("-h", id)
			super("-H", id)
			s.Run(s.t, "postqueue", "-c", s.Config, "-i", id)
		case "hand-requeue":
			super("-r", id)
			s.logged("orig_id=" + id)
		}
	}
}

// send sends a mail and notes it. Mail that the client is refused has an id in the log only.
func (s *stage) send(subject string, to []string, want ...ledger.Fate) string {
	s.t.Helper()
	at := time.Now()
	id, err := s.Submit(mta.Submission{User: "bob@example.org", From: "bob@example.org", To: to,
		Client: netip.MustParseAddr("203.0.113.7"),
		Data:   []byte("From: bob@example.org\r\nSubject: " + subject + "\r\n\r\nx\r\n")})
	if refused := want[0] == ledger.FateRejected; refused != (err != nil) {
		s.t.Fatalf("%s: %v", subject, err)
	}
	if err != nil {
		s.refused++
		var ids [][]string
		eventually(s.t, func() bool {
			ids = rejected.FindAllStringSubmatch(s.Log(), -1)
			return len(ids) == s.refused
		}, func() string { return subject + " has no queue id\n" + s.Log() })
		id = ids[s.refused-1][1]
	}
	s.mails[subject] = &ledgerMail{id, at, to, want}
	return id
}

// rejected is how cleanup reports mail that the client is refused.
var rejected = regexp.MustCompile(`cleanup\[\d+\]: (\w+): (?:milter-)?reject: `)

// logged waits for text in Postfix's log.
func (s *stage) logged(text string) {
	s.t.Helper()
	eventually(s.t, func() bool { return strings.Contains(s.Log(), text) },
		func() string { return text + " was never logged\n" + s.Log() })
}

// logIn tries to log in in every way, each from an address of its own.
func (s *stage) logIn() {
	try := func(address, user, password string) {
		conn, err := net.Dial("tcp4", s.IMAP)
		if err != nil {
			s.t.Fatal(err)
		}
		_ = conn.Close()
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
		if conn, err = d.Dial("tcp4", s.IMAP); err != nil {
			s.t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			s.t.Fatal(err)
		}
		answers := textproto.NewReader(bufio.NewReader(conn))
		for _, command := range []string{"1 LOGIN " + quoted(user) + " " + quoted(password), "2 LOGOUT"} {
			fmt.Fprintf(conn, "%s\r\n", command)
			for line := ""; !strings.HasPrefix(line, command[:2]); {
				if line, err = answers.ReadLine(); err != nil {
					s.t.Fatalf("%s: %v\n%s", command, err, s.DovecotLog())
				}
			}
		}
	}
	try("127.0.1.1", "bob@example.org", mta.Password)
	try("127.0.1.2", "bob@example.org", "wrong")
	try("127.0.1.3", "nobody@example.org", "wrong")
	try("127.0.1.4", "off@example.org", mta.Password)
	try("127.0.1.5", "near@example.org", mta.Password)
	try("127.0.1.6", "carol@example.org", mta.Password)
	try("127.0.1.7", "x@wrong.test", "wrong")
	try("127.0.1.8", "x@broken.test", "wrong")
	try("127.0.1.9", "bob,203.0.113.9", "wrong")
	try("127.0.1.10", strings.Repeat("b", 90)+"@example.org", "wrong")
	try("127.0.1.11", "Bob@Example.org", "wrong")
	for address, user := range map[string]string{"198.51.100.1": "bob@example.org", "198.51.100.2": "nobody@example.org",
		"198.51.100.3": "carol@example.org", "198.51.100.4": "x@broken.test", "198.51.100.5": "bob, sasl_username=carol"} {
		c, err := s.Dial(mta.Submission{User: user, Password: "wrong", Client: netip.MustParseAddr(address)})
		if err == nil {
			c.Close()
			s.t.Errorf("%s was let in", user)
		}
	}
	s.trouble()
}

// trouble has Dovecot leave a session that is about to log in: no password is judged.
func (s *stage) trouble() {
	c, err := mta.Greeted(s.Submission, "")
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	if err := c.Hello("client"); err != nil {
		s.t.Fatal(err)
	}
	if err := s.StopDovecot(); err != nil {
		s.t.Fatal(err)
	}
	host, _, _ := net.SplitHostPort(s.Submission)
	if err := c.Auth(smtp.PlainAuth("", "bob@example.org", mta.Password, host)); err == nil {
		s.t.Error("bob was let in by nobody")
	}
	if err := s.StartDovecot(); err != nil {
		s.t.Fatal(err)
	}
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// judge reads the logs into a store that knows the mail, and compares.
func (s *stage) judge() {
	db := openStore(s.t)
	journal := make(map[string]int64)
	for subject, m := range s.mails {
		kept, err := db.Begin(s.t.Context(), &analyzer.Record{Envelope: analyzer.Envelope{
			Time: m.at, Host: s.Host, QueueID: m.id, Sender: "bob@example.org", Recipients: canonical(m.to),
			Class: analyzer.Account}, Verdict: analyzer.Verdict{Action: analyzer.Pass}})()
		if err != nil {
			s.t.Fatal(err)
		}
		journal[subject] = kept.ID
	}
	s.settled()
	for _, file := range []string{"dovecot.log", "mail.log"} {
		c, err := maillog.Import(s.t.Context(), &maillog.Parser{Normal: strings.ToLower}, db, s.Host, s.Dir+"/"+file)
		if err != nil || c.Read == 0 || c.Unknown > 0 || c.Unreadable > 0 {
			s.t.Errorf("%s: %+v, %v", file, c, err)
		}
	}
	for subject, m := range s.mails {
		list, err := db.Fates(s.t.Context(), journal[subject])
		if err != nil {
			s.t.Fatal(err)
		}
		var got []ledger.Fate
		for _, f := range list {
			got = append(got, f.Fate)
		}
		if !slices.Equal(got, m.want) {
			s.t.Errorf("%s (%s) is %v, want %v", subject, m.id, got, m.want)
		}
	}
	// Postfix asks no milter about mail that its own rules redirect, reject or discard; it asks
	// about mail that they hold.
	for subject := range s.mails {
		_, asked := s.asked.Load(subject)
		if unasked := []string{"rule-redirect", "rule-reject", "rule-discard", "access-discard"}; asked ==
			slices.Contains(unasked, subject) {
			s.t.Errorf("a milter was asked about %s: %v", subject, asked)
		}
	}
	s.judgeLogins(db)
}

// canonical is what the milter makes of recipients.
func canonical(addresses []string) (out []string) {
	for _, a := range addresses {
		out = append(out, mailbox.Canonical(a))
	}
	return out
}

// settled waits until every mail that ends has ended in the log.
func (s *stage) settled() {
	for subject, m := range s.mails {
		ends := 0
		for _, fate := range m.want {
			switch fate {
			case ledger.FateDelivered, ledger.FateBounced, ledger.FateDeferred:
				ends++
			}
		}
		eventually(s.t, func() bool { return strings.Count(s.Log(), ": "+m.id+": to=<") >= ends },
			func() string { return subject + " has no end\n" + s.Log() })
	}
	s.logged("orig_to=<a@good.test>") // the redirected one
	s.logged("status=force-expired")  // by hand
	s.logged(s.filter.Last() + ": removed")
}

func (s *stage) judgeLogins(db *store.DB) {
	for account, want := range map[string][]string{
		"bob@example.org": {"failure 127.0.1.11 x1 imap", "failure 127.0.1.2 x1 imap", "failure 198.51.100.1 x1 submission",
			"success 127.0.1.1 x1 imap", "success 203.0.113.7 submission"},
		"off@example.org":    s.logins["off@example.org"],
		"near@example.org":   {"lockout 127.0.1.5 x1 auth"},
		"carol@example.org":  s.logins["carol@example.org"],
		"nobody@example.org": nil, "x@wrong.test": nil, "x@broken.test": nil, "bob": nil, "carol": nil,
	} {
		list, err := db.Logins(s.t.Context(), account, time.Time{}, time.Time{})
		if err != nil {
			s.t.Fatal(err)
		}
		var got []string
		for _, l := range list {
			text := fmt.Sprintf("%s %s x%d %s", l.Result, l.Client, l.Count, l.Service)
			if l.Result == analyzer.LoginSuccess && l.Service == "submission" {
				text = fmt.Sprintf("%s %s %s", l.Result, l.Client, l.Service)
			}
			got = append(got, text)
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			s.t.Errorf("logins of %s are\n%s\nwant\n%s\n%s", account, strings.Join(got, "\n"),
				strings.Join(want, "\n"), s.DovecotLog())
		}
	}
}
