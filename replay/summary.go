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
	kept  []*Event
	weeks map[string]*tally
	all   map[string]*tally
}

type tally struct{ mails, delayed, held int }

// NewSummary returns an empty summary.
func NewSummary() *Summary {
	return &Summary{weeks: make(map[string]*tally), all: make(map[string]*tally)}
}

// Add takes one event.
func (s *Summary) Add(e *Event) error {
	if e.Kind != "verdict" {
		return nil
	}
	year, week := e.Time.ISOWeek()
	for _, t := range []*tally{
		get(s.weeks, fmt.Sprintf("%d-W%02d", year, week)), get(s.all, e.Sender),
	} {
		t.mails++
		switch e.Action {
		case analyzer.Delay:
			t.delayed++
		case analyzer.Hold:
			t.held++
		}
	}
	if e.Action != analyzer.Pass {
		s.kept = append(s.kept, e)
	}
	return nil
}

func get(m map[string]*tally, key string) *tally {
	t := m[key]
	if t == nil {
		t = &tally{}
		m[key] = t
	}
	return t
}

// Write prints the tables.
func (s *Summary) Write(w io.Writer) error {
	t := newTable(w, "time", "sender", "action", "points", "why")
	for _, e := range s.kept {
		why := ""
		if len(e.Evidence) > 0 {
			why = e.Evidence[0].Text
		}
		t.AppendRow(table.Row{e.Time.Format(time.DateTime), term.Safe(e.Sender, 40), e.Action,
			fmt.Sprintf("%.1f", *e.Points), term.Safe(why, 70)})
	}
	t.Render()
	writeTallies(w, "week", s.weeks, func(*tally) bool { return true })
	writeTallies(w, "sender", s.all, func(t *tally) bool { return t.delayed+t.held > 0 })
	_, err := fmt.Fprintln(w)
	return err
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
