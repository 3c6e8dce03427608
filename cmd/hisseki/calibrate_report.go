package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"hisseki/calibration"
	"hisseki/drill"
)

// calibrateReport is what calibrate found, by notch.
type calibrateReport struct {
	*calibrator
	notches []calibration.Notch
	hold    int // chosen, by index
	delay   int
	drills  map[int]drill.Total // by notch; none for no drill
	fits    bool                // the choice keeps the budget, or is the admin's
	applied bool
}

// notchLine is one notch as --json prints it, schema 1.
type notchLine struct {
	Schema        int        `json:"schema"`
	Kind          string     `json:"kind"` // "notch"
	Factor        float64    `json:"factor"`
	Hold          float64    `json:"hold"`
	Sum           float64    `json:"sum"`
	Delay         float64    `json:"delay"`
	Holds         int        `json:"holds"`
	HoldsWeek     float64    `json:"holds_per_week"`
	HoldEpisodes  int        `json:"hold_episodes"`
	HoldShare     float64    `json:"hold_share"`
	HoldBound     float64    `json:"hold_share_at_most"` // with 95 % confidence
	Delays        int        `json:"delays"`
	DelaysWeek    float64    `json:"delays_per_week"`
	DelayEpisodes int        `json:"delay_episodes"`
	DelayShare    float64    `json:"delay_share"`
	DelayBound    float64    `json:"delay_share_at_most"`
	ChosenHold    bool       `json:"chosen_hold"`
	ChosenDelay   bool       `json:"chosen_delay"`
	Drill         *drillCost `json:"drill"` // null without a drill
}

// drillCost is what a notch costs when accounts are broken into.
type drillCost struct {
	Thefts    int `json:"thefts"`
	Contained int `json:"contained"`
	Mails     int `json:"mails"`
	Escaped   int `json:"escaped"`
	Median    int `json:"escaped_median"`
	P90       int `json:"escaped_p90"`
	Most      int `json:"escaped_most"`
}

// find returns the notch of a factor.
func (r *calibrateReport) find(factor float64) (int, bool) {
	for i := range r.notches {
		if math.Abs(r.notches[i].Factor-factor) < 1e-9 {
			return i, true
		}
	}
	return 0, false
}

func (r *calibrateReport) lines() []notchLine {
	out := make([]notchLine, len(r.notches))
	for i := range r.notches {
		n := &r.notches[i]
		l := notchLine{1, "notch", n.Factor, n.Thresholds.Hold, n.Thresholds.Sum,
			n.Thresholds.Delay, n.Holds, r.history.PerWeek(n.Holds), n.HoldEpisodes, n.HoldShare,
			n.HoldBound, n.Delays, r.history.PerWeek(n.Delays), n.DelayEpisodes, n.DelayShare,
			n.DelayBound, i == r.hold, i == r.delay, nil}
		if t, ok := r.drills[i]; ok {
			l.Drill = &drillCost{t.Thefts, t.Contained, t.Mails, t.Escaped, t.Quantile(0.5),
				t.Quantile(0.9), t.Quantile(1)}
		}
		out[i] = l
	}
	return out
}

func (r *calibrateReport) write(w io.Writer) error {
	lines := r.lines()
	if r.flags.json {
		return writeLines(w, lines)
	}
	if err := r.head(w); err != nil {
		return err
	}
	t := newTable(w, "notch", "hold", "sum", "held a week", "episodes", "one in", "95 %", "delay",
		"delayed a week", "one in", "contained", "escaped", "p90", "worst")
	for i := range lines {
		l := &lines[i]
		mark := ""
		if r.notches[i].Factor == 1 {
			mark = " now"
		}
		row := []string{fmt.Sprintf("%.1f%s", l.Factor, mark), fmt.Sprintf("%.1f", l.Hold),
			fmt.Sprintf("%.1f%s", l.Sum, star(l.ChosenHold)), fmt.Sprintf("%.1f", l.HoldsWeek),
			fmt.Sprint(l.HoldEpisodes), oneIn(l.HoldShare), oneIn(l.HoldBound),
			fmt.Sprintf("%.1f%s", l.Delay, star(l.ChosenDelay)), fmt.Sprintf("%.1f", l.DelaysWeek),
			oneIn(l.DelayShare)}
		if d := l.Drill; d != nil {
			row = append(row, fmt.Sprintf("%d of %d", d.Contained, d.Thefts),
				fmt.Sprintf("%d of %d", d.Escaped, d.Mails), fmt.Sprint(d.P90), fmt.Sprint(d.Most))
		}
		t.row(row...)
	}
	if err := t.write(); err != nil {
		return err
	}
	return r.foot(w)
}

func star(chosen bool) string {
	if chosen {
		return " *"
	}
	return ""
}

// oneIn writes a share as people say it.
func oneIn(share float64) string {
	if share <= 0 {
		return "none"
	}
	return fmt.Sprintf("%.0f", 1/share)
}

// head says what was looked at.
func (c *calibrator) head(w io.Writer) error {
	h := &c.history
	_, err := fmt.Fprintf(w, "%s of %s in %.1f weeks; left out: %d of attacks, %d undecided,"+
		" %d decided by rules, %d of the first days\nbudget: one false hold in %s, one delay in %s\n\n",
		counted(len(h.Mails), "ordinary mail"), counted(h.Senders, "account"), h.Weeks(), h.Attacks,
		h.Undecided, h.Ruled, h.WarmUp, oneIn(c.budget().Holds), oneIn(c.budget().Delays))
	return err
}

// foot says what was chosen, how sure that is, and what to do.
func (r *calibrateReport) foot(w io.Writer) error {
	if !r.fits {
		_, err := fmt.Fprintln(w, "\n* the nearest to the budget, which no notch keeps")
		return err
	}
	var b strings.Builder
	t := calibration.Merge(r.notches, r.hold, r.delay)
	fmt.Fprintf(&b, "\n* chosen: hold %.1f, sum %.1f (notch %.1f), delay %.1f (notch %.1f)\n", t.Hold,
		t.Sum, r.notches[r.hold].Factor, t.Delay, r.notches[r.delay].Factor)
	if bound := r.notches[r.hold].HoldBound; bound > r.budget().Holds {
		fmt.Fprintf(&b, "  so few mails prove only one false hold in %s; %d without any would prove the"+
			" budget\n", oneIn(bound), calibration.Needed(r.budget().Holds))
	}
	v := r.cfg.Verdict
	switch {
	case v.Hold != 0 || v.Sum != 0 || v.Delay != 0:
		b.WriteString("  [verdict] of the configuration goes before: take its lines out to use these\n")
	case r.applied:
		b.WriteString("  applied; serve takes it up within a minute\n")
	default:
		b.WriteString("  nothing is changed: use it with --apply, or choose with --notch\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// actualLine is what really happened, as calibrate --show --json prints it, schema 1.
type actualLine struct {
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

// show prints actual against budget, by mail and by episode.
func (c *calibrator) show() error {
	h, w := &c.history, c.cmd.OutOrStdout()
	a, n := h.Actual(), len(h.Mails)
	lines := []actualLine{
		{What: "false holds", Count: a.Holds, Episodes: a.HoldEpisodes, Budget: c.budget().Holds},
		{What: "delays", Count: a.Delays, Episodes: a.DelayEpisodes, Budget: c.budget().Delays},
	}
	t := newTable(w, "", "mails", "episodes", "a week", "one in", "95 %", "budget", "")
	for i := range lines {
		l := &lines[i]
		l.Schema, l.Kind, l.Mails, l.Week = 1, "budget", n, h.PerWeek(l.Count)
		l.Share, l.Bound = float64(l.Count)/float64(n), calibration.Upper(l.Count, n)
		switch {
		case l.Share > l.Budget:
			l.State = "broken"
		case l.Bound > l.Budget:
			l.State = "not proved"
		default:
			l.State = "kept"
		}
		t.row(l.What, fmt.Sprint(l.Count), fmt.Sprint(l.Episodes), fmt.Sprintf("%.1f", l.Week),
			oneIn(l.Share), oneIn(l.Bound), oneIn(l.Budget), l.State)
	}
	if c.flags.json {
		if err := writeLines(w, lines); err != nil {
			return err
		}
		return c.episodes(w)
	}
	if err := c.head(w); err != nil {
		return err
	}
	if err := t.write(); err != nil {
		return err
	}
	return c.episodes(w)
}

// episodeLine is one sender's holds within a day, as calibrate --show --json prints it,
// schema 1.
type episodeLine struct {
	Schema int       `json:"schema"`
	Kind   string    `json:"kind"` // "episode"
	Sender string    `json:"sender"`
	First  time.Time `json:"first"`
	Mails  int       `json:"mails"`
	Most   float64   `json:"most"` // points of the most unusual one
}

// episodes names whose ordinary mail was held.
func (c *calibrator) episodes(w io.Writer) error {
	list := c.history.Episodes()
	lines := make([]episodeLine, len(list))
	t := newTable(w, "held from", "account", "mails", "most points")
	for i, e := range list {
		lines[i] = episodeLine{1, "episode", e.Sender, e.First, e.Mails, e.Most}
		t.row(stamp(e.First), safe(e.Sender, 60), fmt.Sprint(e.Mails), points(e.Most))
	}
	if c.flags.json {
		return writeLines(w, lines)
	}
	if len(list) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return t.write()
}
