package hook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/ask"
	"hisseki/hook"
)

const (
	askToken = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE"
	askLink  = "https://review.example.jp/ask/" + askToken
)

// askBy has a shipped hook bring a link to the owner of an account.
func askBy(t *testing.T, login, name string, args ...string) (string, error) {
	t.Helper()
	path, err := filepath.Abs("../deploy/hooks/" + name)
	if err != nil {
		t.Fatal(err)
	}
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	a := hook.Asking{Name: name, Command: hook.Command{User: u.Username, Args: append([]string{path}, args...)},
		Asker: func(_ context.Context, name string, incident int64, sender string) (string, time.Time, error) {
			return askLink, time.Date(2026, 11, 29, 7, 0, 0, 0, time.UTC), nil
		}}
	return a.Tell(t.Context(), &hook.Event{Schema: 1, Kind: "incident", ID: "0123", Event: "opened", Run: 1, Number: 3,
		Logins: []string{login, "alias@example.jp"}, Brief: hook.Brief{Incident: "I3", Sender: login}})
}

func fileOf(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestShippedAsk: each shipped hook brings the owner the link, by his own way, once, and the link is
// not in what is kept of the run.
func TestShippedAsk(t *testing.T) {
	t.Parallel()
	needs(t, "python3", "curl")
	var got atomic.Pointer[http.Request]
	var body atomic.Pointer[string]
	var count atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		s := string(text)
		got.Store(r)
		body.Store(&s)
		count.Add(1)
	}))
	defer server.Close()
	owners := fileOf(t, "owners", "other@example.jp http://127.0.0.1:1/no\nbando@example.jp "+server.URL+"/topic-q7Zx\n")
	for _, name := range []string{"ask-push", "ask-chat"} {
		count.Store(0)
		said, err := askBy(t, "bando@example.jp", name, owners)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, said)
		}
		if count.Load() != 1 || got.Load().URL.Path != "/topic-q7Zx" || !strings.Contains(*body.Load(), askLink) {
			t.Errorf("%s: %d requests, the last %s: %s", name, count.Load(), got.Load().URL, *body.Load())
		}
		if strings.Contains(said, askToken) {
			t.Errorf("%s: the token is kept: %s", name, said)
		}
	}
	var chat struct{ Text string }
	if err := json.Unmarshal([]byte(*body.Load()), &chat); err != nil || !strings.Contains(chat.Text, askLink) {
		t.Errorf("ask-chat: %v: %s", err, *body.Load())
	}

	mailbox := filepath.Join(t.TempDir(), "mail")
	sendmail := fileOf(t, "sendmail", "#!/bin/sh\n{ echo \"$@\"; cat; } > "+mailbox+"\n")
	if err := os.Chmod(sendmail, 0o700); err != nil {
		t.Fatal(err)
	}
	second := fileOf(t, "owners", "bando@example.jp bando.home@example.net\nself@example.jp self@example.jp\n")
	if said, err := askBy(t, "bando@example.jp", "ask-mail", second, "hisseki@example.jp", sendmail); err != nil {
		t.Fatalf("ask-mail: %v\n%s", err, said)
	}
	mail, err := os.ReadFile(mailbox)
	if err != nil || !strings.HasPrefix(string(mail), "-i -f hisseki@example.jp -- bando.home@example.net\n") ||
		!strings.Contains(string(mail), askLink) {
		t.Errorf("ask-mail: %v\n%s", err, mail)
	}
	// The mailbox that may be an attacker's is no second address.
	if said, err := askBy(t, "self@example.jp", "ask-mail", second, "hisseki@example.jp", sendmail); err == nil {
		t.Errorf("the account itself was asked: %s", said)
	}
	// Of whom no other way is known, he is not asked; that is no failure.
	if said, err := askBy(t, "carol@example.jp", "ask-push", owners); err != nil || !strings.Contains(said, "not asked") {
		t.Errorf("%v: %s", err, said)
	}
}

// TestAskIsRefused: an owner who was asked often enough is not asked again, now or later.
func TestAskIsRefused(t *testing.T) {
	a := hook.Asking{Asker: func(context.Context, string, int64, string) (string, time.Time, error) {
		return "", time.Time{}, ask.ErrEnough
	}}
	if _, err := a.Tell(t.Context(), &hook.Event{}); !errors.Is(err, hook.ErrRefused) {
		t.Error(err)
	}
}
