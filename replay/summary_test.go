package replay

import (
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/table"
	"hisseki/internal/words"
)

func TestSummary(t *testing.T) {
	s := NewSummary()
	var b strings.Builder
	en := words.For(words.English, nil)
	if err := s.Write(table.Screen{Writer: &b}, en); err != nil || b.String() != "no mail\n" {
		t.Errorf("empty summary: %q, %v", b.String(), err)
	}
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	points := 9.25
	event := func(kind, file, sender string, action analyzer.Action, why ...string) {
		e := &Event{Kind: kind, File: file, Sender: sender, Action: action, Time: at,
			Points: &points}
		for _, w := range why {
			e.Evidence = append(e.Evidence, analyzer.Evidence{Text: w})
		}
		if err := s.Add(e); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Hour)
	}
	event("verdict", "1", "a@example.org", analyzer.Pass)
	event("verdict", "2", "b@example.org", analyzer.Delay, "a link to \x1b]0;x\x07\u202eevil", "more")
	event("verdict", "3", "b@example.org", analyzer.Delay, "odd")
	event("verdict", "4", "b@example.org", analyzer.Hold, "請求書")
	event("held", "2", "", "")
	event("held", "2", "", "") // counts once
	at = at.AddDate(0, 0, 7)
	event("verdict", "5\n6", "a@example.org", analyzer.Hold)
	b.Reset()
	if err := s.Write(table.Screen{Writer: &b}, en); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if strings.ContainsAny(text, "\x1b\x07\u202e") {
		t.Errorf("unsafe text in\n%q", text)
	}
	squeezed := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"time (UTC) sender action points why file",
		"2026-01-05 10:00:00 b@example.org delay, hold 9.2 a link to",
		"evil (+1) 2 ", " delay 9.2 odd 3 ", " hold 9.2 請求書 4 ", " 5 6 ",
		" 2026-W02 4 1 2 ", " 2026-W03 1 0 1 ", " a@example.org 2 0 1 ", " b@example.org 3 1 2 ",
		"5 mails of 2 senders from 2026-01-05 to 2026-01-12: 1 would be delayed, 3 held",
	} {
		if !strings.Contains(squeezed, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	b.Reset()
	if err := s.Write(table.Screen{Writer: &b}, words.For(words.Japanese, nil)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"日時 (UTC)", "一時保留後に保留", "メール 5 通", "一時保留 1、保留 3 に相当"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
