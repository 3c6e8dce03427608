package web_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"hisseki/access"
	"hisseki/access/openid"
	"hisseki/web"
)

// groupStorage is the example storage of zitadel/oidc, whose people are in groups.
type groupStorage struct {
	*storage.Storage
	mu     sync.Mutex
	groups map[string][]string // by the user's number
}

func (g *groupStorage) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, subject, origin string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	info.AppendClaims("groups", g.groups[subject])
	return g.Storage.SetUserinfoFromToken(ctx, info, token, subject, origin)
}

// authority is a real OpenID Connect provider, zitadel/oidc, at another site than the page's. What
// its token endpoint answers can be exchanged: that is what an attacker in between would do.
type authority struct {
	issuer string
	groups *groupStorage
	mu     sync.Mutex
	last   []byte // the token endpoint's last answer
	swap   []byte // that is given in its place, once
}

const twoUsers = `{"id1": {"ID": "id1", "Username": "Alice", "Password": "pass of alice", "FirstName": "A", "LastName": "L"},
	"id2": {"ID": "id2", "Username": "bob", "Password": "pass of bob", "FirstName": "B", "LastName": "O"}}`

func newAuthority(t testing.TB, callback string) *authority {
	t.Helper()
	users := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(users, []byte(twoUsers), 0o600); err != nil {
		t.Fatal(err)
	}
	people, err := storage.StoreFromFile(users)
	if err != nil {
		t.Fatal(err)
	}
	storage.RegisterClients(storage.WebClient("hisseki", "the secret", callback), storage.WebClient("wiki", "the secret", callback))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{issuer: "http://" + listener.Addr().String() + "/",
		groups: &groupStorage{Storage: storage.NewStorage(people), groups: map[string][]string{"id1": {"staff", "mail-review"}}}}
	op := exampleop.SetupServer(a.issuer, a.groups, nil, false)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/oauth/token" {
			op.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		op.ServeHTTP(rec, r)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.last = rec.Body.Bytes()
		answer := a.last
		if a.swap != nil {
			answer, a.swap = a.swap, nil
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(rec.Code)
		_, _ = w.Write(answer)
	}))
	srv.Listener.Close()
	srv.Listener = listener
	srv.Start()
	t.Cleanup(srv.Close)
	return a
}

// provider is the page's view of it.
func (a *authority) provider(o *office, client string) *openid.Provider {
	return openid.New(openid.Settings{Issuer: a.issuer, ClientID: client, Secret: "the secret", Callback: o.url + "/openid/back",
		Scopes: []string{"profile"}, Name: "preferred_username", Groups: "groups",
		Roles: map[string]access.Role{"mail-review": access.Reviewer, "staff": access.Viewer}}, o.clock, rand.Reader)
}

// joined is an office whose reviewers log in at a provider.
func joined(t *testing.T) (*office, *authority) {
	t.Helper()
	o := newOffice(t, nil)
	var page *web.Server
	o.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { page.ServeHTTP(w, r) }))
	t.Cleanup(o.server.Close)
	o.url = strings.Replace(o.server.URL, "127.0.0.1", "localhost", 1)
	a := newAuthority(t, o.url+"/openid/back")
	page = web.New(web.Options{Review: o.review, Guard: o.guard, Version: "test", Log: o.logger(),
		OpenID: a.provider(o, "hisseki"), OpenIDLabel: "Example SSO"})
	return o, a
}

// TestOpenID: in a real browser a reviewer logs in at the provider, at another site, comes back to the
// page that he wanted with the role of his groups, logs out, and is offered to log out there.
func TestOpenID(t *testing.T) {
	o, a := joined(t)
	b := newBrowser(t, o, "en")
	b.open("/quarantine?state=held")
	b.says("Log in with Example SSO")
	b.axe(axeSource(t), "/login with a provider")
	b.picture("login-openid-en-wide-light")
	b.press(`a[href^="/openid"]`)
	b.wait(`document.querySelector("#username")`)
	b.fill("#username", "Alice")
	b.fill("#password", "pass of alice")
	b.press("button")
	b.wait(`location.pathname == "/quarantine" && location.search == "?state=held" && document.querySelector(".who")`)
	b.says("alice", "reviewer")
	b.click(".side form button")
	b.says("Log out at Example SSO")
	b.open("/quarantine")
	b.says("Log in to hisseki")

	// Who left his groups is not let in the next time, and his sessions end.
	a.groups.mu.Lock()
	a.groups.groups["id1"] = nil
	a.groups.mu.Unlock()
	r := o.rider(t)
	if page := r.ride(a, "Alice", "pass of alice"); !strings.Contains(page, "may not use this page") {
		t.Errorf("without a group:\n%s", page)
	}
	if left, err := o.db.Reviewers().Account(t.Context(), "alice"); left != nil || err != nil {
		t.Errorf("his account is still there: %+v, %v", left, err)
	}
}

// rider is a browser without a screen.
type rider struct {
	t *testing.T
	o *office
	http.Client
}

func (o *office) rider(t *testing.T) *rider {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &rider{t, o, http.Client{Jar: secureOnLocalhost{jar}, Timeout: 20 * time.Second}}
}

// secureOnLocalhost keeps secure cookies of this machine without TLS, as browsers do.
type secureOnLocalhost struct{ *cookiejar.Jar }

func (s secureOnLocalhost) SetCookies(u *url.URL, list []*http.Cookie) {
	for _, c := range list {
		c.Secure = false
	}
	s.Jar.SetCookies(u, list)
}

func (r *rider) get(address string) (*http.Response, string) {
	r.t.Helper()
	res, err := r.Get(address)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res, string(text)
}

// back logs somebody in at the provider and returns where it sends the browser back to.
func (r *rider) back(a *authority, name, password string) string {
	r.t.Helper()
	res, _ := r.get(r.o.url + "/openid")
	id := res.Request.URL.Query().Get("authRequestID")
	if id == "" {
		r.t.Fatalf("%s is no login form", res.Request.URL)
	}
	r.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(next.URL.String(), r.o.url) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	defer func() { r.CheckRedirect = nil }()
	res, err := r.PostForm(a.issuer+"login/username", url.Values{"id": {id}, "username": {name}, "password": {password}})
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.Header.Get("Location")
}

func (r *rider) ride(a *authority, name, password string) string {
	r.t.Helper()
	_, page := r.get(r.back(a, name, password))
	return page
}

// in says whether the browser is logged in.
func (r *rider) in() bool {
	r.t.Helper()
	res, _ := r.get(r.o.url + "/sessions")
	return res.Request.URL.Path == "/sessions"
}

// TestOpenIDRefuses: what comes back by another browser, a second time, with another's state or nonce,
// for another program or from another provider lets nobody in.
func TestOpenIDRefuses(t *testing.T) {
	o, a := joined(t)
	r := o.rider(t)
	if page := r.ride(a, "Alice", "pass of alice"); !r.in() {
		t.Fatalf("the right way does not work:\n%s\n%s", page, o.log)
	}
	first := a.last

	other := o.rider(t)
	if other.get(o.rider(t).back(a, "Alice", "pass of alice")); other.in() {
		t.Error("another browser is let in by a link")
	}
	again := o.rider(t)
	link := again.back(a, "Alice", "pass of alice")
	u, _ := url.Parse(o.url)
	kept := again.Jar.Cookies(u)
	again.get(link)
	fresh := o.rider(t)
	fresh.Jar.SetCookies(u, kept)
	if fresh.get(link); fresh.in() {
		t.Error("the same answer lets in twice")
	}
	mixed := o.rider(t)
	link = mixed.back(a, "Alice", "pass of alice")
	if mixed.get(strings.Replace(link, "state=", "state=x", 1)); mixed.in() {
		t.Error("another state lets in")
	}
	// A token of an earlier login in the place of this one: its nonce is another.
	replay := o.rider(t)
	link = replay.back(a, "Alice", "pass of alice")
	a.swap = first
	if replay.get(link); replay.in() {
		t.Error("a token of another login lets in")
	}
	// A token that the same provider gave another program for the same person.
	wiki := newOffice(t, nil)
	wiki.url = o.url
	address, way, err := a.provider(wiki, "wiki").Begin(t.Context(), "/")
	if err != nil {
		t.Fatal(err)
	}
	stolen := tokenFor(t, a, address, way)
	audience := o.rider(t)
	link = audience.back(a, "Alice", "pass of alice")
	a.swap = stolen
	if audience.get(link); audience.in() {
		t.Error("a token for another program lets in")
	}
	var answer struct {
		ID string `json:"id_token"`
	}
	if json.Unmarshal(stolen, &answer) != nil || answer.ID == "" {
		t.Errorf("the other program has no token: %s", stolen)
	}
	// A provider that calls itself another one.
	liar := a.provider(o, "hisseki")
	liar.Settings.Issuer = strings.Replace(a.issuer, "127.0.0.1", "localhost", 1)
	if _, _, err := liar.Begin(t.Context(), "/"); err == nil {
		t.Error("another issuer is believed")
	}
	// A person with the name of somebody who is here already.
	o.hire("bob", access.Admin)
	a.groups.mu.Lock()
	a.groups.groups["id2"] = []string{"staff"}
	a.groups.mu.Unlock()
	thief := o.rider(t)
	if thief.ride(a, "bob", "pass of bob"); thief.in() {
		t.Error("who has the name of a local reviewer becomes him")
	}
	for _, want := range []string{"the state is not this browser's", "the state came back before", "its token is of another login",
		"its token is not valid"} {
		if !strings.Contains(o.log.String(), want) {
			t.Errorf("the log does not say %q", want)
		}
	}
}

// tokenFor logs alice in for another program, and returns what that gets.
func tokenFor(t *testing.T, a *authority, address string, way openid.Way) []byte {
	t.Helper()
	o := &office{t: t}
	r := o.rider(t)
	res, _ := r.get(address)
	r.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
		if next.URL.Path == "/openid/back" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	res, err := r.PostForm(a.issuer+"login/username", url.Values{"id": {res.Request.URL.Query().Get("authRequestID")},
		"username": {"Alice"}, "password": {"pass of alice"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	to, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "code_verifier": {way.Verifier},
		"redirect_uri": {strings.TrimSuffix(to.Scheme+"://"+to.Host+to.Path, "?")}}
	req, err := http.NewRequest("POST", a.issuer+"oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("wiki", url.QueryEscape("the secret"))
	if res, err = http.DefaultClient.Do(req); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return a.last
}
