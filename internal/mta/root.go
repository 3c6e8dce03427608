package mta

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// release is a Debian, and what is in its root.
type release struct {
	name, suite, packages string
	folder                string // of its root, in the cache
}

var (
	debian13 = release{"DEBIAN 13", "trixie", "postfix,dovecot-core,dovecot-imapd", "trixie"}
	// These boot, with accounts in a Dovecot and amavis to give mail to.
	debian13Booted = release{"DEBIAN 13", "trixie", booted, "debian13"}
	debian12       = release{"DEBIAN 12", "bookworm", booted, "debian12"}
)

const (
	// debootstrap knows no package that another one stands for, as perl-openssl-defaults does.
	booted = "systemd-sysv,postfix,dovecot-core,dovecot-imapd,amavisd-new,perl-openssl-defaults," +
		"swaks,jq,sudo,procps"
	// freshFor is how long a root is used before the newest packages are wanted.
	freshFor = 30 * 24 * time.Hour
	// making bounds debootstrap; it takes two minutes with a fast network.
	making = 10 * time.Minute
)

// Debian13 returns the root folder of a Debian 13 with its Postfix 3.10 and Dovecot 2.4, for
// Options.Root. debootstrap makes it once, in the user's cache folder; all tests share it, and
// only their own folders in its /tmp change. Where it cannot be had the test fails or is
// skipped, as Require says.
func Debian13(t testing.TB) string { return debian13.root(t) }

// Debian13Booted returns that of a Debian 13, as Debian12 does.
func Debian13Booted(t testing.TB) string { return debian13Booted.root(t) }

// Debian12 returns the root folder of a Debian 12 with systemd, Postfix, Dovecot and amavis to boot,
// as the lower folder of an overlay: nothing in it changes. Else as Debian13.
func Debian12(t testing.TB) string { return debian12.root(t) }

func (r release) root(t testing.TB) string {
	t.Helper()
	Require(t, "debootstrap", "chroot", "unshare")
	root, err := r.make(t.Context())
	if err == nil {
		return root
	}
	text := fmt.Sprintf("%s IS NOT TESTED: %v", r.name, err)
	if os.Getenv("CI") == "true" {
		t.Fatal(text)
	}
	t.Skip(text)
	return ""
}

func (r release) make(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "hisseki-test")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	// Several packages' tests may come at once.
	lock, err := os.OpenFile(filepath.Join(cache, r.folder+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("wait for the root: %w", err)
	}
	root := filepath.Join(cache, r.folder)
	made := filepath.Join(root, "hisseki-packages")
	info, err := os.Stat(made)
	if list, e := os.ReadFile(made); err == nil && e == nil && string(list) == r.packages &&
		time.Since(info.ModTime()) < freshFor {
		return root, nil
	}
	err = r.debootstrap(ctx, root)
	if err != nil && info != nil {
		return root, nil // an old one is better than none: the network may be down today
	}
	if err != nil {
		return "", err
	}
	return root, os.WriteFile(made, []byte(r.packages), 0o644)
}

// debootstrap makes a root beside the place and puts it there when it is whole.
func (r release) debootstrap(ctx context.Context, root string) error {
	part := root + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, making)
	defer cancel()
	out, err := exec.CommandContext(ctx, "debootstrap", "--variant=minbase", "--include="+r.packages,
		r.suite, part).CombinedOutput()
	if err != nil {
		text := strings.TrimSpace(string(out))
		return fmt.Errorf("debootstrap %s: %w: %s", r.suite, errors.Join(ctx.Err(), err),
			text[max(0, len(text)-500):])
	}
	if err := os.RemoveAll(root); err != nil {
		return err
	}
	return os.Rename(part, root)
}

// folder makes the folder of an instance. With another root it lies there, and a link of the
// same name leads to it, so that its path is the same for the daemons and for the test.
func folder(root string) (string, error) {
	// Not t.TempDir: its parents are closed to the user postfix, and its names are too long
	// for unix sockets.
	dir, err := os.MkdirTemp(root+"/tmp", "mta")
	if err != nil || root == "" {
		return dir, err
	}
	link := strings.TrimPrefix(dir, root)
	if err := os.Symlink(dir, link); err != nil {
		return "", errors.Join(err, os.Remove(dir))
	}
	return link, nil
}

// removeFolder removes what folder made.
func removeFolder(dir string) error {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(real), os.RemoveAll(dir))
}

// Command makes a program of the instance's system ready to run.
func (in *Instance) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if in.options.Root == "" {
		return exec.CommandContext(ctx, name, args...)
	}
	return exec.CommandContext(ctx, "chroot", append([]string{in.options.Root, name}, args...)...)
}

// Run runs one and returns what it said, or fails the test.
func (in *Instance) Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := in.Command(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// withPAM has a daemon see services of our own in /etc/pam.d, and nobody else.
func (in *Instance) withPAM(cmd *exec.Cmd) (*exec.Cmd, error) {
	if in.options.PAM == nil {
		return cmd, nil
	}
	from, to := in.options.Root+"/etc/pam.d", in.Dir+"/pam.d"
	if err := errors.Join(os.RemoveAll(to), os.CopyFS(to, os.DirFS(from))); err != nil {
		return nil, err
	}
	for name, text := range in.options.PAM {
		if err := os.WriteFile(filepath.Join(to, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	const script = `mount --bind "$1" "$2" && shift 2 && exec "$@"`
	return exec.Command("unshare", append([]string{"--mount", "sh", "-c", script, "sh", to, from},
		cmd.Args...)...), nil
}
