package main

import (
	"fmt"
	"strings"
	"time"

	"hisseki/ledger"
)

// noteDetail is what a hook said of an incident, as show --json prints it.
type noteDetail struct {
	Time   time.Time        `json:"time"`
	Hook   string           `json:"hook"`
	Event  ledger.EventKind `json:"event"`
	State  string           `json:"state"` // due, done or failed
	Runs   int              `json:"runs"`
	Error  string           `json:"error"`
	Output string           `json:"output"`
}

func noteDetails(list []ledger.Note) []noteDetail {
	out := []noteDetail{}
	for _, n := range list {
		out = append(out, noteDetail{n.At, n.Hook, n.Event, n.State, n.Runs, n.Error, n.Output})
	}
	return out
}

// maxNoteRows is how many lines of one hook's output show prints.
const maxNoteRows = 40

// writeNotes prints what hooks said: a stranger's words, if a stranger wrote what they read.
func writeNotes(b *strings.Builder, list []ledger.Note) {
	for k, n := range list {
		if k == 0 {
			b.WriteString("\n")
		}
		text := string(n.Event) + ", " + n.State
		if n.Runs > 1 {
			text += fmt.Sprintf(" (run %d)", n.Runs)
		}
		if n.Error != "" {
			text += ": " + safe(n.Error, 200)
		}
		fmt.Fprintf(b, "hook        %s  %s  %s\n", stamp(n.At), safe(n.Hook, 40), text)
		rows := 0
		for line := range strings.Lines(n.Output) {
			if rows++; rows > maxNoteRows {
				b.WriteString("  | ... see the report\n")
				break
			}
			fmt.Fprintf(b, "  | %s\n", safe(strings.TrimRight(line, "\r\n"), 200))
		}
	}
}
