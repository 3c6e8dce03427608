package terminal

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"hisseki/analyzer"
	"hisseki/internal/table"
	"hisseki/internal/words"
	"hisseki/ledger"
	"hisseki/review"
)

var english, japanese = words.For(words.English, nil), words.For(words.Japanese, nil)

var noon = time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)

// long is as long and wide as what an attacker or an organisation may choose.
const long = "営業部・請求担当@部門.株式会社例.example.jp\x1b[2J\n\u202eforged"

func record() *analyzer.Record {
	return &analyzer.Record{
		Envelope: analyzer.Envelope{Time: noon, Sender: long, QueueID: "4Cabc123XYz", Host: "mail.example.jp",
			Client: netip.MustParseAddr("2001:db8:1234:5678:9abc:def0:1234:5678"), ClientName: long,
			Recipients: []string{long, long, long}},
		Subject: long, Hosts: []string{long, long}, URLs: []string{"https://example.org/" + long},
		HeaderFrom: long, Files: []string{long},
		Verdict: analyzer.Verdict{Would: analyzer.Hold, Action: analyzer.Hold, Points: 123.4, PassIf: long,
			Evidence: []analyzer.Evidence{{Signal: "url-unknown", Points: 4, Text: long, Observed: long,
				Usual: long}}},
	}
}

// printed are all lists as a screen of 80 columns shows them.
func printed(t *testing.T, in words.Reader) map[string]string {
	t.Helper()
	h := ledger.Hold{ID: 12345, State: ledger.Discarding, Incident: 678, Recalled: noon,
		Record: record(), Recipients: record().Envelope.Recipients, By: long, Reason: long, Error: long}
	i := ledger.Incident{ID: 1234, Case: 1200, Sender: long, State: "confirmed\x1b[31m", Opened: noon,
		Closed: noon, By: long, Reason: long,
		States: map[ledger.State]int{ledger.Held: 1000, ledger.Discarding: 2000, ledger.Gone: 3}}
	sender := review.SenderLine{Sender: long, Class: analyzer.Application, Mode: analyzer.Enforce,
		Rule: "enforce", Until: &noon, Mails: 123456, Would: 12345, Learned: 123456, Last: noon,
		Incident: &noon, Signals: []analyzer.Readiness{{Signals: "recipients", Needs: long},
			{Signals: "style", Needs: long}}}
	rule := review.RuleLine{Subject: "url:" + long, Rule: "enforce", Since: noon, Until: &noon, By: long,
		Reason: long}
	habit := review.HabitLine{Name: long, Senders: []string{long, long}, Declares: long,
		Outside: "12.0 points", Until: &noon, Over: true, By: long, Reason: long}
	act := ledger.Act{At: noon, Actor: long, Verb: "remove-habit", Object: "sender:" + long, Reason: long}
	suspect := ledger.Suspect{Record: record(), Points: 12.5,
		Traits: []analyzer.Trait{analyzer.SharedText, analyzer.SharedNetwork}}
	out := map[string]string{}
	for name, print := range map[string]func(table.Screen) error{
		"quarantine list": func(s table.Screen) error { return Holds(s, in, []ledger.Hold{h, h}) },
		"incident list":   func(s table.Screen) error { return Incidents(s, in, []ledger.Incident{i}) },
		"sender list":     func(s table.Screen) error { return SenderList(s, in, []review.SenderLine{sender}) },
		"url list":        func(s table.Screen) error { return Rules(s, in, []review.RuleLine{rule}) },
		"habit list":      func(s table.Screen) error { return Habits(s, in, []review.HabitLine{habit}) },
		"audit list":      func(s table.Screen) error { return Acts(s, in, []ledger.Act{act}) },
		"suspects": func(s table.Screen) error {
			return suspects(s, &fields{t: in}, []ledger.Suspect{suspect}, ledger.Unread{})
		},
	} {
		var b bytes.Buffer
		if err := print(table.Screen{Writer: &b, Width: 80}); err != nil {
			t.Fatal(name, err)
		}
		out[name] = b.String()
	}
	return out
}

func TestListsFitEightyColumns(t *testing.T) {
	for _, in := range []words.Reader{english, japanese} {
		fitEightyColumns(t, in)
	}
}

func fitEightyColumns(t *testing.T, in words.Reader) {
	t.Helper()
	for name, list := range printed(t, in) {
		for _, line := range strings.Split(list, "\n") {
			if n := text.StringWidthWithoutEscSequences(line); n > 80 {
				t.Errorf("%s: a line of %d columns: %s", name, n, line)
			}
		}
	}
}

func TestListsAreHarmless(t *testing.T) {
	both := printed(t, japanese)
	for name, text := range printed(t, english) {
		both["in English "+name] = text
	}
	for name, text := range both {
		if strings.ContainsAny(text, "\x1b\u202e\r") || strings.Contains(text, "\nforged") {
			t.Errorf("%s: %q", name, text)
		}
	}
}

func TestHoldIsHarmless(t *testing.T) {
	h := review.Shown{Hold: ledger.Hold{ID: 1, State: ledger.Held, Record: record(), By: long, Reason: long,
		Recipients: []string{long}, Promoted: noon, Incident: 3}, Excerpt: long, Unread: ""}
	h.Source = []byte("Subject: " + long + "\r\n\r\n" + long + strings.Repeat("あ", 1000) + "\r\n" +
		strings.Repeat("line\r\n", 2*maxLines))
	h.Letter = review.ReadLetter(h.Source, time.Now)
	for _, c := range []struct {
		in   words.Reader
		raw  bool
		says string // how it came to be held
	}{
		{english, false, "held because incident I3 opened later"}, {english, true, "held because incident I3 opened later"},
		{japanese, false, "一時保留中に I3 が発生したため保留"}, {japanese, true, "一時保留中に I3 が発生したため保留"},
	} {
		var b bytes.Buffer
		if err := Hold(&b, c.in, &h, c.raw); err != nil {
			t.Fatal(err)
		}
		text, raw := b.String(), c.raw
		if strings.ContainsAny(text, "\x1b\u202e\r") || strings.Contains(text, "\nforged") {
			t.Errorf("raw %v: %q", raw, text)
		}
		if !strings.Contains(text, "cut after 400 lines") || strings.Count(text, "\n| ") > maxLines {
			t.Errorf("raw %v: %d lines of mail", raw, strings.Count(text, "\n| "))
		}
		if !strings.Contains(text, c.says) {
			t.Errorf("it does not say how the delayed mail came to be held:\n%s", text[:600])
		}
	}
}

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{45 * time.Second: "45s", 61 * time.Second: "1m",
		3*time.Hour + 12*time.Minute: "3h12m", 5 * 24 * time.Hour: "5d"} {
		if got := Ago(noon.Add(-d), noon); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for text, want := range map[string]string{"lure.example.org/a": "lure.example.org/a",
		"it's": `'it'\''s'`, "$(id)": "'$(id)'", "": "''", "a\nb": "'a b'"} {
		if got := ShellQuote(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// Status says how old the oldest undecided mail and incident are, in lines that fit.
func TestStatus(t *testing.T) {
	old, beat := noon.Add(-11*24*time.Hour), noon.Add(-time.Minute)
	s := &review.StatusLine{Milter: "answers", Database: "/var/lib/hisseki/hisseki.db", Agent: &beat, Stale: true,
		Day:   map[analyzer.Action]int{analyzer.Pass: 12345, analyzer.Delay: 12, analyzer.Hold: 1234},
		Would: map[analyzer.Action]int{analyzer.Delay: 123, analyzer.Hold: 12345},
		Queue: map[ledger.State]int{ledger.Held: 12345, ledger.Discarding: 1234}, Undecided: &old,
		Incidents: 12, Opened: &old}
	var b bytes.Buffer
	if err := Status(&b, english, s, noon); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"incidents 12 open, the oldest since 11d\n", "waiting   the oldest held mail since 11d\n",
		"agent     seen 1m ago, stale"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 81 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
}

// TestJapanese: a Japanese postmaster reads labels, states, evidence and what to do next in Japanese;
// what is copied into a shell stays as it is.
func TestJapanese(t *testing.T) {
	r := record()
	r.Envelope.Sender, r.Envelope.ClientName, r.Subject, r.HeaderFrom = "bando@example.jp", "", "請求書", "bando@example.jp"
	r.Verdict = analyzer.Verdict{Would: analyzer.Hold, Action: analyzer.Pass, Points: 9.4, Sum: 12,
		PassIf: "would pass if [network-new] were usual for this account", Evidence: []analyzer.Evidence{
			{Signal: analyzer.NetworkNew, Points: 4.2, Observed: "192.0.2.0/24", Usual: "(none)",
				Text: "sent from 192.0.2.0/24, new to this account"}}}
	h := ledger.Hold{ID: 7, State: ledger.Held, Incident: 3, Record: r, Promoted: noon, Recipients: []string{"a@example.org"}}
	i := ledger.Incident{ID: 3, Case: 3, Sender: "bando@example.jp", State: ledger.IncidentOpen, Opened: noon,
		States: map[ledger.State]int{ledger.Held: 36, ledger.Gone: 2}}
	day := map[analyzer.Action]int{analyzer.Pass: 100, analyzer.Hold: 3}
	beat := noon.Add(-20 * time.Minute)
	for name, want := range map[string]struct {
		print func(*bytes.Buffer) error
		says  []string
	}{
		"show": {func(b *bytes.Buffer) error { return Hold(b, japanese, &review.Shown{Hold: h}, false) },
			[]string{"保留           H7 保留中", "インシデント   I3", "件名           請求書", "判定           保留: 9.4 点、合計 12.0 点(実際の処理: 通過)",
				"一時保留中に I3 が発生したため保留", "このアカウントには初めて", "[network-new]", "初めての接続元ネットワーク"}},
		"list": {func(b *bytes.Buffer) error { return Holds(table.Screen{Writer: b}, japanese, []ledger.Hold{h}) },
			[]string{"番号", "状態", "保留中 I3", "このアカウントには初めて"}},
		"red as in English": {func(b *bytes.Buffer) error {
			return Holds(table.Screen{Writer: b, Colour: true}, japanese, []ledger.Hold{h})
		},
			[]string{"\x1b[31m保留中\x1b[0m I3"}},
		"recalled": {func(b *bytes.Buffer) error {
			back := h
			back.Recalled = noon
			return Holds(table.Screen{Writer: b}, japanese, []ledger.Hold{back})
		}, []string{"保留中 I3 回収済み"}},
		"tables": {func(b *bytes.Buffer) error {
			return Status(b, japanese, &review.StatusLine{Tables: []ledger.TableSize{{Name: "journal", Bytes: 812e6, Dead: 2e6}, {Name: "hold"}}}, noon)
		}, []string{"テーブル     journal 812.0 MB(不要な行 2000000)、hold 0.0 MB\n"}},
		"incidents": {func(b *bytes.Buffer) error { return Incidents(table.Screen{Writer: b}, japanese, []ledger.Incident{i}) },
			[]string{"対応中", "保留中 36 通、回収前に送信済み 2 通"}},
		"next": {func(b *bytes.Buffer) error {
			f := fields{t: japanese}
			f.next(&i)
			b.WriteString(f.String())
			return nil
		}, []string{"不正利用の場合:   hisseki incident confirm I3 --dry-run\n", "本人の送信の場合: hisseki incident dismiss I3 --dry-run\n"}},
		"status": {func(b *bytes.Buffer) error {
			return Status(b, japanese, &review.StatusLine{Milter: "answers", Agent: &beat, Stale: true, Incidents: 1, Day: day, Would: day}, noon)
		}, []string{"判定         正常\n", "エージェント 最終確認 20分前、応答なし", "24時間       通過 100、一時保留 0、保留 3", "対応中 1 件"}},
	} {
		var b bytes.Buffer
		if err := want.print(&b); err != nil {
			t.Fatal(name, err)
		}
		for _, w := range want.says {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s does not say %q:\n%s", name, w, &b)
			}
		}
	}
}
