package openid

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"hisseki/access"
)

// TestProviderIsDown: who asks again and again for the login has the provider asked once in a while.
func TestProviderIsDown(t *testing.T) {
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		http.Error(w, "down", http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	now := time.Now()
	p := New(Settings{Issuer: srv.URL}, func() time.Time { return now }, rand.Reader)
	for range 20 {
		if _, _, err := p.Begin(context.Background(), "/"); err == nil {
			t.Fatal("it is not down")
		}
	}
	if asked != 1 {
		t.Errorf("it was asked %d times", asked)
	}
	now = now.Add(retryAfter)
	if _, _, err := p.Begin(context.Background(), "/"); err == nil || asked != 2 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}

// TestWay: what a cookie brings is read or refused, and counts for its state and time alone.
func TestWay(t *testing.T) {
	w := Way{State: "s", Nonce: "n", Verifier: "v", To: "/quarantine?a=b", Until: 100}
	if got, err := ReadWay(w.String()); got != w || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "x", "e30x!", "bnVsbA"} {
		if got, err := ReadWay(bad); err == nil && got.State != "" {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
	p := New(Settings{}, func() time.Time { return time.Unix(100, 0) }, rand.Reader)
	for name, c := range map[string]struct {
		way   Way
		state string
	}{"no way": {Way{Until: 200}, ""}, "another state": {Way{State: "s", Until: 200}, "t"}, "too late": {Way{State: "s", Until: 100}, "s"}} {
		if _, err := p.Finish(context.Background(), c.way, url.Values{"state": {c.state}}); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRoleOfGroups(t *testing.T) {
	p := &Provider{Settings: Settings{Roles: map[string]access.Role{"a": access.Admin, "r": access.Reviewer, "v": access.Viewer}}}
	for want, claim := range map[access.Role]any{access.Admin: []any{"v", "a", "r"}, access.Reviewer: []any{"x", "r", "v"},
		access.Viewer: "v", "": []any{"x", 3.0, nil}} {
		if got := p.role(claim); got != want {
			t.Errorf("%v is %q, not %q", claim, got, want)
		}
	}
	if p.role(nil) != "" || p.role(map[string]any{"a": true}) != "" {
		t.Error("no groups have a role")
	}
}

// TestMixUp: an answer that says that it is another provider's (RFC 9207) is not brought to ours.
func TestMixUp(t *testing.T) {
	asked := false
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked = true }))
	defer srv.Close()
	p := New(Settings{Issuer: srv.URL}, time.Now, rand.Reader)
	w := Way{State: "s", Nonce: "n", Verifier: "v", Until: time.Now().Add(time.Minute).Unix()}
	_, err := p.Finish(context.Background(), w, url.Values{"state": {"s"}, "code": {"c"}, "iss": {"https://evil.test"}})
	if !errors.Is(err, ErrRefused) || asked {
		t.Errorf("%v, the provider was asked: %t", err, asked)
	}
}
