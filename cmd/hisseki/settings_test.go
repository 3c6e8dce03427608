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

// TestNoAccess: who may not open the store is told so, and not that the store is broken.
func TestNoAccess(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	dir, err := os.MkdirTemp("/tmp", "hisseki-access") // another user must get there
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "h.db")
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	const sudo = "permission denied: run hisseki with sudo, or as the user of hisseki serve"
	for _, c := range []struct {
		name         string
		folder, file os.FileMode
		want         string
	}{
		{"the folder is closed", 0o700, 0o644, sudo},
		{"the file is closed", 0o755, 0o640, sudo},
		{"reading only", 0o755, 0o644, "hisseki must be able to write there even to read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := errors.Join(os.Chmod(dir, c.folder), os.Chmod(path, c.file)); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(program(t), "status", "--db", path)
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.HasSuffix(strings.TrimSpace(string(out)), c.want) {
				t.Errorf("%v: %s\nwant an end of %q", err, out, c.want)
			}
		})
	}
}
