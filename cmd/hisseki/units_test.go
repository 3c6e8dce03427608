package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"hisseki/internal/mta"
)

// TestUnits boots systemd in a container and lives through docs/howto.md there, with the
// files of deploy/ as they are: a unit whose sandbox keeps the program from its work is
// safe by every count and useless.
func TestUnits(t *testing.T) {
	mta.Require(t)
	if _, err := exec.LookPath("systemd-nspawn"); err != nil {
		text := "needs systemd-nspawn: apt-get install systemd-container and run again"
		if os.Getenv("CI") == "true" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	repository, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	boot := exec.CommandContext(ctx, "unshare", "--mount",
		filepath.Join(repository, "testdata/units/boot.sh"), repository, program(t), t.TempDir())
	if out, err := boot.CombinedOutput(); err != nil {
		t.Fatalf("in the container: %v\n%s", err, out)
	}
}
