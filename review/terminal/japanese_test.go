package terminal

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"hisseki/analyzer"
	"hisseki/internal/table"
	"hisseki/ledger"
	"hisseki/review"
)

// englishWords are two words in a row that are no name, command or address.
var englishWords = regexp.MustCompile(`\b[a-z]{3,} [a-z]{3,}\b`)

// TestListsInJapanese: what commands list and say has no English sentence left, and its columns stand
// below each other, however wide their words are.
func TestListsInJapanese(t *testing.T) {
	until := noon.Local()
	sender := review.SenderLine{Sender: "bando@example.jp", Class: analyzer.Account, Mode: analyzer.Enforce, Rule: "hold",
		Until: &until, Mails: 7, Learned: 3, Last: noon, Since: "2026-11-01", Incident: &until, Known: map[string]int{"networks": 2},
		Signals: []analyzer.Readiness{{Signals: "hours", Needs: "only 7 mails of history, habits need 20 at 3 times of day in three days"},
			{Signals: "style", Ready: true}}}
	for name, print := range map[string]func(table.Screen) error{
		"senders": func(s table.Screen) error { return SenderList(s, japanese, []review.SenderLine{sender}) },
		"sender":  func(s table.Screen) error { return Sender(s, japanese, &sender) },
		"rules": func(s table.Screen) error {
			return Rules(s, japanese, []review.RuleLine{{Subject: "sender:bando@example.jp", Rule: "observe", By: "alice", Since: noon}})
		},
		"habits": func(s table.Screen) error {
			return Habits(s, japanese, []review.HabitLine{{Name: "T1", Over: true, Until: &until, By: "alice"}})
		},
		"audit": func(s table.Screen) error {
			return Acts(s, japanese, []ledger.Act{{At: noon, Actor: "alice", Verb: "add-habit", Object: "T1"}})
		},
		"forgetting": func(s table.Screen) error {
			_, err := s.Write([]byte(Forgetting(japanese, &review.Forgetting{Account: "bando@example.jp", Rows: map[string]int{"journal": 1}})))
			return err
		},
	} {
		var b bytes.Buffer
		if err := print(table.Screen{Writer: &b, Width: 120}); err != nil {
			t.Fatal(err)
		}
		if m := englishWords.FindString(b.String()); m != "" || !strings.ContainsAny(b.String(), "のールメ") {
			t.Errorf("%s says %q in\n%s", name, m, &b)
		}
	}
}
