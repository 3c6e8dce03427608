package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hisseki/access"
)

// whoAsks returns the session of a browser, nil for none.
func (q *request) whoAsks() (*access.Session, error) {
	if s, err := q.byProxy(); s != nil || err != nil {
		return s, err
	}
	c, err := q.r.Cookie(sessionCookie)
	if err != nil {
		return nil, nil
	}
	// What a page asks by itself is no use of the session: an open page must not keep it.
	return q.s.Guard.Check(q.ctx(), c.Value, !q.byItself())
}

// byItself says whether a page asks without a person (page.js).
func (q *request) byItself() bool { return q.r.Header.Get("Hisseki-Live") != "" }

// byProxy returns whom a proxy of ours has let in. He needs an account here: it has his role.
func (q *request) byProxy() (*access.Session, error) {
	if q.s.UserHeader == "" || !q.s.believed(peer(q.r)) {
		return nil, nil
	}
	name := q.r.Header.Get(q.s.UserHeader)
	if access.CheckName(name) != nil {
		return nil, nil
	}
	a, err := q.s.Guard.Store.Account(q.ctx(), name)
	if a == nil || err != nil {
		return nil, err
	}
	return &access.Session{Hash: []byte("proxy"), Name: a.Name, Role: a.Role, Created: q.Now, Seen: q.Now,
		Address: q.s.client(q.r)}, nil
}

// toLogin asks who somebody is, and comes back afterwards.
func (q *request) toLogin() {
	if q.byItself() {
		q.w.WriteHeader(http.StatusUnauthorized) // the page then asks for itself anew
		return
	}
	v := url.Values{}
	if q.r.Method == http.MethodGet && q.r.URL.Path != "/" {
		v.Set("to", q.r.URL.RequestURI())
	}
	q.redirect("/login", v)
}

// loginPage is the form.
type loginPage struct {
	*request
	Name, To string
}

func (q *request) loginForm() error {
	q.Title = q.W("login-title")
	return q.show(http.StatusOK, "login.html", loginPage{q, "", q.r.URL.Query().Get("to")})
}

func (q *request) attempt() access.Attempt {
	f := q.r.PostForm
	return access.Attempt{Name: strings.ToLower(strings.TrimSpace(f.Get("name"))), Password: f.Get("password"),
		Code: f.Get("code"), From: q.s.client(q.r), Browser: q.r.UserAgent()}
}

func (q *request) login() error {
	a := q.attempt()
	token, s, err := q.s.Guard.Login(q.ctx(), a)
	var wait access.WaitError
	switch {
	case errors.Is(err, access.ErrRefused):
		q.s.Log.Warn("a login to the review page was refused", "name", words80(a.Name), "from", a.From)
		return q.refuse(http.StatusUnauthorized, q.W("login-refused"), a.Name)
	case errors.As(err, &wait):
		return q.refuseFor(wait, a.Name)
	case err != nil:
		return err
	}
	q.enterAs(token, s, q.r.PostForm.Get("to"))
	return nil
}

// refuseFor says how long somebody who guesses has to wait.
func (q *request) refuseFor(wait access.WaitError, name string) error {
	q.w.Header().Set("Retry-After", itoa(int(wait.For/time.Second)+1))
	return q.refuse(http.StatusTooManyRequests, q.W("login-wait", q.Rough(wait.For)), name)
}

func (q *request) refuse(status int, why, name string) error {
	q.Title, q.Problem = q.W("login-title"), why
	return q.show(status, "login.html", loginPage{q, name, q.r.PostForm.Get("to")})
}

// enterAs gives the browser its session and goes where somebody wanted to.
func (q *request) enterAs(token string, s *access.Session, to string) {
	q.begin(token, s)
	q.s.Log.Info("a reviewer logged in", "name", s.Name, "session", s.ID(), "from", s.Address)
	u, err := url.ParseRequestURI(to)
	if err != nil || u.Host != "" || u.Scheme != "" {
		u = &url.URL{Path: "/"}
	}
	q.redirect(u.Path, u.Query())
}

// begin gives the browser its session. The one that it had ends: its cookie is gone now, and nobody could
// log out of it.
func (q *request) begin(token string, s *access.Session) {
	http.SetCookie(q.w, cookie(sessionCookie, token, q.s.Guard.Settings.Absolute))
	if q.Session == nil {
		return
	}
	if err := q.s.Guard.End(q.ctx(), q.Session, s.Name+" logged in anew"); err != nil {
		q.s.Log.Warn("an older session was not ended", "session", q.Session.ID(), "error", err)
	}
}

// enterForm asks for a click: programs that look at links in mail must not use one up.
func (q *request) enterForm() error {
	q.Title = q.W("login-title")
	return q.show(http.StatusOK, "enter.html", q)
}

func (q *request) enter() error {
	token, s, err := q.s.Guard.LoginByLink(q.ctx(), q.r.PathValue("token"), q.attempt())
	if errors.Is(err, access.ErrRefused) {
		return q.refuse(http.StatusUnauthorized, q.W("login-link-over"), "")
	}
	var wait access.WaitError
	if errors.As(err, &wait) {
		return q.refuseFor(wait, "")
	}
	if err != nil {
		return err
	}
	q.enterAs(token, s, "/")
	return nil
}

func (q *request) logout() error {
	if err := q.s.Guard.End(q.ctx(), q.Session, q.Session.Name); err != nil {
		return err
	}
	http.SetCookie(q.w, cookie(sessionCookie, "", -time.Second))
	q.redirect("/login", url.Values{"out": {"1"}})
	return nil
}

// sessionsPage lists a reviewer's sessions.
type sessionsPage struct {
	*request
	List []access.Session
	Keys []access.Key // the reviewer's own
}

func (q *request) sessions() error {
	list, err := q.liveSessions()
	if err != nil {
		return err
	}
	q.Title, q.Nav = q.W("sessions"), "sessions"
	keys, err := q.s.Guard.Store.Keys(q.ctx(), q.Session.Name)
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "sessions.html", sessionsPage{q, list, keys})
}

// liveSessions are the reviewer's own sessions, for an admin everybody's.
func (q *request) liveSessions() (out []access.Session, _ error) {
	name := q.Session.Name
	if q.MayAdmin() {
		name = ""
	}
	list, err := q.s.Guard.Store.Sessions(q.ctx(), name)
	for i := range list {
		if !q.s.Guard.Over(&list[i]) {
			out = append(out, list[i])
		}
	}
	return out, err
}

func (q *request) endSession() error {
	list, err := q.liveSessions()
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].ID() == q.r.PostForm.Get("session") {
			if err := q.s.Guard.End(q.ctx(), &list[i], q.actor().String()); err != nil {
				return err
			}
			q.done("/sessions", "session-ended", 1)
			return nil
		}
	}
	return errNoPage
}
