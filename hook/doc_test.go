package hook

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// documented returns the first block of a language in docs/hooks.md.
func documented(t *testing.T, language string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/hooks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(text), "```"+language+"\n")
	if !ok {
		t.Fatalf("no %s in docs/hooks.md", language)
	}
	block, _, _ = strings.Cut(block, "```")
	return block
}

func TestSchemaIsDocumented(t *testing.T) {
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal([]byte(documented(t, "json")), &schema); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(opened())
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	want, got := slices.Sorted(maps.Keys(event)), slices.Sorted(maps.Keys(schema.Properties))
	if !slices.Equal(want, got) {
		t.Errorf("documented: %v\nsent:       %v", got, want)
	}
}

func TestDocumentedVerification(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs python3: apt-get install python3 and run again")
		}
		t.Skip("needs python3")
	}
	program := filepath.Join(t.TempDir(), "verify.py")
	if err := os.WriteFile(program, []byte(documented(t, "python")), 0o600); err != nil {
		t.Fatal(err)
	}
	secret := secretFile(t, key+"\n", 0o600)
	body := `{"event":"opened"}`
	now := time.Now()
	const url = "https://soc.example.jp/hisseki"
	for name, c := range map[string]struct {
		header, body string
		ok           bool
	}{
		"genuine":                       {Sign([]byte(key), url, []byte(body), now), body, true},
		"changed":                       {Sign([]byte(key), url, []byte(body), now), body + " ", false},
		"forged":                        {Sign([]byte("another secret of length"), url, []byte(body), now), body, false},
		"passed on by another receiver": {Sign([]byte(key), "https://chat.example.jp/hook", []byte(body), now), body, false},

		"old": {Sign([]byte(key), url, []byte(body), now.Add(-time.Hour)), body, false},
	} {
		cmd := exec.Command("python3", program, secret, url, c.header)
		cmd.Stdin = strings.NewReader(c.body)
		out, err := cmd.CombinedOutput()
		if (err == nil) != c.ok {
			t.Errorf("%s: %v %s", name, err, out)
		}
	}
}
