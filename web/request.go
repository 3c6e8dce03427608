package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/language"

	"hisseki/access"
	"hisseki/internal/words"
	"hisseki/review"
)

// request is one question of a browser, and what its page needs to say who asks and in which
// words.
type request struct {
	words.Reader
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	Session *access.Session // nil for nobody
	Title   string          // of the page
	Nav     string          // which part of the page it is
	Notice  string          // what was done
	Problem string          // what was not
	Now     time.Time
}

const (
	sessionCookie  = "__Host-hisseki"
	languageCookie = "__Host-lang"
	zoneCookie     = "zone" // page.js writes what the browser's zone is
)

func (s *Server) newRequest(w http.ResponseWriter, r *http.Request) *request {
	zone := s.Zone
	if c, err := r.Cookie(zoneCookie); err == nil && len(c.Value) < 64 && c.Value != "Local" {
		name, err := url.QueryUnescape(c.Value)
		if z, errZone := time.LoadLocation(name); err == nil && errZone == nil && name != "" {
			zone = z
		}
	}
	q := &request{Reader: words.For(wanted(r), zone), s: s, w: w, r: r, Now: s.Review.Now()}
	q.Notice = q.said()
	return q
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Japanese})

// wanted is the language that somebody chose, or that his browser asks for.
func wanted(r *http.Request) words.Lang {
	if c, err := r.Cookie(languageCookie); err == nil {
		return words.Lang(c.Value)
	}
	header := r.Header.Get("Accept-Language")
	tags, _, err := language.ParseAcceptLanguage(header[:min(len(header), 200)])
	if err != nil {
		return words.English
	}
	if _, i, _ := matcher.Match(tags...); i == 1 {
		return words.Japanese
	}
	return words.English
}

// setLanguage keeps the language that a link of ours chooses, and shows the page without it.
func (q *request) setLanguage() bool {
	v := q.r.URL.Query()
	lang := v.Get("lang")
	if q.r.Method != http.MethodGet || lang == "" || strings.HasSuffix(q.r.URL.Path, "/report") {
		return false
	}
	if lang == string(words.English) || lang == string(words.Japanese) {
		http.SetCookie(q.w, cookie(languageCookie, lang, 365*24*time.Hour))
	}
	v.Del("lang")
	q.redirect(q.r.URL.Path, v)
	return true
}

// Switch is the address of this page in the other language.
func (q *request) Switch() string {
	v := q.r.URL.Query()
	v.Del("said")
	v.Del("n")
	v.Set("lang", "ja")
	if q.Japanese() {
		v.Set("lang", "en")
	}
	path := q.r.URL.Path
	if q.r.Method != http.MethodGet {
		path = "/"
	}
	return (&url.URL{Path: path, RawQuery: v.Encode()}).String()
}

func cookie(name, value string, age time.Duration) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, MaxAge: int(age / time.Second)}
}

// redirect sends the browser to another page of ours. "//host" would be somebody else's.
func (q *request) redirect(path string, v url.Values) {
	to := (&url.URL{Path: "/" + strings.TrimLeft(path, `/\`), RawQuery: v.Encode()}).String()
	http.Redirect(q.w, q.r, to, http.StatusSeeOther)
}

// done sends the browser to a page that says what was done: a key of the catalogue and a figure,
// no text, which a link could forge.
func (q *request) done(path, said string, n int) {
	q.redirect(path, url.Values{"said": {said}, "n": {itoa(n)}})
}

// MayReview and MayAdmin say whether the reviewer may decide, and set rules.
func (q *request) MayReview() bool { return q.Session != nil && q.Session.Role.May(access.Reviewer) }

// MayAdmin says whether the reviewer may set rules.
func (q *request) MayAdmin() bool { return q.Session != nil && q.Session.Role.May(access.Admin) }

// actor is who acts, for the audit log: "alice by web from 192.0.2.7, session 1f2e3d4c".
func (q *request) actor() review.Actor {
	via := "by web, session " + q.Session.ID()
	if a := q.s.client(q.r); a.IsValid() {
		via = "by web from " + a.String() + ", session " + q.Session.ID()
	}
	return review.Actor{Name: q.Session.Name, Via: via}
}

// fail answers with what went wrong.
func (q *request) fail(err error) {
	var usage review.UsageError
	var wait access.WaitError
	status, key := http.StatusInternalServerError, "wrong-internal"
	detail := ""
	switch {
	case errors.Is(err, errNoPage):
		status, key = http.StatusNotFound, "wrong-page"
	case errors.Is(err, errForbidden):
		status, key = http.StatusForbidden, "wrong-role"
	case errors.As(err, &usage):
		status, key, detail = http.StatusBadRequest, "wrong-request", q.Mistake(err.Error())
	case errors.As(err, &wait):
		status, key = http.StatusTooManyRequests, "wrong-wait"
	case errors.Is(err, review.ErrNothing):
		status, key = http.StatusNotFound, "wrong-nothing"
	case errors.Is(err, q.ctx().Err()) && q.ctx().Err() != nil: // the browser went away
		return
	case q.s.Away != nil && q.s.Away(err):
		q.waitForStore(err)
		return
	}
	if status == http.StatusInternalServerError {
		// The route and no path: that of a link has its token, which lets in or answers for an owner.
		q.s.Log.Error("the review page failed", "route", q.r.Pattern, "error", err)
	}
	q.Title, q.Problem = q.W("wrong"), q.W(key)
	q.show(status, "wrong.html", struct {
		*request
		Detail string
	}{q, detail})
}

// storeRetry is when a browser asks again while the store does not answer.
const storeRetry = "10" // seconds

// waitForStore says that the store does not answer. It is nobody's mistake here, and it passes: the
// page says what that means for mail and asks again by itself, but for what somebody sent: whether that
// was done only he can see, when the store is back.
func (q *request) waitForStore(err error) {
	q.s.Log.Warn("the store does not answer", "route", q.r.Pattern, "error", err)
	h := q.w.Header()
	h.Set("Retry-After", storeRetry)
	asks := q.r.Method == http.MethodGet
	if asks {
		h.Set("Refresh", storeRetry)
	}
	q.Title = q.W("away")
	q.show(http.StatusServiceUnavailable, "away.html", struct {
		*request
		Asks bool // again, by itself
	}{q, asks})
}
