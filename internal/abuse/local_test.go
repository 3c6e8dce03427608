package abuse

import (
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/daemon/spool"
	"hisseki/internal/config"
	"hisseki/internal/private"
	hmilter "hisseki/milter"
	"hisseki/seal"
	"hisseki/store"
)

// A local user: he has a login on the machine, and no rights of hisseki's.

// stranger runs a command as a user without any rights.
func stranger(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 4712, Gid: 4712}}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// openWay lets everybody come as far as a folder, as /var/lib does.
func openWay(t *testing.T, dir string) {
	t.Helper()
	for p := dir; p != "/"; p = filepath.Dir(p) {
		if info, err := os.Stat(p); err == nil && info.Mode().Perm()&0o001 == 0 {
			if err := os.Chmod(p, info.Mode().Perm()|0o011); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestLocalUserCannotReadOrWrite: whatever hisseki writes is closed to him, even where he may come
// as far as its folder.
func TestLocalUserCannotReadOrWrite(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to be another user")
	}
	dir := t.TempDir()
	openWay(t, dir)
	cfg := config.Default(dir)
	db, err := store.Open(t.Context(), cfg.Database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Audit(t.Context(), "alice", "show", "hold:H1", ""); err != nil { // there is a -wal
		t.Fatal(err)
	}
	kept, err := spool.Open(cfg.SpoolFolder(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := kept.Keep(&spool.Mail{Mail: analyzer.Mail{Envelope: analyzer.Envelope{QueueID: "4Cabc"}}}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Backup(t.Context(), cfg.Database, filepath.Join(dir, "backup")); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.NewIdentity(filepath.Join(dir, "identity")); err != nil {
		t.Fatal(err)
	}
	if err := private.Write(filepath.Join(dir, "report"), []byte("who got what")); err != nil {
		t.Fatal(err)
	}
	ln, err := hmilter.Socket{Address: "unix:" + filepath.Join(dir, "milter.sock"), Mode: 0o660}.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	seen := 0
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		seen++
		try := [][]string{{"cat", path}, {"sh", "-c", "echo x >> '" + path + "'"}, {"rm", "-f", path}}
		if e.IsDir() {
			try = [][]string{{"ls", path}, {"touch", path + "/x"}}
		}
		for _, c := range try {
			if e.Type() == fs.ModeSocket && c[0] != "rm" {
				continue // below
			}
			if out, err := stranger(t, c[0], c[1:]...); err == nil {
				t.Errorf("a stranger may %s: %s", strings.Join(c, " "), out)
			}
		}
		return nil
	})
	if err != nil || seen < 8 {
		t.Errorf("%d files, %v", seen, err)
	}
	me, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	openWay(t, filepath.Dir(me))
	for _, c := range []struct {
		mode fs.FileMode
		want string
	}{{0o660, "permission denied"}, {0o666, "connected"}} {
		if err := os.Chmod(filepath.Join(dir, "milter.sock"), c.mode); err != nil {
			t.Fatal(err)
		}
		out, _ := stranger(t, "env", dialVariable+"="+filepath.Join(dir, "milter.sock"), me, "-test.run=^TestDial$", "-test.v")
		if !strings.Contains(out, c.want) {
			t.Errorf("a socket of mode %o: %q, want %q", c.mode, out, c.want)
		}
	}
}

const dialVariable = "HISSEKI_ABUSE_DIAL"

// TestDial is the stranger's process.
func TestDial(t *testing.T) {
	path := os.Getenv(dialVariable)
	if path == "" {
		t.Skip("runs as another user only")
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Log(err)
		return
	}
	c.Close()
	t.Log("connected")
}

// TestLocalUserCannotLayALink: what root writes for a reviewer does not go where a link leads that
// somebody laid in a folder that all may write to.
func TestLocalUserCannotLayALink(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "report")
	if err := os.Symlink(secret, link); err != nil {
		t.Fatal(err)
	}
	if err := private.Write(link, []byte("new")); err == nil {
		t.Error("a report goes behind a link")
	}
	db, err := store.Open(t.Context(), filepath.Join(dir, "h.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := store.Backup(t.Context(), filepath.Join(dir, "h.db"), link); err == nil {
		t.Error("a backup goes behind a link")
	}
	if _, err := seal.NewIdentity(link); err == nil {
		t.Error("a key goes behind a link")
	}
	if text, err := os.ReadFile(secret); err != nil || string(text) != "old" {
		t.Errorf("%q, %v", text, err)
	}
}
