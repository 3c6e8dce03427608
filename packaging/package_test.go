// Package packaging_test builds the packages and lives with them.
package packaging_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/internal/demo"
	"hisseki/internal/mta"
)

const repository = ".."

// thefts is how many of the thief's mails are sent.
const thefts = 14

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
	return one(t, dir, "*."+kind)
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
	old, latest := build(t, "0.1.0+1.old"), build(t, "0.1.0+2.new")
	for from, to := range map[string]string{pack(t, "deb", old, "0.1.0+1.old"): "hisseki_old.deb",
		pack(t, "deb", latest, "0.1.0+2.new"): "dist/hisseki_new.deb", old: "bin/hisseki"} {
		to = filepath.Join(dir, to)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.Rename(from, to)); err != nil {
			t.Fatal(err)
		}
	}
	play(t, dir)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	mta.InContainer(t, root, "package/inside.sh", 5*time.Minute,
		append(files, repository+"/docs", repository+"/deploy", repository+"/README.md",
			repository+"/testdata/mmdb/GeoLite2-Country-Test.mmdb")...)
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

// TestImage makes the container image on a Debian 12 that is there, and runs serve and agent in it.
func TestImage(t *testing.T) {
	t.Parallel()
	require(t, "unshare", "chroot", "zstd", "tar")
	root := mta.Debian12(t)
	layout := filepath.Join(t.TempDir(), "image")
	deb := pack(t, "deb", build(t, "0.1.0+image"), "0.1.0+image")
	said := run(t, []string{"BASE=" + root}, "scripts/image.sh", deb, layout)
	if !strings.Contains(said, "0.1.0+image sha256:") {
		t.Error(said)
	}
	index, err := os.ReadFile(filepath.Join(layout, "index.json"))
	if err != nil || !strings.Contains(string(index), `"hisseki:0.1.0-image"`) { // no tag has a "+"
		t.Errorf("the image's name: %v\n%s", err, index)
	}
	run(t, nil, "unshare", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child", "--net", "sh", "-c",
		`ip link set lo up 2>/dev/null; exec timeout 120 testdata/package/image.sh "$0" "$1"`, layout, t.TempDir())
}

// moved are the paths at which the .rpm differs from the .deb.
var moved = strings.NewReplacer("/usr/lib/systemd/system/", "/lib/systemd/system/",
	"/usr/share/zsh/site-functions/", "/usr/share/zsh/vendor-completions/")

// TestRelease makes a release of the commit: twice the same bytes, no complaint of lintian, the
// same files in both packages, every module in the list of contents, sums and signature.
func TestRelease(t *testing.T) {
	t.Parallel()
	require(t, "git", "make", "strip", "lintian", "rpm", "dpkg-deb", "minisign")
	if _, err := os.Stat(filepath.Join(repository, ".git")); err != nil {
		t.Skip("a release is made of a commit: this is no git tree")
	}
	dir := t.TempDir()
	key, public := filepath.Join(dir, "key"), filepath.Join(dir, "key.pub")
	run(t, nil, "minisign", "-G", "-W", "-s", key, "-p", public)
	said := run(t, []string{"ARCHS=amd64", "CACHE=shared", "KEY=" + key, "OUT=" + dir}, "scripts/release.sh")
	lines := strings.Split(strings.TrimSpace(said), "\n")
	release := lines[len(lines)-1]

	sums := filepath.Join(release, "SHA256SUMS")
	run(t, nil, "minisign", "-V", "-p", public, "-m", sums)
	run(t, nil, "sh", "-c", "cd "+release+" && sha256sum --strict -c SHA256SUMS")
	list, err := os.ReadFile(filepath.Join(release, "hisseki.cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	modules := 0
	for line := range strings.Lines(run(t, nil, "go", "mod", "edit", "-json")) {
		if _, path, ok := strings.Cut(line, `"Path": `); ok && strings.Contains(path, "/") {
			modules++
			if path = strings.Trim(path, "\",\n"); !strings.Contains(string(list), `"name": "`+path+`"`) &&
				!strings.Contains(path, "/cmd/") { // a tool's package; its module is there
				t.Errorf("the list of contents lacks %s", path)
			}
		}
	}
	if modules < 40 {
		t.Errorf("go.mod has %d modules: nothing was compared", modules)
	}

	deb, rpm := one(t, release, "*.deb"), one(t, release, "*.rpm")
	run(t, nil, "lintian", "--allow-root", "--fail-on", "error,warning", deb)
	listed := run(t, nil, "sh", "-c", "dpkg-deb --fsys-tarfile "+deb+" | tar -t")
	inDeb := filesOfDeb(listed)
	inRPM, folders := filesOfRPM(t, rpm)
	if !slices.Equal(folders, []string{"/etc/hisseki"}) || !strings.Contains(listed, "./etc/hisseki/\n") {
		t.Errorf("the .rpm has the folders %q, and the .deb\n%s", folders, listed)
	}
	for _, own := range []string{"/usr/share/doc/hisseki/changelog.gz", "/usr/share/lintian/overrides/hisseki"} {
		delete(inDeb, own)
	}
	delete(inRPM, "/usr/share/licenses/hisseki/LICENSE")
	if !maps.Equal(inDeb, inRPM) {
		t.Errorf("the .deb has\n%q\nthe .rpm\n%q", slices.Sorted(maps.Keys(inDeb)), slices.Sorted(maps.Keys(inRPM)))
	}
	for _, want := range []string{"/usr/bin/hisseki", "/etc/hisseki.toml", "/lib/systemd/system/hisseki.service",
		"/usr/share/man/man5/hisseki.toml.5.gz", "/usr/share/man/man8/hisseki-agent.8.gz",
		"/usr/share/doc/hisseki/ja/howto.md", "/usr/share/bash-completion/completions/hisseki"} {
		if !inRPM[want] {
			t.Errorf("the packages lack %s", want)
		}
	}
	if config := run(t, nil, "rpm", "-qpc", rpm); strings.TrimSpace(config) != "/etc/hisseki.toml" {
		t.Errorf("the configuration of the .rpm is %q", config)
	}
}

func require(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("CI") == "true" {
			t.Fatalf("needs %s", name)
		}
		t.Skipf("needs %s: make test as root on Debian installs it", name)
	}
}

func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s has %q, %v", dir, found, err)
	}
	return found[0]
}

// filesOfRPM returns an .rpm's files, at the paths of the .deb, and the folders that it makes. It is asked for lines
// such as "drwxr-xr-x /etc/hisseki".
func filesOfRPM(t *testing.T, rpm string) (files map[string]bool, folders []string) {
	t.Helper()
	files = make(map[string]bool)
	list := run(t, nil, "rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILENAMES}\\n]", rpm)
	for line := range strings.Lines(moved.Replace(list)) {
		mode, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(mode, "d") {
			folders = append(folders, name)
		} else {
			files[name] = true
		}
	}
	return files, folders
}

// filesOfDeb are the files of a .deb's list, such as "./usr/bin/hisseki", without its folders, "./usr/bin/".
func filesOfDeb(list string) map[string]bool {
	files := make(map[string]bool)
	for line := range strings.Lines(list) {
		if name := strings.TrimPrefix(strings.TrimSpace(line), "."); !strings.HasSuffix(name, "/") {
			files[name] = true
		}
	}
	return files
}

// figures are what changes with each day's mail: "10.5 points", "observed: fit -0.62".
var figures = regexp.MustCompile(`-?[0-9]+(\.[0-9]+)?`)

// TestDemo: the two commands that README begins with, "make build" within "make demo", say what it
// shows, but for figures.
func TestDemo(t *testing.T) {
	t.Parallel()
	require(t, "make")
	said := figures.ReplaceAllString(run(t, nil, "make", "demo"), "N")
	for _, name := range []string{"README.md", "README.ja.md"} {
		text, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			t.Fatal(err)
		}
		_, shown, _ := strings.Cut(string(text), "\n    verdict  ")
		shown, _, _ = strings.Cut("    verdict  "+shown, "\n\n")
		lines := 0
		for line := range strings.Lines(shown) {
			line = figures.ReplaceAllString(strings.TrimSpace(line), "N")
			if head, _, ok := strings.Cut(line, "would pass if ["); ok && head == "" {
				line = "would pass if [" // which signals are enough changes with the figures
			}
			if lines++; line != "..." && !strings.Contains(said, line) {
				t.Errorf("%s shows what the demo does not say: %s", name, line)
			}
		}
		if lines < 10 {
			t.Errorf("%s shows only %d lines of the demo", name, lines)
		}
	}
}
