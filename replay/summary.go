package replay

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"hisseki/analyzer"
	"hisseki/internal/term"
)

// Summary collects events for people: what would be delayed or held and why, and the
// counts per week and sender.
type Summary struct {
	kept    []keptRow
	rows    map[string]int // of kept, by file
	weeks   map[string]*tally
	senders map[string]*tally
	total   tally
	first   time.Time
	last    time.Time
}

// keptRow is a mail that would have been delayed or held.
type keptRow struct {
	at       time.Time
	file     string
	sender   string
	action   analyzer.Action
	points   float64
	why      string
	thenHeld bool // delayed first, then held with a later mail
	tallies  [3]*tally
	others   int // pieces of evidence beside the one in why
}

// tally counts mails by what became of them.
type tally struct{ mails, delayed, held int }

// NewSummary returns an empty summary.
func NewSummary() *Summary {
	return &Summary{rows: make(map[string]int), weeks: make(map[string]*tally),
		senders: make(map[string]*tally)}
}

// Add takes one event. The error is always nil.
func (s *Summary) Add(e *Event) error {
	switch e.Kind {
	case "verdict":
		s.verdict(e)
	case "held":
		if i, ok := s.rows[e.File]; ok && !s.kept[i].thenHeld {
			r := &s.kept[i]
			r.thenHeld = true
			for _, t := range r.tallies {
				t.delayed--
				t.held++
			}
		}
	}
	return nil
}

func (s *Summary) verdict(e *Event) {
	if s.total.mails == 0 {
		s.first = e.Time
	}
	s.last = e.Time
	year, week := e.Time.ISOWeek()
	tallies := [3]*tally{&s.total, get(s.weeks, fmt.Sprintf("%d-W%02d", year, week)),
		get(s.senders, e.Sender)}
	for _, t := range tallies {
		t.mails++
		switch e.Action {
		case analyzer.Delay:
			t.delayed++
		case analyzer.Hold:
			t.held++
		}
	}
	if e.Action == analyzer.Pass {
		return
	}
	r := keptRow{at: e.Time, file: e.File, sender: e.Sender, action: e.Action, tallies: tallies}
	if e.Points != nil {
		r.points = *e.Points
	}
	if len(e.Evidence) > 0 {
		r.why, r.others = e.Evidence[0].Text, len(e.Evidence)-1
	}
	s.rows[e.File] = len(s.kept)
	s.kept = append(s.kept, r)
}

func get(m map[string]*tally, key string) *tally {
	t := m[key]
	if t == nil {
		t = &tally{}
		m[key] = t
	}
	return t
}

// Write prints the tables. What mails say is made safe for a terminal.
func (s *Summary) Write(w io.Writer) error {
	if s.total.mails == 0 {
		_, err := fmt.Fprintln(w, "no mail")
		return err
	}
	if len(s.kept) > 0 {
		t := newTable(w, "time (UTC)", "sender", "action", "points", "why", "file")
		for i := range s.kept {
			t.AppendRow(s.kept[i].cells())
		}
		t.Render()
		fmt.Fprintln(w)
	}
	writeTallies(w, "week", s.weeks, func(*tally) bool { return true })
	fmt.Fprintln(w)
	if len(s.kept) > 0 {
		writeTallies(w, "sender", s.senders, func(t *tally) bool { return t.delayed+t.held > 0 })
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintf(w, "%s of %s from %s to %s: %d would be delayed, %d held\n",
		term.Count(s.total.mails, "mail"), term.Count(len(s.senders), "sender"),
		s.first.Format(time.DateOnly), s.last.Format(time.DateOnly),
		s.total.delayed, s.total.held)
	return err
}

func (r *keptRow) cells() table.Row {
	action := string(r.action)
	if r.thenHeld {
		action = "delay, hold"
	}
	why := term.Safe(r.why, 90)
	if r.others > 0 {
		why += fmt.Sprintf(" (+%d)", r.others)
	}
	return table.Row{r.at.UTC().Format(time.DateTime), term.Safe(r.sender, 40), action,
		fmt.Sprintf("%.1f", r.points), why, term.Safe(r.file, 60)}
}

func writeTallies(w io.Writer, head string, m map[string]*tally, show func(*tally) bool) {
	var keys []string
	for k, t := range m {
		if show(t) {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	t := newTable(w, head, "mails", "delayed", "held")
	for _, k := range keys {
		t.AppendRow(table.Row{term.Safe(k, 60), m[k].mails, m[k].delayed, m[k].held})
	}
	t.Render()
}

func newTable(w io.Writer, heads ...string) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = 0
	row := table.Row{}
	for _, h := range heads {
		row = append(row, strings.ToLower(h))
	}
	t.AppendHeader(row)
	return t
}
