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
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"
	"sync"
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
	// PutQuestion keeps a question and ends the link of one that the same hook asked before of the
	// same incident and nobody answered. It is ErrEnough when the account's owner was asked so
	// many times since a time: most by links that were brought, MostTries in all.
	PutQuestion(ctx context.Context, q Question, most int, since time.Time) error
	// NotBrought notes that a hook could not bring a question's link.
	NotBrought(ctx context.Context, hash []byte) error
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
	// MostTries bounds askings whose links were not brought too: a hook is run again when it fails, and
	// may have brought the link all the same.
	MostTries = 5 * mostAsked
	// maxLimited bounds the accounts that a Limit knows.
	maxLimited = 10_000
)

// Undelivered is in place of the answer to a question whose link a hook could not bring.
const Undelivered ledger.EventKind = "undelivered"

// Limit bounds how often owners are asked beside what the store says: serve may write to the store,
// take away what was asked, and have a hook run again. One is for all hooks of a process.
type Limit struct {
	mu    sync.Mutex
	asked map[string][]time.Time // of each account, oldest first
}

// take says whether an account's owner may be asked once more.
func (l *Limit) take(sender string, now time.Time) bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.asked[sender]; !ok && len(l.asked) >= maxLimited {
		maps.DeleteFunc(l.asked, func(_ string, at []time.Time) bool { return now.Sub(at[len(at)-1]) >= askedWithin })
		if len(l.asked) >= maxLimited {
			return false
		}
	}
	at := slices.DeleteFunc(l.asked[sender], func(at time.Time) bool { return now.Sub(at) >= askedWithin })
	if len(at) >= MostTries {
		return false
	}
	if l.asked == nil {
		l.asked = make(map[string][]time.Time)
	}
	l.asked[sender] = append(at, now)
	return true
}

// Desk asks owners and takes their answers. It is safe for use by many at once.
type Desk struct {
	Store Store
	URL   string        // of the review page, without a slash at its end
	For   time.Duration // a link is good
	Limit *Limit        // nil leaves it to the store
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
	if !d.Limit.take(sender, now) {
		return "", time.Time{}, ErrEnough
	}
	q := Question{Hash: hash(token), Incident: incident, Sender: sender, Hook: hook, Asked: now, Until: now.Add(d.For)}
	err := d.Store.PutQuestion(ctx, q, mostAsked, now.Add(-askedWithin))
	return strings.TrimRight(d.URL, "/") + "/ask/" + token, q.Until, err
}

// NotBrought notes that a hook could not bring a link.
func (d *Desk) NotBrought(ctx context.Context, link string) error {
	return d.Store.NotBrought(ctx, hash(path.Base(link)))
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
