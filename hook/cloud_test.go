package hook_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
)

// cloud answers as Graph and the Admin SDK document it: what is asked is kept, an account's state is
// what was set last.
type cloud struct {
	mu     sync.Mutex
	asked  []string
	locked bool
	deaf   bool // takes everything, changes nothing
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	c.asked = append(c.asked, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+string(body)))
	if r.Header.Get("Authorization") != "Bearer secret-token" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if (r.Method == http.MethodPatch || r.Method == http.MethodPut) && !c.deaf {
		c.locked = strings.Contains(string(body), `"accountEnabled":false`) || strings.Contains(string(body), `"suspended":true`)
	}
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, map[bool]string{true: `{"accountEnabled": false, "suspended": true}`,
			false: `{"accountEnabled": true, "suspended": false}`}[c.locked])
	}
}

// The hooks for clouds disable sign-in and end sessions, prove it, let in again after a dismissal,
// and ask nothing in dry mode.
func TestShippedHooksLockCloudAccounts(t *testing.T) {
	t.Parallel()
	needs(t, "curl", "jq")
	token := t.TempDir() + "/token"
	if err := os.WriteFile(token, []byte("secret-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]string{
		"lock-entra":  {`PATCH /users/bob@example.jp {"accountEnabled":false}`, "POST /users/bob@example.jp/revokeSignInSessions {}"},
		"lock-google": {`PUT /users/bob@example.jp {"suspended":true}`, "POST /users/bob@example.jp/signOut {}"},
	} {
		c := &cloud{}
		server := httptest.NewServer(c)
		defer server.Close()
		if said := mustTell(t, "opened", "bob@example.jp", name, "--dry-run", token, server.URL); len(c.asked) != 0 ||
			!strings.Contains(said, "would ask") || strings.Contains(said, "secret-token") || strings.Contains(said, "is disabled") ||
			strings.Contains(said, "is suspended") {
			t.Errorf("%s in dry mode asked %q and said %q", name, c.asked, said)
		}
		mustTell(t, "opened", "bob@example.jp", name, token, server.URL)
		if len(c.asked) != 3 || c.asked[0] != want[0] || c.asked[1] != want[1] || !c.locked {
			t.Errorf("%s asked %q", name, c.asked)
		}
		if mustTell(t, "dismissed", "bob@example.jp", name, token, server.URL); c.locked {
			t.Errorf("%s does not let in again: %q", name, c.asked)
		}
		c.deaf = true
		if _, err := shipped(t, "opened", "bob@example.jp", name, token, server.URL); err == nil {
			t.Errorf("%s takes an account that may still sign in for locked", name)
		}
		if err := os.WriteFile(token, []byte("old\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := shipped(t, "opened", "bob@example.jp", name, token, server.URL); err == nil {
			t.Errorf("%s takes a refusal for an answer", name)
		}
		if err := os.WriteFile(token, []byte("secret-token\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := shipped(t, "opened", "a/../b@example.jp", name, token, server.URL); err == nil {
			t.Errorf("%s takes an odd login", name)
		}
	}
}
