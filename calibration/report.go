package calibration

import (
	"fmt"
	"io"
	"strings"

	"hisseki/internal/jsonl"
	"hisseki/internal/table"
	"hisseki/internal/term"
)

// NotchLine is one notch as JSON, schema 1.
type NotchLine struct {
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
	Drill         *DrillCost `json:"drill"` // null without a drill
}

// DrillCost is what a notch costs when accounts are broken into.
type DrillCost struct {
	Thefts    int `json:"thefts"`
	Contained int `json:"contained"`
	Mails     int `json:"mails"`
	Escaped   int `json:"escaped"`
	Median    int `json:"escaped_median"`
	P90       int `json:"escaped_p90"`
	Most      int `json:"escaped_most"`
}

// Lines are the notches as JSON.
func (t *Trial) Lines() []NotchLine {
	out := make([]NotchLine, len(t.Notches))
	for i := range t.Notches {
		n := &t.Notches[i]
		l := NotchLine{1, "notch", n.Factor, n.Thresholds.Hold, n.Thresholds.Sum,
			n.Thresholds.Delay, n.Holds, t.History.PerWeek(n.Holds), n.HoldEpisodes, n.HoldShare,
			n.HoldBound, n.Delays, t.History.PerWeek(n.Delays), n.DelayEpisodes, n.DelayShare,
			n.DelayBound, i == t.Hold, i == t.Delay, nil}
		if d, ok := t.drills[i]; ok {
			l.Drill = &DrillCost{d.Thefts, d.Contained, d.Mails, d.Escaped, d.Quantile(0.5),
				d.Quantile(0.9), d.Quantile(1)}
		}
		out[i] = l
	}
	return out
}

// WriteJSON prints the notches as JSON lines.
func (t *Trial) WriteJSON(w io.Writer) error { return jsonl.Write(w, t.Lines()) }

// Write prints the notches, what was chosen, and what to do. fixed says that the
// configuration sets thresholds, which go before; applied that the choice is in force.
func (t *Trial) Write(screen table.Screen, fixed, applied bool) error {
	if err := t.History.head(screen, t.Budget.Holds, t.Budget.Delays); err != nil {
		return err
	}
	list := table.New(screen, table.Fixed("notch"), table.Fixed("hold"), table.Fixed("sum"),
		table.Fixed("delay"), table.Fixed("held/week"), table.Fixed("one in"), table.Fixed("95 %"),
		table.Fixed("contained"), table.Fixed("escaped"), table.Spare("p90", 3), table.Spare("worst", 5),
		table.Spare("delayed/week", 12), table.Spare("delayed one in", 14), table.Spare("episodes", 8))
	lines := t.Lines()
	for i := range lines {
		list.Row(t.row(&lines[i])...)
	}
	if err := list.Write(); err != nil {
		return err
	}
	return t.foot(screen, fixed, applied)
}

// row is a notch in a list.
func (t *Trial) row(l *NotchLine) []string {
	mark := ""
	if l.Factor == 1 {
		mark = " now"
	}
	contained, escaped, p90, worst := "", "", "", ""
	if d := l.Drill; d != nil {
		contained, escaped = fmt.Sprintf("%d of %d", d.Contained, d.Thefts), fmt.Sprintf("%d of %d", d.Escaped, d.Mails)
		p90, worst = fmt.Sprint(d.P90), fmt.Sprint(d.Most)
	}
	return []string{fmt.Sprintf("%.1f%s", l.Factor, mark), fmt.Sprintf("%.1f", l.Hold),
		fmt.Sprintf("%.1f%s", l.Sum, star(l.ChosenHold)), fmt.Sprintf("%.1f%s", l.Delay, star(l.ChosenDelay)),
		fmt.Sprintf("%.1f", l.HoldsWeek), oneIn(l.HoldShare), oneIn(l.HoldBound), contained, escaped, p90,
		worst, fmt.Sprintf("%.1f", l.DelaysWeek), oneIn(l.DelayShare), fmt.Sprint(l.HoldEpisodes)}
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

// head says what was looked at, against which budget.
func (h *History) head(w io.Writer, holds, delays float64) error {
	_, err := fmt.Fprintf(w, "%s of %s in %.1f weeks; left out: %d of attacks, %d undecided,"+
		" %d decided by rules, %d of the first days\nbudget: one false hold in %s, one delay in %s\n\n",
		term.Count(len(h.Mails), "ordinary mail"), term.Count(h.Senders, "account"), h.Weeks(), h.Attacks,
		h.Undecided, h.Ruled, h.WarmUp, oneIn(holds), oneIn(delays))
	return err
}

// foot says what was chosen, how sure that is, and what to do.
func (t *Trial) foot(w io.Writer, fixed, applied bool) error {
	if !t.Fits {
		_, err := fmt.Fprintln(w, "\n* the nearest to the budget, which no notch keeps")
		return err
	}
	var b strings.Builder
	c := t.Thresholds()
	fmt.Fprintf(&b, "\n* chosen: hold %.1f, sum %.1f (notch %.1f), delay %.1f (notch %.1f)\n", c.Hold,
		c.Sum, t.Notches[t.Hold].Factor, c.Delay, t.Notches[t.Delay].Factor)
	if bound := t.Notches[t.Hold].HoldBound; bound > t.Budget.Holds {
		fmt.Fprintf(&b, "  so few mails prove only one false hold in %s; %d without any would prove the"+
			" budget\n", oneIn(bound), Needed(t.Budget.Holds))
	}
	switch {
	case fixed:
		b.WriteString("  [verdict] of the configuration goes before: take its lines out to use these\n")
	case applied:
		b.WriteString("  applied; serve takes it up within a minute\n")
	default:
		b.WriteString("  nothing is changed: use it with --apply, or choose with --notch\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
