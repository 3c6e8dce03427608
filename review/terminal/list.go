package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/ledger"
	"hisseki/review"
)

// Rules lists rules.
func Rules(screen table.Screen, lines []review.RuleLine) error {
	t := table.New(screen, table.Cut("for", 20), table.Fixed("rule"), table.Fixed("until"),
		table.Spare("by", 8), table.Spare("reason", 10), table.Spare("since", 16))
	for i := range lines {
		l := &lines[i]
		end := "for good"
		if l.Until != nil {
			end = term.Stamp(*l.Until)
		}
		t.Row(safe(strings.TrimPrefix(l.Subject, "url:"), 80), safe(l.Rule, 20), end, safe(l.By, 30),
			safe(l.Reason, 60), term.Stamp(l.Since))
	}
	return t.Write()
}

// Habits lists habits.
func Habits(screen table.Screen, lines []review.HabitLine) error {
	t := table.New(screen, table.Cut("name", 10), table.Cut("for", 14), table.Cut("declares", 14),
		table.Fixed("outside"), table.Cut("until", 21), table.Spare("by", 8), table.Spare("reason", 10))
	for i := range lines {
		l := &lines[i]
		senders, until := "all accounts", "for good"
		if len(l.Senders) > 0 {
			senders = term.Few(l.Senders, 3)
		}
		switch {
		case l.Over:
			until = "over " + term.Stamp(*l.Until)
		case l.Until != nil:
			until = term.Stamp(*l.Until)
		}
		t.Row(safe(l.Name, 40), senders, safe(l.Declares, 80), l.Outside, until, safe(l.By, 30),
			safe(l.Reason, 60))
	}
	return t.Write()
}

// Acts lists lines of the audit log.
func Acts(screen table.Screen, acts []ledger.Act) error {
	t := table.New(screen, table.Fixed("time"), table.Cut("who", 10), table.Cut("did", 8),
		table.Cut("to", 14), table.Cut("reason", 10))
	for _, a := range acts {
		t.Row(term.Stamp(a.At), safe(a.Actor, 40), safe(a.Verb, 20), safe(a.Object, 60), safe(a.Reason, 100))
	}
	return t.Write()
}

// Status prints how things stand.
func Status(w io.Writer, s *review.StatusLine, now time.Time) error {
	agent := "never seen"
	if s.Agent != nil {
		agent = "seen " + Ago(*s.Agent, now) + " ago"
		if s.Stale {
			agent += ", stale: nothing is delayed, released or discarded"
		}
	}
	incidents := fmt.Sprintf("%d open", s.Incidents)
	if s.Opened != nil {
		incidents += ", the oldest since " + Ago(*s.Opened, now)
	}
	undecided := ""
	if s.Undecided != nil {
		undecided = "waiting   the oldest held mail since " + Ago(*s.Undecided, now) + "\n"
	}
	unjudged := ""
	if n := s.Would[analyzer.Unjudged]; n > 0 {
		unjudged = fmt.Sprintf("; %d NOT JUDGED", n)
		if s.Later > 0 {
			unjudged += fmt.Sprintf(", %d to be judged later", s.Later)
		}
	}
	_, err := fmt.Fprintf(w, "milter    %s\nagent     %s\nstore     %s\n"+
		"24 hours  %d passed, %d delayed, %d held (enforce: %d delayed, %d held)%s\n"+
		"incidents %s\n"+
		"queue     %d held, %d delayed, %d recalling, %d releasing, %d discarding\n%s",
		safe(s.Milter, 200), agent, safe(s.Database, 200),
		s.Day[analyzer.Pass], s.Day[analyzer.Delay], s.Day[analyzer.Hold],
		s.Would[analyzer.Delay], s.Would[analyzer.Hold], unjudged, incidents,
		s.Queue[ledger.Held], s.Queue[ledger.Delayed], s.Queue[ledger.Recalling],
		s.Queue[ledger.Releasing], s.Queue[ledger.Discarding], undecided+tableSizes(s.Tables))
	return err
}

// tableSizes is a line about a database's biggest tables: "tables    journal 812 MB, recipient 95 MB".
// Rows that wait for autovacuum are named where they are many: it does not follow.
func tableSizes(list []ledger.TableSize) string {
	if len(list) == 0 {
		return ""
	}
	parts := make([]string, len(list))
	for i, t := range list {
		parts[i] = fmt.Sprintf("%s %.1f MB", safe(t.Name, 40), float64(t.Bytes)/1e6)
		if t.Dead > manyDead {
			parts[i] += fmt.Sprintf(" (%d dead rows)", t.Dead)
		}
	}
	return "tables    " + strings.Join(parts, ", ") + "\n"
}

// manyDead is how many dead rows of a table are named: autovacuum comes long before at
// the settings of postgres-roles.sql, unless something holds it up.
const manyDead = 1_000_000
