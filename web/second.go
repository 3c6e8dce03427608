package web

import (
	"errors"
	"net/http"
	"strings"

	"hisseki/ledger"
	"hisseki/review"
)

// secondPage is a release that waits for a second reviewer.
type secondPage struct {
	*request
	R    *ledger.Request
	Mail *review.HoldPage
}

// Own says whether the reviewer himself asked: he cannot agree.
func (p secondPage) Own() bool { return p.R.Person == p.Session.Name }

func (q *request) second() error {
	r, err := q.s.Review.Request(q.ctx(), q.r.PathValue("id"))
	if err != nil {
		return q.secondOver(err)
	}
	mail, err := q.s.Review.RequestMail(q.ctx(), r, maxChoiceRows)
	if err != nil {
		return err
	}
	q.Title, q.Nav = q.W("second-title"), "now"
	return q.show(http.StatusOK, "second.html", secondPage{q, r, mail})
}

// secondOver says that somebody saw to a request, or that it is too old.
func (q *request) secondOver(err error) error {
	if errors.Is(err, review.ErrNothing) && q.r.Method == http.MethodPost {
		q.done("/", "second-over", 0)
		return nil
	}
	return err
}

func (q *request) agree() error {
	n, err := q.s.Review.Agree(q.ctx(), q.actor(), q.r.PathValue("id"))
	switch {
	case errors.Is(err, review.ErrSame):
		return errForbidden
	case errors.Is(err, review.ErrMore):
		q.done("/request/"+q.r.PathValue("id"), "second-more", 0)
		return nil
	case err != nil && !errors.Is(err, review.ErrPartly):
		return q.secondOver(err)
	}
	q.done("/", "second-done", n)
	return nil
}

func (q *request) disagree() error {
	err := q.s.Review.Disagree(q.ctx(), q.actor(), q.r.PathValue("id"), strings.TrimSpace(q.r.PostForm.Get("reason")))
	if err != nil {
		return q.secondOver(err)
	}
	q.done("/", "second-refused", 0)
	return nil
}

// askedSecond shows the request that a decision has become; false when it was decided at once.
func (q *request) askedSecond(err error) bool {
	var second review.SecondError
	if !errors.As(err, &second) {
		return false
	}
	q.done("/request/"+second.Request, "second-asked", 0)
	return true
}
