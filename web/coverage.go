package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/words"
	"hisseki/report"
	"hisseki/review"
)

// coveragePage is what hisseki can see, by sender, and what a tighter or looser setting would do.
type coveragePage struct {
	*request
	review.Coverage
	Signals []string
	List    []review.SenderLine
	Counted time.Time // when, zero while that is under way
	Modes   map[analyzer.Class]analyzer.Mode
	Fixed   bool // the configuration sets thresholds
	Picked  string
	Reason  string
}

// coverage shows for which senders which signals have enough history, what the last drill found, and
// the notches of the last calibration.
func (q *request) coverage() error { return q.showCoverage(http.StatusOK, "", "") }

func (q *request) showCoverage(status int, picked, reason string) error {
	list, at, err := q.s.busiest.get(q.ctx(), q.s.Review)
	if err != nil {
		return err
	}
	p := coveragePage{request: q, List: list, Counted: at, Modes: q.s.Review.Settings.Mode, Fixed: q.s.Review.Settings.Fixed,
		Picked: picked, Reason: reason}
	if p.Coverage, err = q.s.Review.Coverage(q.ctx()); err != nil {
		return err
	}
	if len(list) > 0 {
		for _, r := range list[0].Signals {
			p.Signals = append(p.Signals, r.Signals)
		}
	}
	q.Title, q.Nav = q.W("nav-coverage"), "coverage"
	return q.show(status, "coverage.html", p)
}

// setNotch sets the thresholds of a notch that somebody looked at, or lets history decide again.
func (q *request) setNotch() error {
	f := q.r.PostForm
	reason := strings.TrimSpace(f.Get("reason"))
	var err error
	if f.Get("follow") != "" {
		err = q.s.Review.FollowHistory(q.ctx(), q.actor(), reason)
	} else {
		factor, errFactor := strconv.ParseFloat(f.Get("notch"), 64)
		seen, errSeen := time.Parse(time.RFC3339Nano, f.Get("seen"))
		if errFactor != nil || errSeen != nil {
			err = review.UsageError{Err: errors.New("there is no such notch")}
		} else {
			err = q.s.Review.ApplyNotch(q.ctx(), q.actor(), factor, seen, reason)
		}
	}
	var usage review.UsageError
	switch {
	case errors.As(err, &usage):
		q.Problem = q.W("wrong-request") + " " + q.Mistake(usage.Error())
		return q.showCoverage(http.StatusBadRequest, f.Get("notch"), reason)
	case err != nil:
		return err
	}
	q.done("/coverage", "dial-set", 0)
	return nil
}

// Seen says which calibration a form is about.
func (p coveragePage) Seen() string { return p.Dial.At.Format(time.RFC3339Nano) }

// HasDrill says whether the notches were drilled too.
func (p coveragePage) HasDrill() bool { return len(p.Dial.Notches) > 0 && p.Dial.Notches[0].Drilled }

// Notch is the name of a setting: a percentage of the thresholds in force.
func (p coveragePage) Notch(n review.Notch) string { return percent(n.Factor) }

// Current says whether the page's form begins with this setting.
func (p coveragePage) Current(n review.Notch) bool {
	if p.Picked != "" {
		return p.Picked == p.Factor(n)
	}
	return n.Chosen
}

// Factor is a notch in a form.
func (p coveragePage) Factor(n review.Notch) string {
	return strconv.FormatFloat(n.Factor, 'g', -1, 64)
}

func percent(factor float64) string { return fmt.Sprintf("%.0f %%", factor*100) }

// few writes a figure a week, with as many digits as say something.
func few(x float64) string {
	switch {
	case x == 0:
		return "0"
	case x < 0.1: // one mail in 10,000 of an office that sends 209 a week
		return strconv.FormatFloat(x, 'g', 1, 64)
	case x < 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}

// Few writes a figure a week.
func (p coveragePage) Few(x float64) string { return few(x) }

// Budget is how many ordinary mails a week may be held.
func (p coveragePage) Budget() float64 {
	return p.Dial.Budget * float64(p.Dial.Mails) / max(p.Dial.Weeks, 1.0/7)
}

// Weeks are how long the mail was looked at.
func (p coveragePage) Weeks() string { return few(p.Dial.Weeks) }

// Geometry of the dial: ordinary mail that is held goes up from its middle, attackers' mail that
// escapes goes down.
const (
	dialWidth  = 720
	dialUp     = 120 // height of the upper half
	dialDown   = 80  // of the lower half
	dialTop    = 16
	dialMiddle = dialTop + dialUp
	dialGap    = 22 // where the notches are named, between the halves
)

// Drawing draws the notches: what each costs above, what it lets through below.
func (p coveragePage) Drawing() *Drawing {
	list := p.Dial.Notches
	first, last := list[0], list[len(list)-1]
	d := &Drawing{W: dialWidth, H: dialMiddle + dialGap + dialDown + 8, Says: p.W("draw-dial", len(list), few(first.Held),
		few(first.AtMost), first.Escaped, few(last.Held), few(last.AtMost), last.Escaped)}
	mostHeld, mostEscaped := p.Budget(), 1
	for _, n := range list {
		mostHeld, mostEscaped = max(mostHeld, n.Held), max(mostEscaped, n.Escaped)
	}
	top := max(mostHeld*1.15, 1)
	y := func(held float64) float64 { return dialMiddle - dialUp*min(held, top)/top }
	width := (dialWidth - barsLeft) / float64(len(list))
	for _, level := range []float64{mostHeld, mostHeld / 2} {
		d.Lines = append(d.Lines, Line{barsLeft, y(level), dialWidth, y(level), "grid"})
		d.Labels = append(d.Labels, Label{barsLeft - 6, y(level) + 4, few(level), "end"})
	}
	for i, n := range list {
		x := barsLeft + float64(i)*width
		title := p.W("draw-notch", percent(n.Factor), few(n.Held), few(n.AtMost), n.Escaped)
		class := "pass"
		if n.Held > p.Budget() {
			class = "delay"
		}
		bar := report.Rect{X: x + width*0.2, W: width * 0.6, Title: title}
		up, down, back := bar, bar, bar
		back.X, back.W, back.Y, back.H, back.Class = x+1, width-2, dialTop, d.H-dialTop, "ground"
		if n.Chosen {
			back.Class = "chosen"
		}
		up.Y, up.H, up.Class = y(n.Held), dialMiddle-y(n.Held), class
		down.Y, down.H, down.Class = dialMiddle+dialGap, dialDown*float64(n.Escaped)/float64(mostEscaped), "hold"
		d.Rects = append(d.Rects, back, up, down)
		middle := x + width/2
		d.Lines = append(d.Lines, Line{middle, y(n.Held), middle, y(n.AtMost), "bound"},
			Line{middle - 5, y(n.AtMost), middle + 5, y(n.AtMost), "bound"})
		d.Labels = append(d.Labels, Label{middle, dialMiddle + 15, percent(n.Factor), "middle"})
	}
	d.Labels = append(d.Labels, Label{barsLeft - 6, dialMiddle + dialGap + dialDown, itoa(mostEscaped), "end"})
	d.Lines = append(d.Lines, Line{barsLeft, dialMiddle, dialWidth, dialMiddle, "axis"},
		Line{barsLeft, dialMiddle + dialGap, dialWidth, dialMiddle + dialGap, "axis"},
		Line{barsLeft, y(p.Budget()), dialWidth, y(p.Budget()), "usual"})
	return d
}

// Recipe says what a recipe of the drill does, "" where its name is all that is said.
func (p coveragePage) Recipe(name string) string {
	if said := p.Named("recipe-", name); said != words.Unlink(name) {
		return said
	}
	return ""
}
