package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"hisseki/access"
	"hisseki/access/openid"
)

const wayCookie = "__Host-openid"

// toProvider sends the browser to the provider.
func (q *request) toProvider() error {
	if q.s.OpenID == nil {
		return errNoPage
	}
	address, way, err := q.s.OpenID.Begin(q.ctx(), q.r.URL.Query().Get("to"))
	if err != nil {
		q.s.Log.Error("nobody can log in at the provider", "error", err)
		return q.refuse(http.StatusBadGateway, q.W("openid-down"), "")
	}
	c := cookie(wayCookie, way.String(), openid.WaysFor)
	c.SameSite = http.SameSiteLaxMode // the provider's page has the browser come back
	http.SetCookie(q.w, c)
	http.Redirect(q.w, q.r, address, http.StatusSeeOther)
	return nil
}

// fromProvider lets in whom the provider has let in.
func (q *request) fromProvider() error {
	if q.s.OpenID == nil {
		return errNoPage
	}
	c, err := q.r.Cookie(wayCookie)
	if err != nil {
		return q.refuse(http.StatusUnauthorized, q.W("openid-refused"), "")
	}
	http.SetCookie(q.w, cookie(wayCookie, "", -time.Second)) // it counts once
	var who *openid.Person
	way, err := openid.ReadWay(c.Value)
	if err != nil {
		return q.refuse(http.StatusUnauthorized, q.W("openid-refused"), "")
	}
	var why error
	err = q.s.Guard.Guess(q.s.client(q.r), func() (bool, error) {
		who, why = q.s.OpenID.Finish(q.ctx(), way, q.r.URL.Query())
		if errors.Is(why, openid.ErrRefused) {
			return false, nil
		}
		return why == nil, why
	})
	var wait access.WaitError
	if errors.As(err, &wait) {
		return q.refuseFor(wait, "")
	}
	if err != nil {
		q.s.Log.Warn("a login at the provider was refused", "error", words80(why.Error()), "from", q.s.client(q.r))
		return q.refuse(http.StatusUnauthorized, q.W("openid-refused"), "")
	}
	return q.enterAsSubject(who, way.To)
}

func (q *request) enterAsSubject(who *openid.Person, to string) error {
	token, s, err := q.s.Guard.LoginBySubject(q.ctx(), who.Name, who.Role, who.Subject, q.attempt())
	if errors.Is(err, access.ErrRefused) {
		q.s.Log.Warn("a login at the provider was refused", "name", who.Name, "role", who.Role, "from", q.s.client(q.r),
			"error", err, "hint", "it is in no group of web.openid.roles, or a reviewer of that name is here already")
		return q.refuse(http.StatusForbidden, q.W("openid-no-role"), "")
	}
	if err != nil {
		return err
	}
	q.begin(token, s)
	q.s.Log.Info("a reviewer logged in at the provider", "name", s.Name, "session", s.ID(), "from", s.Address)
	// Not a redirect: browsers would not send the session's cookie, which is for our own pages only,
	// on a way that began at the provider's.
	page := struct {
		*request
		To string
	}{q, target(to)}
	q.w.Header().Set("Refresh", "0; url="+page.To)
	q.Title = q.W("login-title")
	return q.show(http.StatusOK, "entered.html", page)
}

// target is where somebody wanted to, "/" where that is not a page of ours.
func target(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t;,") {
		return "/"
	}
	return to
}

// OpenIDLabel names the provider on the button, "" for none.
func (q *request) OpenIDLabel() string {
	if q.s.OpenID == nil {
		return ""
	}
	return q.s.OpenIDLabel
}

// ProviderLogout is where the provider ends its own session, after one here was ended; "" for nothing.
func (p loginPage) ProviderLogout() string {
	if p.s.OpenID == nil || p.r.URL.Query().Get("out") == "" {
		return ""
	}
	return p.s.OpenID.Logout(p.ctx())
}
