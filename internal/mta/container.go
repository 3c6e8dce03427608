package mta

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// InContainer boots a root ("/" is this machine's own) in a container and runs a script of
// testdata there, with files beside it. It fails the test with all that the script said.
func InContainer(t testing.TB, root, script string, within time.Duration, files ...string) {
	t.Helper()
	Require(t, "systemd-nspawn")
	data, err := testdata()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	args := []string{"--mount", "--pid", "--mount-proc", "--fork", "--kill-child",
		filepath.Join(data, "units/boot.sh"), root, t.TempDir(), filepath.Join(data, script)}
	// A process space of its own: killed, it takes the container with it.
	boot := exec.CommandContext(ctx, "unshare", append(args, files...)...)
	boot.WaitDelay = 10 * time.Second
	if out, err := boot.CombinedOutput(); err != nil {
		t.Fatalf("in the container: %v\n%s", err, out)
	} else if testing.Verbose() {
		t.Logf("%s", out)
	}
}
