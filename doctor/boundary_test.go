package doctor

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/internal/config"
	"hisseki/proof"
	"hisseki/signing"
)

// TestBoundary goes from no key to a mark.
func TestBoundary(t *testing.T) {
	d := &Doctor{Config: config.Default(t.TempDir())}
	d.Config.Agent.Folder = filepath.Join(t.TempDir(), "agent")
	say := func() string {
		d.list = nil
		d.boundary()
		var out []string
		for _, f := range d.list {
			out = append(out, f.State+" "+f.Found+" -> "+f.Do)
		}
		return strings.Join(out, "\n")
	}
	if got := say(); !strings.HasPrefix(got, "warn there is no key for decisions") || !strings.Contains(got, "start hisseki agent") {
		t.Errorf("without a key: %s", got)
	}
	if _, _, err := signing.Make(d.Config.Agent.Folder); err != nil {
		t.Fatal(err)
	}
	if got := say(); !strings.HasPrefix(got, "ok signed by the key") || strings.Contains(got, "\n") {
		t.Errorf("with a key: %s", got)
	}
	r, err := proof.Open(d.Config.Agent.Folder, "mx")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for at, what := range map[time.Duration]string{0: "refused to discard mail \x1b[31m", -30 * 24 * time.Hour: "old"} {
		if _, err := r.Mark(time.Now().Add(at), what); err != nil {
			t.Fatal(err)
		}
	}
	if got := say(); !strings.Contains(got, "bad ") || !strings.Contains(got, "refused to discard") ||
		strings.Contains(got, "old") || strings.Contains(got, "\x1b") || !strings.Contains(got, "1 mark in a week") {
		t.Errorf("with a mark: %s", got)
	}
}
