package seal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSeal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	public, err := NewIdentity(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseRecipient(public)
	if err != nil {
		t.Fatal(err)
	}
	const text = "請求書をお送りします。\x00\x1b"
	sealed, err := r.Seal(text)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(sealed, "請求書") || !strings.HasPrefix(sealed, "-----BEGIN AGE") {
		t.Errorf("sealed as %q", sealed)
	}
	if again, _ := r.Seal(text); again == sealed {
		t.Error("equal texts are sealed alike")
	}
	if got, err := Open(sealed, file); err != nil || got != text {
		t.Errorf("read back %q, %v", got, err)
	}
	if _, err := NewIdentity(file); err == nil {
		t.Error("a key was overwritten")
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	mine, other := filepath.Join(dir, "mine"), filepath.Join(dir, "other")
	public, err := NewIdentity(mine)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewIdentity(other); err != nil {
		t.Fatal(err)
	}
	r, err := ParseRecipient(public)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := r.Seal("text")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{other, filepath.Join(dir, "none")} {
		if _, err := Open(sealed, file); err == nil {
			t.Errorf("opened with %s", file)
		}
	}
	for _, bad := range []string{"", "text", sealed[:len(sealed)/2], strings.ToLower(sealed)} {
		if _, err := Open(bad, mine); err == nil {
			t.Errorf("%q was opened", bad)
		}
	}
	if err := os.Chmod(mine, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(sealed, mine); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("an identity that others can read: %v", err)
	}
	for _, bad := range []string{"", "age1", "AGE-SECRET-KEY-1", public + "x"} {
		if _, err := ParseRecipient(bad); err == nil {
			t.Errorf("%q is taken for a public key", bad)
		}
	}
}
