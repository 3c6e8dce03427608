package calibration

import (
	"fmt"
	"io"
	"strings"

	"hisseki/internal/jsonl"
	"hisseki/internal/table"
	"hisseki/internal/words"
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
func (t *Trial) Write(screen table.Screen, w words.Reader, fixed, applied bool) error {
	if err := t.History.head(screen, w, t.Budget.Holds, t.Budget.Delays); err != nil {
		return err
	}
	list := table.New(screen, table.Fixed(w.W("cal-notch")), table.Fixed(w.W("cal-hold")), table.Fixed(w.W("cal-sum")),
		table.Fixed(w.W("cal-delay")), table.Fixed(w.W("cal-held-week")), table.Fixed(w.W("cal-one-in")), table.Fixed(w.W("cal-95")),
		table.Fixed(w.W("cal-contained")), table.Fixed(w.W("cal-escaped")), table.Spare(w.W("cal-p90"), 3),
		table.Spare(w.W("cal-worst"), 5), table.Spare(w.W("cal-delayed-week"), 12), table.Spare(w.W("cal-delayed-one"), 14),
		table.Spare(w.W("cal-episodes"), 8))
	lines := t.Lines()
	for i := range lines {
		list.Row(row(w, &lines[i])...)
	}
	if err := list.Write(); err != nil {
		return err
	}
	return t.foot(screen, w, fixed, applied)
}

// row is a notch in a list.
func row(w words.Reader, l *NotchLine) []string {
	mark := ""
	if l.Factor == 1 {
		mark = w.W("cal-now")
	}
	contained, escaped, p90, worst := "", "", "", ""
	if d := l.Drill; d != nil {
		contained = w.W("measure-of", fmt.Sprint(d.Contained), fmt.Sprint(d.Thefts))
		escaped = w.W("measure-of", fmt.Sprint(d.Escaped), fmt.Sprint(d.Mails))
		p90, worst = fmt.Sprint(d.P90), fmt.Sprint(d.Most)
	}
	return []string{fmt.Sprintf("%.1f%s", l.Factor, mark), fmt.Sprintf("%.1f", l.Hold),
		fmt.Sprintf("%.1f%s", l.Sum, star(l.ChosenHold)), fmt.Sprintf("%.1f%s", l.Delay, star(l.ChosenDelay)),
		fmt.Sprintf("%.1f", l.HoldsWeek), oneIn(w, l.HoldShare), oneIn(w, l.HoldBound), contained, escaped, p90,
		worst, fmt.Sprintf("%.1f", l.DelaysWeek), oneIn(w, l.DelayShare), fmt.Sprint(l.HoldEpisodes)}
}

func star(chosen bool) string {
	if chosen {
		return " *"
	}
	return ""
}

// oneIn writes a share as people say it.
func oneIn(w words.Reader, share float64) string {
	if share <= 0 {
		return w.W("measure-none")
	}
	return fmt.Sprintf("%.0f", 1/share)
}

// head says what was looked at, against which budget.
func (h *History) head(out io.Writer, w words.Reader, holds, delays float64) error {
	head := words.Say("cal-head", words.Count(len(h.Mails), "ordinary mail"), words.Count(h.Senders, "account"),
		fmt.Sprintf("%.1f", h.Weeks()), h.Attacks, h.Undecided, h.Ruled, h.WarmUp)
	_, err := fmt.Fprintf(out, "%s\n%s\n\n", w.Say(head), w.W("cal-budget", oneIn(w, holds), oneIn(w, delays)))
	return err
}

// foot says what was chosen, how sure that is, and what to do.
func (t *Trial) foot(out io.Writer, w words.Reader, fixed, applied bool) error {
	if !t.Fits {
		_, err := fmt.Fprintf(out, "\n%s\n", w.W("cal-nearest"))
		return err
	}
	var b strings.Builder
	c := t.Thresholds()
	figure := func(f float64) string { return fmt.Sprintf("%.1f", f) }
	fmt.Fprintf(&b, "\n%s\n", w.W("cal-chosen", figure(c.Hold), figure(c.Sum), figure(t.Notches[t.Hold].Factor),
		figure(c.Delay), figure(t.Notches[t.Delay].Factor)))
	if bound := t.Notches[t.Hold].HoldBound; bound > t.Budget.Holds {
		fmt.Fprintln(&b, w.W("cal-few", oneIn(w, bound), Needed(t.Budget.Holds)))
	}
	switch {
	case fixed:
		fmt.Fprintln(&b, w.W("cal-fixed"))
	case applied:
		fmt.Fprintln(&b, w.W("cal-applied"))
	default:
		fmt.Fprintln(&b, w.W("cal-unchanged"))
	}
	_, err := io.WriteString(out, b.String())
	return err
}
