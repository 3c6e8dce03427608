// Package web is the review page: what package review offers, for browsers. It judges nothing and
// writes nothing itself, so the page and the command line can not disagree.
//
// Every string of a mail is hostile: templates escape it, Clean makes it fit to read, and the
// browser is told to run nothing and to ask nobody else (secure.go).
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"hisseki/access"
	"hisseki/access/openid"
	"hisseki/access/passkey"
	"hisseki/ask"
	"hisseki/review"
)

// Options of a Server.
type Options struct {
	Review *review.Service
	Guard  *access.Guard
	Desk   *ask.Desk // takes the answers of owners; nil where nobody is asked
	Log    *slog.Logger
	Zone   *time.Location // of times, where a browser names none
	TLS    bool           // browsers always reach it by TLS
	// Proxies are believed about who asks.
	Proxies []netip.Prefix
	// UserHeader names whom a proxy has let in, "" for nobody.
	UserHeader string
	// OpenID is the provider at which reviewers log in, nil for none; OpenIDLabel is what they call it.
	OpenID      *openid.Provider
	OpenIDLabel string
	// Passkeys adds passkeys and checks them, nil where there are none.
	Passkeys *passkey.Desk
	// Away says whether an error means that the store does not answer; nil where it is a file, which
	// always does.
	Away func(error) bool
	// Milter says what is wrong with the milter, nil for nothing.
	Milter func() error
	// Remember is how long what one reviewer was shown is shown to others too without another look
	// at the store: figures and lists, and what open pages ask for by themselves.
	Remember time.Duration
	// Version is of the program: browsers ask for new assets with it.
	Version string
}

// Server answers browsers.
type Server struct {
	Options
	handler http.Handler
	busiest sendersList
	memory  memory
}

// route is something that can be asked for, and what role it needs; "" is for everybody.
type route struct {
	pattern string // of http.ServeMux
	need    access.Role
	do      func(*request) error
}

// New returns a server.
func New(o Options) *Server {
	s := &Server{Options: o, memory: memory{For: o.Remember}}
	mux := http.NewServeMux()
	for _, r := range s.table() {
		mux.Handle(r.pattern, s.handle(r))
	}
	mux.Handle("GET /assets/{file}", assets())
	mux.Handle("/", s.handle(route{pattern: "/", need: access.Viewer, do: func(*request) error { return errNoPage }}))
	s.handler = s.secure(mux)
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// table is all that can be asked for.
func (s *Server) table() []route {
	return []route{
		{"GET /login", "", (*request).loginForm},
		{"POST /login", "", (*request).login},
		{"GET /enter/{token}", "", (*request).enterForm},
		{"POST /enter/{token}", "", (*request).enter},
		{"POST /login/passkey", "", (*request).passkeyLogin},
		{"POST /login/passkey/finish", "", (*request).passkeyEnter},
		{"POST /passkey", access.Viewer, (*request).passkeyAdd},
		{"POST /passkey/finish", access.Viewer, (*request).passkeyAdded},
		{"POST /passkey/remove", access.Viewer, (*request).passkeyRemove},
		{"GET /openid", "", (*request).toProvider},
		{"GET /openid/back", "", (*request).fromProvider},
		{"GET /ask/{token}", "", (*request).owner},
		{"POST /ask/{token}", "", (*request).ownerAnswer},
		{"GET /healthz", "", (*request).healthy},
		{"POST /logout", access.Viewer, (*request).logout},
		{"GET /sessions", access.Viewer, (*request).sessions},
		{"POST /sessions/end", access.Viewer, (*request).endSession},

		{"GET /{$}", access.Viewer, (*request).now},
		{"GET /incidents", access.Viewer, (*request).incidents},
		{"GET /incident/{id}", access.Viewer, (*request).incident},
		{"GET /incident/{id}/live", access.Viewer, (*request).incidentLive},
		{"GET /incident/{id}/report", access.Viewer, (*request).report},
		{"POST /incident/{id}/ask", access.Reviewer, (*request).askAgain},
		{"GET /incident/{id}/{end}", access.Reviewer, (*request).previewEnding},
		{"POST /incident/{id}/{end}", access.Reviewer, (*request).end},

		{"GET /quarantine", access.Viewer, (*request).quarantine},
		{"GET /quarantine/new", access.Viewer, (*request).quarantineNew},
		{"GET /quarantine/decide", access.Reviewer, (*request).choose},
		{"POST /quarantine/decide", access.Reviewer, (*request).decide},
		{"GET /request/{id}", access.Viewer, (*request).second},
		{"POST /request/{id}/agree", access.Reviewer, (*request).agree},
		{"POST /request/{id}/refuse", access.Reviewer, (*request).disagree},
		{"GET /mail/{id}", access.Viewer, (*request).mail},
		{"POST /mail/{id}/excerpt", access.Reviewer, (*request).excerpt},

		{"GET /senders", access.Viewer, (*request).senders},
		{"GET /sender", access.Viewer, (*request).sender},
		{"GET /sender/export", access.Admin, (*request).exportSender},
		{"GET /rules", access.Viewer, (*request).rules},
		{"POST /rules/set", access.Admin, (*request).setRule},
		{"POST /rules/clear", access.Admin, (*request).clearRule},
		{"POST /rules/habit", access.Admin, (*request).addHabit},
		{"POST /rules/habit/end", access.Admin, (*request).endHabit},
		{"GET /audit", access.Viewer, (*request).audit},
		{"GET /audit/export", access.Viewer, (*request).exportAudit},
		{"GET /hooks", access.Viewer, (*request).hooks},
		{"POST /hooks/again", access.Admin, (*request).tellAgain},
		{"GET /coverage", access.Viewer, (*request).coverage},
		{"POST /coverage/notch", access.Admin, (*request).setNotch},
	}
}

var (
	errNoPage    = errors.New("there is no such page")
	errForbidden = errors.New("your role may not do that")
)

// maxForm bounds what a browser may send.
const maxForm = 256 << 10

// handle answers a route for those who may ask for it.
func (s *Server) handle(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		q := s.newRequest(w, r)
		if err := q.serve(rt); err != nil {
			q.fail(err)
		}
	})
}

// serve finds out who asks, and lets the route answer where the role suffices.
func (q *request) serve(rt route) error {
	if q.setLanguage() {
		return nil
	}
	session, err := q.whoAsks()
	if err != nil {
		return err
	}
	q.Session = session
	switch {
	case rt.need == "":
	case session == nil:
		q.toLogin()
		return nil
	case !session.Role.May(rt.need):
		return errForbidden
	}
	if q.r.Method == http.MethodPost {
		if err := q.r.ParseForm(); err != nil {
			return review.UsageError{Err: errors.New("the form is too long or cannot be read")}
		}
	}
	if q.r.Method == http.MethodPost { // who decides sees what he did, whatever was remembered
		defer q.s.memory.forget()
	}
	return rt.do(q)
}

// healthy says that the page answers and its store can be read.
func (q *request) healthy() error {
	if _, err := q.s.Review.Store.AgentSeen(q.ctx()); err != nil {
		return err
	}
	_, err := q.w.Write([]byte("ok\n"))
	return err
}

func (q *request) ctx() context.Context { return q.r.Context() }

// Route is something that can be asked for, for who checks that nobody gets past.
type Route struct {
	Pattern string
	Need    access.Role // "" for everybody
}

// Routes are all that can be asked for.
func Routes() (out []Route) {
	for _, r := range (&Server{}).table() {
		out = append(out, Route{r.pattern, r.need})
	}
	return out
}
