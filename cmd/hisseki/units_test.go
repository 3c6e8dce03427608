package main

import (
	"context"
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
	mta.Require(t, "systemd-nspawn", "swaks")
	repository, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	// A process space of its own: killed, it takes the container with it.
	boot := exec.CommandContext(ctx, "unshare", "--mount", "--pid", "--mount-proc", "--fork",
		"--kill-child", filepath.Join(repository, "testdata/units/boot.sh"), repository,
		program(t), t.TempDir())
	boot.WaitDelay = 10 * time.Second
	if out, err := boot.CombinedOutput(); err != nil {
		t.Fatalf("in the container: %v\n%s", err, out)
	}
}
