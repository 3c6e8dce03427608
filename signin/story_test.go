package signin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/identity"
	"hisseki/ledger"
	"hisseki/report"
	"hisseki/signin"
	"hisseki/store"
)

const (
	host   = "198.51.100.25" // of the provider's relay
	thief  = "203.0.113.66"
	victim = "p07@example.jp"
)

// day is the day of the theft.
var day = time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)

// relayed is a mail as the provider hands it over for a person at an address.
func relayed(from, client, to string, at time.Time, body string) *analyzer.Mail {
	m := &analyzer.Mail{Envelope: analyzer.Envelope{Time: at, Host: "mx.example.jp", QueueID: fmt.Sprintf("4Cx%dz1", at.UnixNano()),
		Client: netip.MustParseAddr(host), MailFrom: from, Recipients: []string{to}}}
	head := "X-Originating-IP: [" + client + "]\nReceived: from pc ([" + client + "]) by relay.provider.example\nFrom: " + from +
		"\nTo: " + to + "\nSubject: about the order\nMessage-ID: <" + fmt.Sprint(at.UnixNano()) + "@example.jp>\nDate: " +
		at.Format(time.RFC1123Z)
	for line := range strings.SplitSeq(head, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		m.Header = append(m.Header, content.Field{Name: name, Value: value})
	}
	m.Body = []byte(body)
	m.BodySize = int64(len(body))
	return m
}

// stolen are the provider's sign-ins of the theft: guessing from many addresses, a lockout, one
// success from abroad; and the rule that hides the answers.
func stolen(t *testing.T) (signins, audit []byte) {
	t.Helper()
	var b bytes.Buffer
	put := func(i, code int, client, country string) {
		line, err := json.Marshal(map[string]any{"id": fmt.Sprintf("e-%d", i), "userPrincipalName": victim, "ipAddress": client,
			"createdDateTime": day.Add(-3*time.Hour + time.Duration(i)*20*time.Second).Format(time.RFC3339),
			"clientAppUsed":   "Browser", "status": map[string]any{"errorCode": code},
			"location": map[string]any{"countryOrRegion": country}})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	for i := range 300 {
		put(i, 50126, fmt.Sprintf("100.%d.%d.7", 64+i%60, i%250), "BR")
	}
	put(300, 50053, "100.64.1.7", "BR")
	put(330, 0, thief, "NG")
	rule := fmt.Sprintf(`{"Id":"r-1","CreationTime":%q,"Operation":"New-InboxRule","ResultStatus":"True","UserId":%q,`+
		`"ClientIP":"%s:6000","Workload":"Exchange","Parameters":[{"Name":"Name","Value":"."},{"Name":"ForwardTo","Value":`+
		`"thief@evil.test"},{"Name":"DeleteMessage","Value":"True"}]}`, day.Add(-time.Hour).Format("2006-01-02T15:04:05"), victim, thief)
	return b.Bytes(), []byte(rule + "\n")
}

// Proof of the case that hisseki exists for: the account lives at a provider, its password is
// guessed there, and the burst comes by the relay. The first mails are held as the account's,
// the report tells the story in its order, and the other nineteen notice nothing.
func TestTheftAtAProvider(t *testing.T) {
	ctx := t.Context()
	db, err := store.Open(ctx, t.TempDir()+"/h.db", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	salt, err := db.Salt(ctx)
	if err != nil {
		t.Fatal(err)
	}
	id := &identity.Identity{Relays: []identity.Relay{{Name: "m365", Hosts: []netip.Prefix{netip.MustParsePrefix(host + "/32")},
		Domains: []string{"example.jp"}, Account: []identity.Source{{Kind: identity.MailFrom}},
		Client: []identity.Source{{Kind: identity.Header, Header: "X-Originating-IP"}}}}}
	a := analyzer.New(analyzer.Config{Salt: salt, Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}}, db)
	judge := func(m *analyzer.Mail) *analyzer.Record {
		t.Helper()
		id.Identify(m)
		r, err := a.Judge(ctx, m, analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	person := func(n int) (string, string) {
		return fmt.Sprintf("p%02d@example.jp", n), fmt.Sprintf("192.0.2.%d", 10+n)
	}
	for d := range 15 { // three weeks of ordinary mail
		for n := range 20 {
			from, client := person(n)
			at := day.AddDate(0, 0, d-21).Add(time.Duration(n*7+d) * time.Minute)
			judge(relayed(from, client, fmt.Sprintf("c%d@partner%d.test", n%5, n%4), at, "Dear customer,\r\n\r\nthe order is on its way.\r\n\r\nBest regards\r\n"))
		}
	}
	signins, audit := stolen(t)
	in := signin.Importer{Parser: &signin.Parser{}, Store: db}
	for _, log := range [][]byte{signins, audit} {
		if k, err := in.Import(ctx, bytes.NewReader(log)); err != nil || k.Strange > 0 || k.New == 0 {
			t.Fatalf("%+v, %v", k, err)
		}
	}
	held, firstHeld := 0, 0
	for i := range 30 {
		at := day.Add(time.Duration(i) * 20 * time.Second)
		r := judge(relayed(victim, thief, fmt.Sprintf("x%d@firm%d.test", i, i), at,
			"Please look at the document at https://kakunin-file.test/doc/77 today\r\n"))
		if r.Envelope.Sender != victim || r.Envelope.Class != analyzer.Account || r.Envelope.Relay != "m365" {
			t.Fatalf("the mail is %s's, %s, by %q", r.Envelope.Sender, r.Envelope.Class, r.Envelope.Relay)
		}
		if r.Verdict.Action == analyzer.Hold {
			if held++; held == 1 {
				firstHeld = i
			}
		}
		from, client := person(8 + i%12)
		if o := judge(relayed(from, client, "c1@partner1.test", at.Add(time.Second), "Thank you, we ship it on Friday.\r\n")); o.Verdict.Action != analyzer.Pass {
			t.Errorf("ordinary mail of %s: %s, %+v", from, o.Verdict.Action, o.Verdict.Evidence)
		}
		// Who is not believed names nobody, whatever he writes.
		spoof := relayed("p03@example.jp", "192.0.2.13", "y@partner1.test", at.Add(2*time.Second), "hello\r\n")
		spoof.Client = netip.MustParseAddr("192.0.2.200")
		if s := judge(spoof); s.Envelope.Class != analyzer.Application || s.Envelope.Client.String() != "192.0.2.200" {
			t.Fatalf("a stranger is %s at %s", s.Envelope.Sender, s.Envelope.Client)
		}
	}
	if held < 28 || firstHeld > 1 {
		t.Errorf("%d of 30 mails held, the first was number %d", held, firstHeld+1)
	}
	story(t, db)
}

// story looks at the report: guessing, lockout, success, rule, mail, in English and Japanese.
func story(t *testing.T, db *store.DB) {
	t.Helper()
	list, err := db.FindIncidents(t.Context(), ledger.IncidentFilter{})
	if err != nil || len(list) != 1 || list[0].Sender != victim {
		t.Fatalf("incidents: %+v, %v", list, err)
	}
	scope, err := db.Scope(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[report.Lang][]string{
		report.English:  {"named by relay: m365", "failed x", "locked out x", "succeeded x1", "NG", "inbox rule set x1", "forwards to thief@evil.test"},
		report.Japanese: {"m365", "失敗 x", "ロックアウト x", "成功 x1", "NG", "受信ルールの設定 x1", "thief@evil.test"},
	} {
		var b bytes.Buffer
		if err := report.Write(&b, report.New(scope), report.Text, report.Options{Lang: lang}); err != nil {
			t.Fatal(err)
		}
		rest := b.String()
		for _, word := range words {
			_, after, ok := strings.Cut(rest, word)
			if !ok {
				t.Errorf("%s: %q is not in its place in\n%s", lang, word, b.String()[:min(b.Len(), 60000)])
				break
			}
			rest = after
		}
	}
}
