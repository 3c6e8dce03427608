// Package ask asks an account's owner whether mail is his: by a link with a token that lets him
// answer for one incident, without a login. The link goes another way than by mail, for the
// mailbox may be in an attacker's power.
//
// Whoever has the link can say two things. "It was not me" stands: it is told to reviewers and
// hooks at once. "It was me" is a hint for reviewers and releases nothing, so that an attacker who
// gets the link gains nothing; and who has it can still say afterwards that it was not him.
package ask

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"hisseki/ledger"
)

// Question is one asking of an owner by one hook.
type Question struct {
	Hash     []byte // of the token, SHA-256: who reads the store cannot answer
	Incident int64
	Sender   string // of the incident
	Hook     string // that brings the link
	Asked    time.Time
	Until    time.Time
	Answer   ledger.EventKind // "" for none yet
	Answered time.Time
	Open     bool // the incident is: nothing is asked of one that somebody has ended
}

// Statement is that an owner was asked by whoever has the key for decisions: serve may write to
// the store, and must not let itself answer.
func (q *Question) Statement() ledger.Statement {
	return ledger.Statement{Kind: "question", Fields: []string{fmt.Sprintf("%x", q.Hash), fmt.Sprint(q.Incident),
		q.Sender, q.Hook, fmt.Sprint(q.Until.Unix())}}
}

// May says whether the link can still give an answer: each once, and none after a denial.
func (q *Question) May(answer ledger.EventKind, now time.Time) bool {
	if !q.Open || !now.Before(q.Until) {
		return false
	}
	switch answer {
	case ledger.EventClaimed:
		return q.Answer == ""
	case ledger.EventDenied:
		return q.Answer != ledger.EventDenied
	}
	return false
}

// Store is where questions are kept.
type Store interface {
	// PutQuestion keeps a question, in the place of one that the same hook asked before of the
	// same incident and nobody answered. It is ErrEnough when the account's owner was asked so
	// many times since a time.
	PutQuestion(ctx context.Context, q Question, most int, since time.Time) error
	// Question returns the question with a hash, nil for none that was really asked.
	Question(ctx context.Context, hash []byte) (*Question, error)
	// Answer keeps an answer, with an event of the incident; false when it may not be given any
	// more. After a denial by another link nobody can claim the mail.
	Answer(ctx context.Context, hash []byte, answer ledger.EventKind, by, reason string) (bool, error)
}

var (
	// ErrEnough says that an owner was asked often enough: who is asked again and again says yes.
	ErrEnough = errors.New("the account's owner was asked often enough")
	// ErrOver says no more than that a link is of no use: it may be made up, too old, used, or
	// its incident ended.
	ErrOver = errors.New("the link is over")
)

const (
	tokenLen = 32 // bytes
	// mostAsked is how often an account's owner is asked within askedWithin, by all hooks.
	mostAsked   = 6
	askedWithin = 24 * time.Hour
)

// Desk asks owners and takes their answers. It is safe for use by many at once.
type Desk struct {
	Store Store
	URL   string        // of the review page, without a slash at its end
	For   time.Duration // a link is good
	Now   func() time.Time
	Rand  io.Reader
}

// Ask returns a link for an incident's owner that a hook is to bring, and until when it is good.
func (d *Desk) Ask(ctx context.Context, hook string, incident int64, sender string) (string, time.Time, error) {
	b := make([]byte, tokenLen)
	if _, err := io.ReadFull(d.Rand, b); err != nil {
		return "", time.Time{}, fmt.Errorf("draw a token: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(b)
	now := d.Now()
	q := Question{Hash: hash(token), Incident: incident, Sender: sender, Hook: hook, Asked: now, Until: now.Add(d.For)}
	err := d.Store.PutQuestion(ctx, q, mostAsked, now.Add(-askedWithin))
	return strings.TrimRight(d.URL, "/") + "/ask/" + token, q.Until, err
}

// Look returns what a token asks; ErrOver when there is nothing to show any more. Looking uses
// nothing up: programs look at links too.
func (d *Desk) Look(ctx context.Context, token string) (*Question, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenLen) {
		return nil, ErrOver
	}
	q, err := d.Store.Question(ctx, hash(token))
	if err != nil {
		return nil, err
	}
	if q == nil || !q.Open || !d.Now().Before(q.Until) {
		return nil, ErrOver
	}
	return q, nil
}

// Answer takes an answer.
func (d *Desk) Answer(ctx context.Context, token string, answer ledger.EventKind, from netip.Addr) error {
	q, err := d.Look(ctx, token)
	if err != nil {
		return err
	}
	if !q.May(answer, d.Now()) {
		return ErrOver
	}
	reason := "answered"
	if from.IsValid() {
		reason += " from " + from.String()
	}
	ok, err := d.Store.Answer(ctx, q.Hash, answer, "owner by "+q.Hook, reason)
	if err == nil && !ok {
		err = ErrOver
	}
	return err
}

func hash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}
