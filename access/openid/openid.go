// Package openid has reviewers log in at an OpenID Connect provider, by the code flow with PKCE
// (OpenID Connect Core 1.0, section 3.1; RFC 7636). The provider asks for the second factor.
package openid

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"hisseki/access"
)

// Settings of a Provider.
type Settings struct {
	Issuer       string // as the provider names itself
	ClientID     string
	Secret       string
	Callback     string // URL of ours to which the provider sends browsers back
	Scopes       []string
	Name, Groups string                 // claims: of the reviewer's name, and of the list of his groups
	Roles        map[string]access.Role // by group; the highest counts
}

// Provider is who says who somebody is. It is safe for use by many at once.
type Provider struct {
	Settings Settings
	Now      func() time.Time
	Rand     io.Reader

	client *http.Client
	mu     sync.Mutex
	found  *oidc.Provider // once it was asked: it may be down when we start
	down   error          // why it was not found, until retry: anybody may ask for the login
	retry  time.Time
	used   map[string]time.Time // states that came back, until when their cookies last
}

const (
	timeout    = 10 * time.Second
	retryAfter = 5 * time.Second
	maxAnswer  = 1 << 20 // bytes of the provider's answers
	// WaysFor is how long somebody may take to log in at the provider.
	WaysFor = 10 * time.Minute
	maxUsed = 10_000
)

// New returns a provider, which is asked when somebody logs in.
func New(s Settings, now func() time.Time, random io.Reader) *Provider {
	return &Provider{Settings: s, Now: now, Rand: random, used: map[string]time.Time{},
		client: &http.Client{Timeout: timeout, Transport: bounded{http.DefaultTransport}}}
}

// bounded reads no more of an answer than it may have.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxAnswer)
	}
	return res, err
}

// Way is what a browser keeps while its reviewer is at the provider: secrets of one login.
type Way struct {
	State, Nonce, Verifier string
	To                     string // the page that somebody wanted
	Until                  int64  // unix seconds
}

// String is the way as a cookie keeps it.
func (w Way) String() string {
	text, _ := json.Marshal(w) // of strings and a number
	return base64.RawURLEncoding.EncodeToString(text)
}

// ReadWay reads what String wrote.
func ReadWay(text string) (w Way, err error) {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(data, &w)
	}
	return w, err
}

// ErrRefused says that what came back is no login of this browser, or of nobody who may come in.
var ErrRefused = errors.New("the login at the provider does not count")

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrRefused}, args...)...)
}

// provider finds the provider, and its keys, where that was not done before.
func (p *Provider) provider(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	if p.down != nil && p.Now().Before(p.retry) {
		return nil, p.down
	}
	// Its context lasts as long as the provider: keys are read anew when they change.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.Settings.Issuer)
	if err != nil {
		p.down = fmt.Errorf("ask the OpenID Connect provider %s: %w", p.Settings.Issuer, err)
		p.retry = p.Now().Add(retryAfter)
		return nil, p.down
	}
	p.found = found
	return found, nil
}

func (p *Provider) config(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: p.Settings.ClientID, ClientSecret: p.Settings.Secret, Endpoint: found.Endpoint(),
		RedirectURL: p.Settings.Callback, Scopes: append([]string{oidc.ScopeOpenID}, p.Settings.Scopes...)}
}

func (p *Provider) random() (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(p.Rand, b); err != nil {
		return "", fmt.Errorf("draw a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// Begin returns where the browser is sent, and what it keeps until it is back.
func (p *Provider) Begin(ctx context.Context, to string) (address string, w Way, err error) {
	found, err := p.provider(ctx)
	if err != nil {
		return "", w, err
	}
	for _, into := range []*string{&w.State, &w.Nonce, &w.Verifier} {
		if *into, err = p.random(); err != nil {
			return "", w, err
		}
	}
	w.To, w.Until = to, p.Now().Add(WaysFor).Unix()
	return p.config(found).AuthCodeURL(w.State, oidc.Nonce(w.Nonce), oauth2.S256ChallengeOption(w.Verifier)), w, nil
}

// Person is who the provider says somebody is.
type Person struct {
	Name    string
	Role    access.Role // "" where none of the groups has one
	Subject string      // issuer and subject: never another's, whatever he is called
}

// Finish reads what the provider had the browser bring, v. An error that is ErrRefused says that
// it is not what this browser was sent for.
func (p *Provider) Finish(ctx context.Context, w Way, v url.Values) (*Person, error) {
	now := p.Now()
	switch {
	case w.State == "" || subtle.ConstantTimeCompare([]byte(w.State), []byte(v.Get("state"))) != 1:
		return nil, refused("the state is not this browser's")
	case v.Get("iss") != "" && v.Get("iss") != p.Settings.Issuer: // RFC 9207: of another provider
		return nil, refused("it is the answer of %.80q", v.Get("iss"))
	case now.Unix() >= w.Until:
		return nil, refused("it took too long")
	case v.Get("error") != "":
		return nil, refused("the provider says %.80q", v.Get("error"))
	case !p.first(w, now):
		return nil, refused("the state came back before")
	}
	found, err := p.provider(ctx)
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.config(found).Exchange(ctx, v.Get("code"), oauth2.VerifierOption(w.Verifier))
	if err != nil {
		return nil, refused("the provider does not take its code back: %v", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.Settings.ClientID, Now: p.Now}).Verify(ctx, raw)
	if err != nil {
		return nil, refused("its token is not valid: %v", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(w.Nonce)) != 1 {
		return nil, refused("its token is of another login")
	}
	return p.person(ctx, found, id, token)
}

// first says whether a state comes back for the first time.
func (p *Provider) first(w Way, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for state, until := range p.used {
		if now.After(until) || len(p.used) > maxUsed {
			delete(p.used, state)
		}
	}
	_, again := p.used[w.State]
	p.used[w.State] = time.Unix(w.Until, 0)
	return !again
}

// person reads the claims of the token, and of the provider's userinfo where the token has not all.
func (p *Provider) person(ctx context.Context, found *oidc.Provider, id *oidc.IDToken, token *oauth2.Token) (*Person, error) {
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return nil, refused("its claims cannot be read: %v", err)
	}
	if (claims[p.Settings.Name] == nil || claims[p.Settings.Groups] == nil) && found.UserInfoEndpoint() != "" {
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return nil, refused("it does not say who that is: %v", err)
		}
		more := map[string]any{}
		if err := info.Claims(&more); err != nil || info.Subject != id.Subject { // Core 1.0, section 5.3.2
			return nil, refused("it speaks of somebody else")
		}
		for _, key := range []string{p.Settings.Name, p.Settings.Groups} {
			if claims[key] == nil {
				claims[key] = more[key]
			}
		}
	}
	name, _ := claims[p.Settings.Name].(string)
	who := &Person{Name: strings.ToLower(name), Subject: id.Issuer + " " + id.Subject, Role: p.role(claims[p.Settings.Groups])}
	if err := access.CheckName(who.Name); err != nil {
		return nil, refused("%v", err)
	}
	return who, nil
}

// role is the highest that somebody's groups have. A claim may be a list or one name.
func (p *Provider) role(claim any) (best access.Role) {
	list, _ := claim.([]any)
	if one, ok := claim.(string); ok {
		list = []any{one}
	}
	for group, role := range p.Settings.Roles {
		if slices.Contains(list, any(group)) && (best == "" || role.May(best)) {
			best = role
		}
	}
	return best
}

// Logout is where the provider ends its own session, "" where it does not say.
func (p *Provider) Logout(ctx context.Context) string {
	found, err := p.provider(ctx)
	var more struct {
		End string `json:"end_session_endpoint"`
	}
	if err != nil || found.Claims(&more) != nil || !strings.HasPrefix(more.End, "http") {
		return ""
	}
	u, err := url.Parse(more.End)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.Settings.ClientID)
	u.RawQuery = q.Encode()
	return u.String()
}
