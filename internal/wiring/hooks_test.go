package wiring

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hisseki/internal/config"
)

func TestWebhookSecretFromSystemd(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("a secret of 24 characters"),
		0o600); err != nil {
		t.Fatal(err)
	}
	h := config.WebhookHook{Name: "soc", URL: "https://soc.test/", SecretCredential: "secret"}
	cfg := config.Hooks{Webhook: []config.WebhookHook{h}}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if _, err := Webhooks(cfg); err == nil || !strings.Contains(err.Error(), "LoadCredential=secret") {
		t.Errorf("without systemd: %v", err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if _, err := Webhooks(cfg); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(dir, "secret")); err != nil {
		t.Fatal(err)
	}
	if _, err := Webhooks(cfg); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without its file: %v", err)
	}
}
