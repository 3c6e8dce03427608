package replay

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
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
	evidence []analyzer.Evidence // the heaviest piece first
	thenHeld bool                // delayed first, then held with a later mail
	tallies  [3]*tally
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
	r := keptRow{at: e.Time, file: e.File, sender: e.Sender, action: e.Action, tallies: tallies, evidence: e.Evidence}
	if e.Points != nil {
		r.points = *e.Points
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
func (s *Summary) Write(screen table.Screen, w words.Reader) error {
	if s.total.mails == 0 {
		_, err := fmt.Fprintln(screen, w.W("replay-no-mail"))
		return err
	}
	if err := s.writeKept(screen, w); err != nil {
		return err
	}
	if err := writeTallies(screen, w, "replay-week", s.weeks, func(*tally) bool { return true }); err != nil {
		return err
	}
	if len(s.kept) > 0 {
		err := writeTallies(screen, w, "replay-sender", s.senders, func(t *tally) bool { return t.delayed+t.held > 0 })
		if err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(screen, w.Say(words.Say("replay-total", words.Count(s.total.mails, "mail"), words.Count(len(s.senders), "sender"),
		s.first.Format(time.DateOnly), s.last.Format(time.DateOnly), s.total.delayed, s.total.held)))
	return err
}

// writeKept lists what would have been delayed or held.
func (s *Summary) writeKept(screen table.Screen, w words.Reader) error {
	if len(s.kept) == 0 {
		return nil
	}
	t := table.New(screen, table.Fixed(w.W("replay-time")), table.Cut(w.W("replay-sender"), 16), table.Fixed(w.W("replay-action")),
		table.Fixed(w.W("replay-points")), table.Cut(w.W("replay-why"), 16), table.Spare(w.W("replay-file"), 12))
	for i := range s.kept {
		t.Row(s.kept[i].cells(w)...)
	}
	if err := t.Write(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(screen)
	return err
}

func (r *keptRow) cells(w words.Reader) []string {
	action := term.Safe(string(r.action), 20)
	switch {
	case r.thenHeld:
		action = w.W("replay-then-held")
	case w.Japanese():
		action = w.Named("replay-act-", action)
	}
	return []string{r.at.UTC().Format(time.DateTime), term.Safe(r.sender, 40), action, fmt.Sprintf("%.1f", r.points),
		reason(w, r.evidence, 90), term.Safe(r.file, 60)}
}

// reason is the heaviest piece of evidence, and how many more there are.
func reason(w words.Reader, list []analyzer.Evidence, most int) string {
	if len(list) == 0 {
		return ""
	}
	text := list[0].Text
	if w.Japanese() {
		text = w.Sign(list[0])
	}
	text = term.Safe(text, most)
	if len(list) > 1 {
		text += w.W("measure-plus", len(list)-1)
	}
	return text
}

func writeTallies(screen table.Screen, w words.Reader, head string, m map[string]*tally, show func(*tally) bool) error {
	t := table.New(screen, table.Cut(w.W(head), 16), table.Fixed(w.W("measure-mails")), table.Fixed(w.W("replay-delayed")),
		table.Fixed(w.W("replay-held")))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if n := m[k]; show(n) {
			t.Row(term.Safe(k, 60), fmt.Sprint(n.mails), fmt.Sprint(n.delayed), fmt.Sprint(n.held))
		}
	}
	if err := t.Write(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(screen)
	return err
}
