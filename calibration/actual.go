package calibration

import (
	"fmt"
	"io"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/jsonl"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
)

// ActualLine is what really happened, as JSON, schema 1.
type ActualLine struct {
	Schema   int     `json:"schema"`
	Kind     string  `json:"kind"` // "budget"
	What     string  `json:"what"` // "false holds" or "delays"
	Mails    int     `json:"mails"`
	Count    int     `json:"count"`
	Episodes int     `json:"episodes"`
	Week     float64 `json:"per_week"`
	Share    float64 `json:"share"`
	Bound    float64 `json:"share_at_most"` // with 95 % confidence
	Budget   float64 `json:"budget"`
	State    string  `json:"state"` // "kept", "not proved" or "broken"
}

// ActualLines say what really happened, against the budget.
func (h *History) ActualLines(b analyzer.Budget) []ActualLine {
	a, n := h.Actual(), len(h.Mails)
	lines := []ActualLine{
		{What: "false holds", Count: a.Holds, Episodes: a.HoldEpisodes, Budget: b.Holds},
		{What: "delays", Count: a.Delays, Episodes: a.DelayEpisodes, Budget: b.Delays},
	}
	for i := range lines {
		l := &lines[i]
		l.Schema, l.Kind, l.Mails, l.Week = 1, "budget", n, h.PerWeek(l.Count)
		l.Share, l.Bound = float64(l.Count)/float64(n), Upper(l.Count, n)
		switch {
		case l.Share > l.Budget:
			l.State = "broken"
		case l.Bound > l.Budget:
			l.State = "not proved"
		default:
			l.State = "kept"
		}
	}
	return lines
}

// EpisodeLine is one sender's holds within a day, as JSON, schema 1.
type EpisodeLine struct {
	Schema int       `json:"schema"`
	Kind   string    `json:"kind"` // "episode"
	Sender string    `json:"sender"`
	First  time.Time `json:"first"`
	Mails  int       `json:"mails"`
	Most   float64   `json:"most"` // points of the most unusual one
}

func (h *History) episodeLines() []EpisodeLine {
	var lines []EpisodeLine
	for _, e := range h.Episodes() {
		lines = append(lines, EpisodeLine{1, "episode", e.Sender, e.First, e.Mails, e.Most})
	}
	return lines
}

// WriteActualJSON prints what really happened, and whose ordinary mail was held, as JSON
// lines.
func (h *History) WriteActualJSON(w io.Writer, b analyzer.Budget) error {
	if err := jsonl.Write(w, h.ActualLines(b)); err != nil {
		return err
	}
	return jsonl.Write(w, h.episodeLines())
}

// WriteActual prints the same for people.
func (h *History) WriteActual(screen table.Screen, w words.Reader, b analyzer.Budget) error {
	if err := h.head(screen, w, b.Holds, b.Delays); err != nil {
		return err
	}
	t := table.New(screen, table.Fixed(w.W("cal-what")), table.Fixed(w.W("measure-mails")), table.Fixed(w.W("cal-episodes")),
		table.Fixed(w.W("cal-a-week")), table.Fixed(w.W("cal-one-in")), table.Fixed(w.W("cal-95")), table.Fixed(w.W("cal-target")),
		table.Fixed(w.W("cal-state")))
	for _, l := range h.ActualLines(b) {
		t.Row(w.W("cal-what-"+l.What), fmt.Sprint(l.Count), fmt.Sprint(l.Episodes), fmt.Sprintf("%.1f", l.Week),
			oneIn(w, l.Share), oneIn(w, l.Bound), oneIn(w, l.Budget), w.W("cal-state-"+l.State))
	}
	if err := t.Write(); err != nil {
		return err
	}
	episodes := h.episodeLines()
	if len(episodes) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(screen); err != nil {
		return err
	}
	t = table.New(screen, table.Fixed(w.W("cal-held-from")), table.Cut(w.W("theft-account"), 20), table.Fixed(w.W("measure-mails")),
		table.Fixed(w.W("cal-most")))
	for _, e := range episodes {
		t.Row(term.Stamp(e.First), term.Safe(e.Sender, 60), fmt.Sprint(e.Mails), fmt.Sprintf("%.1f", e.Most))
	}
	return t.Write()
}
