package web

import (
	"context"
	"net/http"
	"slices"

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
	if q.byItself() {
		return q.part("now.html", "live", func(ctx context.Context) (any, error) { return q.nowPage(ctx) })
	}
	p, err := q.nowPage(q.ctx())
	if err != nil {
		return err
	}
	q.Title, q.Nav = q.W("nav-now"), "now"
	return q.show(http.StatusOK, "now.html", p)
}

// overview is how things stand, and what is wrong with the milter.
type overview struct {
	*review.Overview
	milter string
}

func (q *request) nowPage(ctx context.Context) (*nowPage, error) {
	o, err := remember(ctx, &q.s.memory, "now", func(ctx context.Context) (o overview, err error) {
		if q.s.Milter != nil {
			if err := q.s.Milter(); err != nil {
				o.milter = err.Error()
			}
		}
		o.Overview, err = q.s.Review.Overview(ctx)
		return o, err
	})
	if err != nil {
		return nil, err
	}
	return &nowPage{request: q, Overview: o.Overview, Milter: o.milter, Drawing: q.drawDay(o.Hours)}, nil
}

// Sick says that hisseki itself needs somebody: nothing to decide is no calm then.
func (p nowPage) Sick() bool {
	return p.Milter != "" || len(p.Agents) == 0 || p.Overdue > 0 || p.Unjudged() > 0 ||
		slices.ContainsFunc(p.Agents, func(a review.Agent) bool { return a.Stale })
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
