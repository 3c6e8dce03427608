package web

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"hisseki/access"
	"hisseki/access/passkey"
)

const (
	ticketCookie = "__Host-passkey"
	// freshFor is how old a session may be that adds a passkey: who has stolen one must not stay.
	freshFor  = 10 * time.Minute
	maxLabel  = 60
	maxAnswer = 64 << 10
)

// question gives a browser what its passkey is asked for, and the ticket of the answer.
func (q *request) question(text []byte, ticket string, err error) error {
	if err != nil {
		return err
	}
	http.SetCookie(q.w, cookie(ticketCookie, ticket, passkey.AnswerWithin))
	q.w.Header().Set("Content-Type", "application/json")
	_, _ = q.w.Write(text) // a browser that went away needs no answer
	return nil
}

// answer reads what a browser's passkey says, and the ticket of the question.
func (q *request) answer() (ticket string, text []byte, err error) {
	c, err := q.r.Cookie(ticketCookie)
	if err != nil {
		return "", nil, passkey.ErrRefused
	}
	http.SetCookie(q.w, cookie(ticketCookie, "", -time.Second)) // it counts once
	text, err = io.ReadAll(http.MaxBytesReader(q.w, q.r.Body, maxAnswer))
	if err != nil {
		err = passkey.ErrRefused
	}
	return c.Value, text, err
}

// goTo tells our script where to go on.
func (q *request) goTo(path string) error {
	q.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(q.w).Encode(map[string]string{"to": path})
}

func (q *request) passkeyLogin() error {
	if q.s.Passkeys == nil {
		return errNoPage
	}
	return q.question(q.s.Passkeys.BeginLogin())
}

func (q *request) passkeyEnter() error {
	if q.s.Passkeys == nil {
		return errNoPage
	}
	ticket, text, err := q.answer()
	if err != nil {
		return errForbidden
	}
	var name string
	var why error
	err = q.s.Guard.Guess(q.s.client(q.r), func() (bool, error) {
		if name, why = q.s.Passkeys.FinishLogin(q.ctx(), ticket, text); errors.Is(why, passkey.ErrRefused) {
			return false, nil
		}
		return why == nil, why
	})
	if errors.Is(err, access.ErrRefused) {
		q.s.Log.Warn("a passkey was refused", "error", words80(why.Error()), "from", q.s.client(q.r))
		return errForbidden
	}
	if err != nil {
		return err
	}
	token, s, err := q.s.Guard.Admit(q.ctx(), name, q.attempt())
	if errors.Is(err, access.ErrRefused) {
		return errForbidden
	}
	if err != nil {
		return err
	}
	q.begin(token, s)
	q.s.Log.Info("a reviewer logged in by a passkey", "name", s.Name, "session", s.ID(), "from", s.Address)
	return q.goTo(target(q.r.URL.Query().Get("to")))
}

// MayAddKey says whether the reviewer may add a passkey: one of our own accounts, who has just
// logged in.
func (q *request) MayAddKey() bool {
	if q.s.Passkeys == nil || q.Session == nil || q.Now.Sub(q.Session.Created) > freshFor {
		return false
	}
	_, err := q.r.Cookie(sessionCookie) // a proxy's reviewer has none
	if err != nil {
		return false
	}
	a, err := q.s.Guard.Store.Account(q.ctx(), q.Session.Name)
	return err == nil && a != nil && a.Subject == ""
}

func (q *request) passkeyAdd() error {
	if !q.MayAddKey() {
		return errForbidden
	}
	return q.question(q.s.Passkeys.BeginAdd(q.ctx(), q.Session.Name))
}

func (q *request) passkeyAdded() error {
	if !q.MayAddKey() {
		return errForbidden
	}
	ticket, text, err := q.answer()
	if err != nil {
		return errForbidden
	}
	label := strings.TrimSpace(q.r.URL.Query().Get("label"))
	label = string([]rune(label)[:min(len([]rune(label)), maxLabel)])
	err = q.s.Passkeys.FinishAdd(q.ctx(), q.Session.Name, ticket, label, q.actor().String(), text)
	if errors.Is(err, passkey.ErrRefused) {
		q.s.Log.Warn("a passkey was not added", "error", words80(err.Error()), "name", q.Session.Name)
		return errForbidden
	}
	if err != nil {
		return err
	}
	return q.goTo("/sessions?said=passkey-added")
}

func (q *request) passkeyRemove() error {
	id, err := hex.DecodeString(q.r.PostForm.Get("key"))
	if err != nil {
		return errNoPage
	}
	ok, err := q.s.Guard.Store.RemoveKey(q.ctx(), q.Session.Name, id, q.actor().String())
	if err != nil {
		return err
	}
	if !ok {
		return errNoPage
	}
	q.done("/sessions", "passkey-removed", 0)
	return nil
}

// HasPasskeys says whether passkeys let anybody in.
func (q *request) HasPasskeys() bool { return q.s.Passkeys != nil }

// KeyID is a passkey's id in a form.
func (q *request) KeyID(k access.Key) string { return hex.EncodeToString(k.ID) }
