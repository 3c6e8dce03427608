package terminal

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"hisseki/internal/table"
	"hisseki/ledger"
)

func TestNotesAreShownHarmless(t *testing.T) {
	at := time.Date(2026, 11, 17, 10, 13, 0, 0, time.Local)
	b := fields{t: english}
	b.notes([]ledger.Note{
		{At: at, Hook: "sieve", Event: ledger.EventOpened, State: ledger.HookDone, Runs: 1,
			Output: "redirect \"thief@evil.test\x1b[2J\u202e\";\r\n" + strings.Repeat("line\n", 100)},
		{At: at, Hook: "soc", Event: ledger.EventConfirmed, State: "due", Runs: 3,
			Error: "refused\nforged"},
	})
	for _, want := range []string{"\nhook        2026-11-17 10:13  sieve  opened, done\n",
		"  | redirect \"thief@evil.test·[2J·\";\n", "see the report",
		"soc  confirmed, due (run 3): refused forged\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.ContainsAny(b.String(), "\x1b\r\u202e") ||
		strings.Count(b.String(), "\n") > maxNoteRows+5 {
		t.Errorf("shown %q", b.String())
	}
}

// A list has the date of a decision in full, or not at all.
func TestIncidentsCutNoDate(t *testing.T) {
	list := []ledger.Incident{{ID: 12, Case: 12, Sender: "bando@example.jp", State: ledger.IncidentConfirmed,
		Opened: noon, Closed: noon, By: "alice as root", Reason: "phoned",
		States: map[ledger.State]int{ledger.Discarded: 36, ledger.Gone: 2}}}
	date := noon.Local().Format("2006-01-02 15:04")
	for width := 60; width < 120; width++ {
		var b bytes.Buffer
		if err := Incidents(table.Screen{Writer: &b, Width: width}, english, list); err != nil {
			t.Fatal(err)
		}
		want := 1
		if strings.Contains(b.String(), "decided") {
			want = 2
		}
		if strings.Count(b.String(), date) != want || !strings.Contains(b.String(), "confirmed") {
			t.Errorf("%d columns:\n%s", width, &b)
		}
	}
}
