package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hisseki/store"
)

// TestConfigFile: the machine's configuration is read unless something else was asked for.
func TestConfigFile(t *testing.T) {
	site := filepath.Join(t.TempDir(), "hisseki.toml")
	if err := os.WriteFile(site, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	missing := site + ".missing"
	empty, named := "", "/srv/other.toml"
	for _, c := range []struct {
		name     string
		variable *string
		site     string
		args     []string
		want     string
	}{
		{"nothing asked for", nil, site, nil, site},
		{"no configuration on the machine", nil, missing, nil, ""},
		{"a database of its own", nil, site, []string{"--db", "x.db"}, ""},
		{"a role of its own on the server", nil, site, []string{"--db", "postgres://hisseki_reviewer@db1/hisseki"}, site},
		{"a role, no configuration on the machine", nil, missing, []string{"--db", "postgres://hisseki_reviewer@db1/hisseki"}, ""},
		{"a role, none by variable", &empty, site, []string{"--db", "postgres://hisseki_reviewer@db1/hisseki"}, ""},
		{"a file by flag", nil, site, []string{"--config", named, "--db", "x.db"}, named},
		{"none by flag", nil, site, []string{"--config", ""}, ""},
		{"a file by variable", &named, site, nil, named},
		{"none by variable", &empty, site, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(configVariable, "") // restored at the end
			os.Unsetenv(configVariable)
			if c.variable != nil {
				os.Setenv(configVariable, *c.variable)
			}
			root := newRoot()
			status, _, err := root.Find([]string{"status"})
			if err != nil {
				t.Fatal(err)
			}
			if err := status.ParseFlags(c.args); err != nil {
				t.Fatal(err)
			}
			if got := configFile(status, c.site); got != c.want {
				t.Errorf("configFile = %q, want %q", got, c.want)
			}
		})
	}
}

// othersFolder makes a folder of a user without rights, and says how to run a program as him.
func othersFolder(t *testing.T) (dir string, as *syscall.SysProcAttr) {
	t.Helper()
	needsRoot(t, "act as another user")
	uid, gid := unprivileged(t, "daemon")
	dir, err := os.MkdirTemp("/tmp", "hisseki-other") // he must get there
	if err == nil {
		err = os.Chown(dir, uid, gid)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid),
		Gid: uint32(gid)}}
}

// TestRootCreates: a store that root has taught before serve ever ran belongs to the owner
// of its folder, with all that lies beside it.
func TestRootCreates(t *testing.T) {
	t.Parallel()
	dir, as := othersFolder(t)
	path := filepath.Join(dir, "h.db")
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		file, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		owner, want := file.Sys().(*syscall.Stat_t), as.Credential
		if owner.Uid != want.Uid || owner.Gid != want.Gid {
			t.Errorf("%s belongs to %d:%d, want %d:%d", filepath.Base(name), owner.Uid,
				owner.Gid, want.Uid, want.Gid)
		}
	}
	cmd := exec.Command(program(t), "sender", "allow", "a@example.jp", "--until", "1h", "--db", path)
	cmd.SysProcAttr = as
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the owner cannot write to it: %v\n%s", err, out)
	}
}

// TestNoAccess: who may not open the store is told so, and not that the store is broken.
func TestNoAccess(t *testing.T) {
	t.Parallel()
	dir, as := othersFolder(t)
	path := filepath.Join(dir, "h.db")
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chown(dir, 0, 0), os.Chown(path, 0, 0)); err != nil {
		t.Fatal(err)
	}
	const write = ": the user that runs hisseki must be able to write there, even to look"
	const sudo = ": run hisseki with sudo, or as the user of hisseki serve"
	for _, c := range []struct {
		name         string
		folder, file os.FileMode
		want         string
	}{
		{"the folder is closed", 0o700, 0o644, "permission denied" + sudo},
		{"the file is closed", 0o755, 0o640, "permission denied" + write + sudo},
		{"reading only", 0o755, 0o644, "attempt to write a readonly database" + write},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := errors.Join(os.Chmod(dir, c.folder), os.Chmod(path, c.file)); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(program(t), "status", "--db", path)
			cmd.SysProcAttr = as
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.HasSuffix(strings.TrimSpace(string(out)), c.want) {
				t.Errorf("%v: %s\nwant an end of %q", err, out, c.want)
			}
		})
	}
}
