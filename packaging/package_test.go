// Package packaging_test builds the packages and lives with them.
package packaging_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/internal/demo"
	"hisseki/internal/mta"
)

const repository = ".."

// thefts is how many of the thief's mails are sent.
const thefts = 12

// build makes the program as "make" does, under a name that says which it is.
func build(t *testing.T, version string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "hisseki")
	run(t, nil, "go", "build", "-trimpath", "-ldflags", "-X main.version="+version, "-o", program,
		"./cmd/hisseki")
	return program
}

// pack makes a package of a program, and returns its path.
func pack(t *testing.T, kind, program, version string) string {
	t.Helper()
	dir := t.TempDir()
	run(t, []string{"VERSION=" + version, "OUT=" + dir}, "scripts/package.sh", kind, "amd64", program)
	found, err := filepath.Glob(filepath.Join(dir, "*."+kind))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s has %q, %v", dir, found, err)
	}
	return found[0]
}

// run runs a command in the repository.
func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = repository, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestLifeOfThePackage installs the package on a fresh Debian 12, has a theft held, upgrades it
// while mail flows, removes and purges it (testdata/package/inside.sh).
func TestLifeOfThePackage(t *testing.T) {
	t.Parallel()
	root := mta.Debian12(t)
	dir := t.TempDir()
	for name, version := range map[string]string{"old.deb": "0.1.0+1.old", "new.deb": "0.1.0+2.new"} {
		made := pack(t, "deb", build(t, version), version)
		if err := os.Rename(made, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	play(t, dir)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	mta.InContainer(t, root, "package/inside.sh", 5*time.Minute,
		append(files, filepath.Join(repository, "docs"))...)
}

// play writes three weeks of a company's mail until now, and the thief's mails with what swaks
// is told of each.
func play(t *testing.T, dir string) {
	t.Helper()
	firm, now := company.New(demo.Seed), time.Now()
	end := demo.LastTuesday(now)
	past := firm.Weeks(3, end)
	for i := range past {
		past[i].Time = past[i].Time.Add(now.Sub(end)) // the end is now, whenever the test runs
	}
	if _, err := company.WriteTimeline(filepath.Join(dir, "past"), past); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "theft"), 0o755); err != nil {
		t.Fatal(err)
	}
	theft, _ := firm.Incident(now, demo.Span, thefts)
	for i, m := range theft {
		name := filepath.Join(dir, "theft", fmt.Sprintf("%02d", i))
		args := fmt.Sprintf("--xclient-login %s --xclient-addr %s --from %s --to %s", m.Login, m.Client,
			m.Login, strings.Join(m.Recipients, ","))
		if err := os.WriteFile(name+".args", []byte(args), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name+".eml", m.Message, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
