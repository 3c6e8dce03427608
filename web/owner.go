package web

import (
	"errors"
	"net/http"

	"hisseki/access"
	"hisseki/ask"
	"hisseki/ledger"
	"hisseki/review"
)

// ownerPage asks an account's owner whether the mail of an incident is his. It is all that he sees:
// what he would know if it were his.
type ownerPage struct {
	*request
	Question *ask.Question
	Mail     *review.HoldPage
	More     int // mails that are not listed
}

// ownerMail is how much of the mail is listed, the newest first.
const ownerMail = 5

// owner shows what an owner is asked. Programs that look at links in messages answer nothing.
func (q *request) owner() error {
	found, err := q.ownersQuestion()
	if err != nil {
		return q.ownerOver(err)
	}
	mail, err := q.s.Review.AskedMail(q.ctx(), found.Incident, found.Sender, ownerMail)
	if err != nil {
		return err
	}
	q.Title = q.W("owner-title")
	return q.show(http.StatusOK, "owner.html", ownerPage{q, found, mail, mail.Count.Mails - len(mail.Holds)})
}

// ownersQuestion looks a token up; guessing gets slower and slower.
func (q *request) ownersQuestion() (found *ask.Question, err error) {
	if q.s.Desk == nil {
		return nil, ask.ErrOver
	}
	err = q.s.Guard.Guess(q.s.client(q.r), func() (bool, error) {
		found, err = q.s.Desk.Look(q.ctx(), q.r.PathValue("token"))
		if errors.Is(err, ask.ErrOver) {
			return false, nil
		}
		return true, err
	})
	if errors.Is(err, access.ErrRefused) {
		err = ask.ErrOver
	}
	return found, err
}

// ownerOver says that a link is of no use, and nothing of what it was about.
func (q *request) ownerOver(err error) error {
	if !errors.Is(err, ask.ErrOver) {
		return err
	}
	q.Title = q.W("owner-title")
	return q.show(http.StatusNotFound, "owner.html", ownerPage{request: q})
}

// ownerAnswers are what the buttons say.
var ownerAnswers = map[string]ledger.EventKind{"mine": ledger.EventClaimed, "not-mine": ledger.EventDenied}

func (q *request) ownerAnswer() error {
	answer, ok := ownerAnswers[q.r.PostForm.Get("answer")]
	if !ok {
		return review.UsageError{Err: errors.New("the answer is none of the two")}
	}
	if _, err := q.ownersQuestion(); err != nil {
		return q.ownerOver(err)
	}
	err := q.s.Desk.Answer(q.ctx(), q.r.PathValue("token"), answer, q.s.client(q.r))
	if err != nil && !errors.Is(err, ask.ErrOver) {
		return err
	}
	if err == nil {
		q.s.Log.Info("an owner answered", "answer", answer, "from", q.s.client(q.r))
	}
	q.redirect(q.r.URL.Path, nil) // it says what counts now, also where another link was quicker
	return nil
}

// MayClaim says whether "it was me" can be answered, MayDeny "it was not me".
func (p ownerPage) MayClaim() bool { return p.Question.May(ledger.EventClaimed, p.Now) }

// MayDeny says whether "it was not me" can be answered.
func (p ownerPage) MayDeny() bool { return p.Question.May(ledger.EventDenied, p.Now) }
