package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/ledger"
	"hisseki/review"
)

// Rules lists rules.
func Rules(screen table.Screen, w words.Reader, lines []review.RuleLine) error {
	t := table.New(screen, table.Cut(w.W("list-for"), 20), table.Fixed(w.W("list-rule")), table.Fixed(w.W("list-until")),
		table.Spare(w.W("list-by"), 8), table.Spare(w.W("list-reason"), 10), table.Spare(w.W("list-since"), 16))
	for i := range lines {
		l := &lines[i]
		end := w.W("for-good")
		if l.Until != nil {
			end = term.Stamp(*l.Until)
		}
		t.Row(safe(strings.TrimPrefix(l.Subject, "url:"), 80), safe(named(w, "rule-", l.Rule), 20), end, safe(l.By, 30),
			safe(l.Reason, 60), term.Stamp(l.Since))
	}
	return t.Write()
}

// Habits lists habits.
func Habits(screen table.Screen, w words.Reader, lines []review.HabitLine) error {
	t := table.New(screen, table.Cut(w.W("list-name"), 10), table.Cut(w.W("list-for"), 14), table.Cut(w.W("list-declares"), 14),
		table.Fixed(w.W("list-outside")), table.Cut(w.W("list-until"), 21), table.Spare(w.W("list-by"), 8),
		table.Spare(w.W("list-reason"), 10))
	for i := range lines {
		l := &lines[i]
		senders, until := w.W("all-accounts"), w.W("for-good")
		if len(l.Senders) > 0 {
			senders = term.Few(l.Senders, 3)
		}
		switch {
		case l.Over:
			until = w.W("list-over", term.Stamp(*l.Until))
		case l.Until != nil:
			until = term.Stamp(*l.Until)
		}
		t.Row(safe(l.Name, 40), senders, safe(l.Declares, 80), l.Outside, until, safe(l.By, 30),
			safe(l.Reason, 60))
	}
	return t.Write()
}

// Acts lists lines of the audit log.
func Acts(screen table.Screen, w words.Reader, acts []ledger.Act) error {
	t := table.New(screen, table.Fixed(w.W("list-time")), table.Cut(w.W("list-who"), 10), table.Cut(w.W("list-did"), 8),
		table.Cut(w.W("list-to"), 14), table.Cut(w.W("list-reason"), 10))
	for _, a := range acts {
		t.Row(term.Stamp(a.At), safe(a.Actor, 40), safe(named(w, "verb-", a.Verb), 20), safe(a.Object, 60), safe(a.Reason, 100))
	}
	return t.Write()
}

// Status prints how things stand.
func Status(w io.Writer, t words.Reader, s *review.StatusLine, now time.Time) error {
	ago := func(at time.Time) string {
		if t.Japanese() {
			return t.Rough(now.Sub(at))
		}
		return Ago(at, now)
	}
	agent := t.W("cli-never-seen")
	if s.Agent != nil {
		agent = t.W("cli-seen-ago", ago(*s.Agent))
		if s.Stale {
			agent += t.W("cli-stale")
		}
	}
	incidents := t.W("cli-open-n", s.Incidents)
	if s.Opened != nil {
		incidents += t.W("cli-oldest", ago(*s.Opened))
	}
	day := t.W("cli-day-of", s.Day[analyzer.Pass], s.Day[analyzer.Delay], s.Day[analyzer.Hold],
		s.Would[analyzer.Delay], s.Would[analyzer.Hold])
	if n := s.Would[analyzer.Unjudged]; n > 0 {
		day += t.W("cli-unjudged", n)
		if s.Later > 0 {
			day += t.W("cli-judged-later", s.Later)
		}
	}
	queue := t.W("cli-queue-of", s.Queue[ledger.Held], s.Queue[ledger.Delayed], s.Queue[ledger.Recalling],
		s.Queue[ledger.Releasing], s.Queue[ledger.Discarding])
	width := 9
	if t.Japanese() {
		width = 12
	}
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%s %s\n", table.Pad(t.W("cli-"+name), width), value) }
	line("milter", milter(t, s.Milter))
	line("agent", agent)
	line("store", safe(s.Database, 200))
	line("day", day)
	line("incidents", incidents)
	line("queue", queue)
	if s.Undecided != nil {
		line("waiting", t.W("cli-held-since", ago(*s.Undecided)))
	}
	if len(s.Tables) > 0 {
		line("tables", tableSizes(t, s.Tables))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// tableSizes says how big a database's biggest tables are: "journal 812.0 MB, recipient 95.1 MB".
// Rows that wait for autovacuum are named where they are many: it does not follow.
func tableSizes(t words.Reader, list []ledger.TableSize) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = fmt.Sprintf("%s %.1f MB", safe(s.Name, 40), float64(s.Bytes)/1e6)
		if s.Dead > manyDead {
			parts[i] += t.W("cli-dead", s.Dead)
		}
	}
	return strings.Join(parts, t.W("comma"))
}

// manyDead is how many dead rows of a table are named: autovacuum comes long before at
// the settings of postgres-roles.sql, unless something holds it up.
const manyDead = 1_000_000

// milter says whether the milter answers. Why it does not comes from the system, in its words.
func milter(t words.Reader, said string) string {
	if t.Japanese() && said == "answers" {
		return t.W("cli-good")
	}
	return safe(said, 200)
}
