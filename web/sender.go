package web

import (
	"errors"
	"net/http"
	"strings"

	"hisseki/review"
)

// sendersPage lists senders.
type sendersPage struct {
	*request
	List []review.SenderLine
	Name string // that was looked for
}

// maxSenders is how many senders a page lists, the busiest first.
const maxSenders = 50

func (q *request) senders() error {
	list, err := q.s.Review.Senders(q.ctx(), maxSenders)
	if err != nil && !errors.Is(err, review.ErrNothing) {
		return err
	}
	q.Title, q.Nav = q.W("nav-senders"), "senders"
	return q.show(http.StatusOK, "senders.html", sendersPage{q, list, ""})
}

// senderPage is what is usual for a sender.
type senderPage struct {
	*request
	*review.Picture
	Mails, Recipients, Week *Drawing
}

func (q *request) sender() error {
	name := strings.TrimSpace(q.r.URL.Query().Get("name"))
	p, err := q.s.Review.ShowPicture(q.ctx(), q.actor(), name, q.Location())
	if errors.Is(err, review.ErrNothing) {
		q.Title, q.Nav, q.Problem = q.W("nav-senders"), "senders", q.W("sender-unknown", q.Clean(name))
		return q.show(http.StatusNotFound, "senders.html", sendersPage{q, nil, name})
	}
	if err != nil {
		return err
	}
	q.Title, q.Nav = q.Clean(p.Sender.Sender), "senders"
	return q.show(http.StatusOK, "sender.html", senderPage{q, p, q.drawDays(p, false), q.drawDays(p, true), q.drawWeek(p)})
}

// Today is the last day of the picture.
func (p senderPage) Today() review.Day { return p.Days[len(p.Days)-1] }
