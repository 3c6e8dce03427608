package analyzer_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/replay"
)

var monday = time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC)

// letter is a mail as a mail program writes it.
func letter(sender string, at time.Time, client, to, body string, head ...string) *analyzer.Mail {
	m := &analyzer.Mail{Envelope: analyzer.Envelope{
		Time: at, Sender: sender, Class: analyzer.Account, Login: sender, MailFrom: sender,
		Recipients: []string{to}, Client: netip.MustParseAddr(client),
	}}
	fields := []string{"From: " + sender, "To: " + to, "Subject: report",
		"Date: " + at.Format(time.RFC1123Z),
		"Message-ID: <" + fmt.Sprint(at.UnixNano()) + "@example.jp>",
		"Content-Type: text/plain; charset=utf-8"}
	given := make(map[string]bool)
	for _, f := range head {
		name, _, _ := strings.Cut(f, ": ")
		given[name] = true
	}
	for i, f := range append(fields, head...) {
		name, value, _ := strings.Cut(f, ": ")
		if i < len(fields) && given[name] {
			continue
		}
		m.Header = append(m.Header, content.Field{Name: name, Value: value})
	}
	m.Body = []byte(body)
	m.BodySize = int64(len(body))
	return m
}

const honest = "Dear partner,\n\nplease find the weekly figures of the plant below. Output rose a " +
	"little and the two late orders left the house on Friday.\n\nKind regards\nB. Ando\n"

// office replays ordinary weeks of four accounts and returns the analyzer.
func office(t testing.TB, memory analyzer.Memory) *analyzer.Analyzer {
	t.Helper()
	a := analyzer.New(analyzer.Config{Salt: []byte("test"),
		Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}}, memory)
	for day := range 60 {
		for i, who := range []string{"a@example.jp", "b@example.jp", "c@example.jp", "d@example.jp"} {
			for n := range 4 {
				at := monday.AddDate(0, 0, day).Add(time.Duration(n*2+i) * 17 * time.Minute)
				to := fmt.Sprintf("p%d@partner%d.example.org", (n+day)%5, (n+i)%3)
				m := letter(who, at, fmt.Sprintf("192.0.2.%d", 10+i), to, honest)
				r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
				if err != nil {
					t.Fatal(err)
				}
				if r.Verdict.Action == analyzer.Hold {
					t.Fatalf("day %d: ordinary mail of %s was held: %+v", day, who, r.Verdict.Evidence)
				}
			}
		}
	}
	return a
}

var attackDay = monday.AddDate(0, 0, 60)

const lure = "Hello\nyour account documents are waiting, open them within 24 hours or the " +
	"contract ends:\nhttps://kakunin.lure.test/view/77\nThank you\n"

func attack(i int) *analyzer.Mail {
	return letter("b@example.jp", attackDay.Add(time.Duration(i)*30*time.Second), "203.0.113.9",
		fmt.Sprintf("x%d@partner%d.example.org", i, i%3), lure, "X-Mailer: Leaf PHPMailer 2.7")
}

// The case hisseki exists for: the burst is held, others and the owner go on.
func TestBurstIsHeldAndOthersFlow(t *testing.T) {
	a := office(t, replay.NewMemory())
	held := 0
	for i := range 40 {
		r, err := a.Judge(t.Context(), attack(i), analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict.Action == analyzer.Hold {
			held++
		}
		held += len(r.Promoted)
		if i == 0 && r.Verdict.Action == analyzer.Pass {
			t.Errorf("the first mail passed with %.1f points", r.Verdict.Points)
		}
		if r.Verdict.Action != analyzer.Pass && (len(r.Verdict.Evidence) == 0 || r.Verdict.PassIf == "") {
			t.Errorf("mail %d: a verdict that explains nothing: %+v", i, r.Verdict)
		}
	}
	if held != 40 {
		t.Errorf("%d of 40 attack mails held", held)
	}
	for _, who := range []string{"a@example.jp", "b@example.jp"} {
		client := map[string]string{"a@example.jp": "192.0.2.10", "b@example.jp": "192.0.2.11"}[who]
		m := letter(who, attackDay.Add(30*time.Minute), client, "p1@partner1.example.org", honest)
		r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
		if err != nil || r.Verdict.Action != analyzer.Pass {
			t.Errorf("ordinary mail of %s during the incident: %s %v", who, r.Verdict.Action, err)
		}
	}
}

func TestObserveModeHoldsNothing(t *testing.T) {
	memory := replay.NewMemory()
	office(t, memory)
	a := analyzer.New(analyzer.Config{Salt: []byte("test")}, memory)
	r, err := a.Judge(t.Context(), attack(0), analyzer.Conditions{CanDelay: true})
	if err != nil || r.Verdict.Action != analyzer.Pass || r.Verdict.Would == analyzer.Pass {
		t.Errorf("action %s, would %s, %v", r.Verdict.Action, r.Verdict.Would, err)
	}
}

// Mode observe is no reason to stay silent, nor to see an incident where nobody is told.
func TestObserveModeOpensIncidents(t *testing.T) {
	for _, alarm := range []bool{true, false} {
		memory := replay.NewMemory()
		office(t, memory)
		a := analyzer.New(analyzer.Config{Salt: []byte("test"), Alarm: alarm}, memory)
		wouldHold := 0
		for i := range 20 {
			r, err := a.Judge(t.Context(), attack(i), analyzer.Conditions{CanDelay: true})
			if err != nil {
				t.Fatal(err)
			}
			held := r.Verdict.Would == analyzer.Hold
			if held {
				wouldHold++
			}
			if r.Verdict.Action != analyzer.Pass || r.ObservedHold != (alarm && held) ||
				held && r.Verdict.Incident != alarm {
				t.Errorf("alarm %t, mail %d: action %s, would %s, observed %t, incident %t", alarm, i,
					r.Verdict.Action, r.Verdict.Would, r.ObservedHold, r.Verdict.Incident)
			}
		}
		if wouldHold == 0 {
			t.Error("mode enforce had held nothing: the test shows nothing")
		}
	}
}

// Nobody may delay a mail when nobody ends delays.
func TestNoAgentNoDelay(t *testing.T) {
	a := office(t, replay.NewMemory())
	for i := range 10 {
		r, err := a.Judge(t.Context(), attack(i), analyzer.Conditions{})
		if err != nil || r.Verdict.Action == analyzer.Delay {
			t.Fatalf("mail %d: %s, %v", i, r.Verdict.Action, err)
		}
	}
}

func TestSameInputSameOutput(t *testing.T) {
	var out [2]bytes.Buffer
	for run := range out {
		memory := replay.NewMemory()
		a := office(t, memory)
		for i := range 10 {
			r, err := a.Judge(t.Context(), attack(i), analyzer.Conditions{CanDelay: true})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out[run], "%+v\n", r.Verdict)
		}
		p, _, _ := memory.Profile(t.Context(), "b@example.jp")
		data, _ := p.MarshalBinary()
		out[run].Write(data)
	}
	if !bytes.Equal(out[0].Bytes(), out[1].Bytes()) {
		t.Error("two runs differ")
	}
}

func BenchmarkJudge(b *testing.B) {
	a := office(b, replay.NewMemory())
	body := strings.Repeat(honest, 8000/len(honest))
	for i := 0; b.Loop(); i++ {
		at := attackDay.Add(time.Duration(i) * time.Minute)
		m := letter("a@example.jp", at, "192.0.2.10", "p1@partner1.example.org", body)
		if _, err := a.Judge(b.Context(), m, analyzer.Conditions{CanDelay: true}); err != nil {
			b.Fatal(err)
		}
	}
}
