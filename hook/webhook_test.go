package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const key = "a secret of 24 characters"

func secretFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func webhook(t *testing.T, url, authorities string) *Webhook {
	t.Helper()
	w, err := NewWebhook(url, secretFile(t, key+"\n", 0o600), authorities,
		func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// verify is what a receiver does, written without our code.
func verify(t *testing.T, url string, r *http.Request, body []byte) {
	t.Helper()
	stamp, sum, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Hisseki-Signature"), "t="), ",v2=")
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "%s\n%s\n%s", stamp, url, body)
	if hex.EncodeToString(mac.Sum(nil)) != sum || stamp != fmt.Sprint(noon.Unix()) {
		t.Errorf("signature %s of %s", r.Header.Get("Hisseki-Signature"), body)
	}
}

func TestWebhookIsSignedJSON(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		verify(t, "http://"+r.Host, r, body)
		var e Event
		if err := json.Unmarshal(body, &e); err != nil || e.ID != "0123" || e.Sender != theft().Sender {
			t.Errorf("body %s: %v", body, err)
		}
		if r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" ||
			r.Header.Get("Hisseki-Event") != "0123" {
			t.Errorf("%s %v", r.Method, r.Header)
		}
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, strings.Repeat("thanks ", 10000))
	}))
	defer srv.Close()
	said, err := webhook(t, srv.URL, "").Tell(t.Context(), opened())
	if err != nil || !strings.HasPrefix(said, "202 Accepted\nthanks") || len(said) > maxOutput+20 {
		t.Errorf("said %.40q (%d bytes), %v", said, len(said), err)
	}
}

func TestWebhookRefusals(t *testing.T) {
	followed := false
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/elsewhere":
			followed = true
		case "/moved":
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		default:
			http.Error(w, "no", http.StatusInternalServerError)
		}
	}))
	defer srv.Close()
	for path, want := range map[string]string{"/moved": "redirects", "/": "500 Internal"} {
		_, err := webhook(t, srv.URL+path, "").Tell(t.Context(), opened())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if followed {
		t.Error("a redirection was followed")
	}
}

func TestWebhookKeepsItsURLToItself(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Close()
	_, err := webhook(t, srv.URL+"/?token=hunter2", "").Tell(t.Context(), opened())
	if err == nil || strings.Contains(err.Error(), "hunter2") ||
		!strings.Contains(err.Error(), "refused") {
		t.Errorf("a server that is down: %v", err)
	}
}

func TestWebhookVerifiesTheServer(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	srv.Config.ErrorLog = nil
	_, err := webhook(t, srv.URL, "").Tell(t.Context(), opened())
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server nobody vouches for: %v", err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := webhook(t, srv.URL, ca).Tell(t.Context(), opened()); err != nil {
		t.Errorf("with its authority: %v", err)
	}
}

func TestWebhookSecretsAreChecked(t *testing.T) {
	for name, path := range map[string]string{"short": secretFile(t, "short", 0o600),
		"open": secretFile(t, key, 0o604), "missing": "/nonexistent"} {
		if _, err := NewWebhook("https://a.test/", path, "", time.Now); err == nil {
			t.Errorf("a secret that is %s was taken", name)
		}
	}
	if _, err := NewWebhook("https://a.test/", secretFile(t, key, 0o600), "/dev/null",
		time.Now); err == nil {
		t.Error("an empty file of authorities was taken")
	}
}
