package web

import (
	"net/http"

	"hisseki/analyzer"
	"hisseki/ledger"
	"hisseki/review"
)

// nowPage is how things stand.
type nowPage struct {
	*request
	*review.Overview
	Milter  string // what is wrong with it, "" for nothing
	Drawing *Drawing
}

func (q *request) now() error {
	o, err := q.s.Review.Overview(q.ctx())
	if err != nil {
		return err
	}
	p := nowPage{request: q, Overview: o, Drawing: q.drawDay(o.Hours)}
	if q.s.Milter != nil {
		if err := q.s.Milter(); err != nil {
			p.Milter = err.Error()
		}
	}
	q.Title, q.Nav = q.W("nav-now"), "now"
	if q.byItself() {
		return q.part("now.html", "live", p)
	}
	return q.show(http.StatusOK, "now.html", p)
}

// Passed counts the mail of a day that went at once.
func (p nowPage) Passed() int { return p.Status.Day[analyzer.Pass] }

// HeldDay counts the day's mail that mode enforce holds.
func (p nowPage) HeldDay() int { return p.Status.Would[analyzer.Hold] }

// DelayedDay counts the day's mail that mode enforce delays.
func (p nowPage) DelayedDay() int { return p.Status.Would[analyzer.Delay] }

// Unjudged counts the day's mail that nobody looked at.
func (p nowPage) Unjudged() int { return p.Status.Would[analyzer.Unjudged] }

// Held counts the mail that waits for a person.
func (p nowPage) Held() int { return p.Status.Queue[ledger.Held] }

// First returns the first so many signs that have points.
func (q *request) First(list []analyzer.Evidence, n int) (out []analyzer.Evidence) {
	for _, e := range list {
		if e.Points > 0 && len(out) < n {
			out = append(out, e)
		}
	}
	return out
}
