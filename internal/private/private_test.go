package private

import (
	"os"
	"path/filepath"
	"testing"
)

// A report names accounts and recipients: it must not land in a file that others may read,
// nor behind a link that somebody else has laid.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	open, secret, link := filepath.Join(dir, "open"), filepath.Join(dir, "secret"), filepath.Join(dir, "link")
	for _, path := range []string{open, secret} {
		if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(secret, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{open, filepath.Join(dir, "new")} {
		if err := Write(path, []byte("report")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 6 {
			t.Errorf("%s: %v %v", path, info, err)
		}
	}
	for _, path := range []string{link, dir, "/dev/null"} {
		if err := Write(path, []byte("report")); err == nil {
			t.Errorf("%s was written", path)
		}
	}
	if text, err := os.ReadFile(secret); err != nil || string(text) != "old" {
		t.Errorf("behind the link: %q, %v", text, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".hisseki-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}
