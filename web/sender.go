package web

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"time"

	"hisseki/internal/jsonl"
	"hisseki/review"
)

// sendersPage lists senders.
type sendersPage struct {
	*request
	List    []review.SenderLine
	Counted time.Time // when, zero while that is under way
	Name    string    // that was looked for
}

func (q *request) senders() error {
	list, at, err := q.s.busiest.get(q.ctx(), q.s.Review)
	if err != nil {
		return err
	}
	q.Title, q.Nav = q.W("nav-senders"), "senders"
	return q.show(http.StatusOK, "senders.html", sendersPage{q, list, at, ""})
}

// maxExportBytes bounds a file about one sender: more is for the command line.
const maxExportBytes = 64 << 20

var errTooLong = review.UsageError{Err: errors.New("that is more than a page can give: use hisseki sender export")}

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
		return q.show(http.StatusNotFound, "senders.html", sendersPage{q, nil, q.Now, name})
	}
	if err != nil {
		return err
	}
	q.Title, q.Nav = q.Clean(p.Sender.Sender), "senders"
	return q.show(http.StatusOK, "sender.html", senderPage{q, p, q.drawDays(p, false), q.drawDays(p, true), q.drawWeek(p)})
}

// Today is the last day of the picture.
func (p senderPage) Today() review.Day { return p.Days[len(p.Days)-1] }

// exportSender gives all that is stored about a sender as a file: the answer to somebody who asks
// what is known of him.
func (q *request) exportSender() error {
	var b bytes.Buffer
	err := q.s.Review.ExportSender(q.ctx(), q.actor(), strings.TrimSpace(q.r.URL.Query().Get("name")),
		func(row map[string]any) error {
			if b.Len() > maxExportBytes {
				return errTooLong
			}
			line, err := jsonl.Line(row)
			b.Write(line)
			return err
		})
	if err != nil {
		return err
	}
	h := q.w.Header()
	h.Set("Content-Type", "application/jsonl")
	h.Set("Content-Disposition", `attachment; filename="hisseki-sender.jsonl"`)
	_, err = b.WriteTo(q.w)
	return err
}
