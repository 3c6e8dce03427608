package abuse

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/hook"
)

// TestReceiverCannotPassOn: two webhooks have one secret, and the receiver of one is an enemy. He
// sends what he got to the other, which takes nothing of it.
func TestReceiverCannotPassOn(t *testing.T) {
	const secret = "a secret of both receivers"
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	// genuine is what a receiver does that knows its own URL.
	genuine := func(url string, h http.Header, body []byte) bool {
		stamp, sum, _ := strings.Cut(strings.TrimPrefix(h.Get(hook.SignatureHeader), "t="), ",v2=")
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%s\n%s\n%s", stamp, url, body)
		return hex.EncodeToString(mac.Sum(nil)) == sum
	}
	var header http.Header
	var body []byte
	enemy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header.Clone()
		body, _ = io.ReadAll(r.Body)
	}))
	defer enemy.Close()
	w, err := hook.NewWebhook(enemy.URL, file, "", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Tell(t.Context(), &hook.Event{Schema: 1, Kind: "incident", ID: "1", Event: "dismissed"}); err != nil {
		t.Fatal(err)
	}
	if !genuine(enemy.URL, header, body) {
		t.Error("his own request is not genuine")
	}
	if genuine("https://lock.example.jp/hisseki", header, body) {
		t.Error("the other receiver takes it")
	}
}
