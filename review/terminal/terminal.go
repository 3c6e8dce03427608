// Package terminal prints for people at a terminal what package review finds. All text
// that comes from mail, logs and the store is made safe here.
package terminal

import (
	"fmt"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/ledger"
)

func safe(s string, most int) string { return term.Safe(s, most) }

// word makes a name that the store gives, such as a state, fit for a list.
func word[T ~string](s T) string { return term.Safe(string(s), 20) }

func points(p float64) string { return fmt.Sprintf("%.1f", p) }

// fields are lines "name  value", made safe, in the reader's words; empty values are left out.
type fields struct {
	strings.Builder
	t words.Reader
}

// label is a name of a field in its column.
func (f *fields) label(name string) string {
	if name == "" {
		return f.column("")
	}
	return f.column(f.t.W("cli-" + name))
}

func (f *fields) column(text string) string {
	if f.t.Japanese() {
		return table.Pad(text, 14)
	}
	return table.Pad(text, 11)
}

func (f *fields) add(name, value string) {
	if value != "" {
		fmt.Fprintf(f, "%s %s\n", f.label(name), safe(value, 300))
	}
}

// sign is a sentence of the evidence.
func sign(t words.Reader, e analyzer.Evidence) string {
	if t.Japanese() {
		return t.Sign(e)
	}
	return safe(e.Text, 200)
}

// stateOf is the word for a state of mail.
func stateOf(t words.Reader, s ledger.State) string {
	if t.Japanese() {
		return t.Named("hold-", string(s))
	}
	return word(s)
}

// incidentState is the word for a state of an incident.
func incidentState(t words.Reader, s ledger.IncidentState) string {
	if t.Japanese() {
		return t.Named("istate-", string(s))
	}
	return word(s)
}

// list adds a list under its name, at most 20 entries of it.
func (f *fields) list(name string, list []string) {
	for i, s := range list {
		if i == 20 {
			fmt.Fprintf(f, "%s %s\n", f.column(""), f.t.W("and-more", len(list)-i))
			return
		}
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(f, "%s %s\n", f.label(name), safe(s, 300))
	}
}

// Until is the end of a rule for people.
func Until(t words.Reader, end time.Time) string {
	if end.IsZero() {
		return t.W("for-good")
	}
	return t.W("until-time", term.Stamp(end))
}

// Ago is how long before now a time was: "45s", "3h12m", "5d".
func Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%dm", int(d/time.Hour), int(d/time.Minute)%60)
	}
	return fmt.Sprintf("%dd", int(d/(24*time.Hour)))
}

// ShellQuote makes one word of text that a person may copy into a shell.
func ShellQuote(text string) string {
	text = safe(text, 300)
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"+
			"@%+=:,./-_", r)
	}) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
