package signing

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

func TestKeyIsMadeOnce(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "agent")
	if _, err := Load(folder); !errors.Is(err, ErrNoKey) {
		t.Fatalf("a key where there is none: %v", err)
	}
	first, made, err := Make(folder)
	if err != nil || !made {
		t.Fatalf("made %t, %v", made, err)
	}
	second, made, err := Make(folder)
	if err != nil || made {
		t.Fatalf("made again %t, %v", made, err)
	}
	s := ledger.Statement{Kind: "k", Fields: []string{"a"}}
	if err := second.Verify(s, first.Sign(s)); err != nil {
		t.Errorf("another key was read: %v", err)
	}
	info, err := os.Stat(filepath.Join(folder, keyFile))
	if err != nil || info.Mode().Perm()&0o037 != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if list, _ := os.ReadDir(folder); len(list) != 1 {
		t.Errorf("left behind: %v", list)
	}
}

func hold() ledger.Hold {
	at := time.Unix(1_790_000_000, 0)
	return ledger.Hold{ID: 12, State: ledger.Discarding, By: "alice", Reason: "theft", Decided: at,
		NotBefore: at.Add(time.Hour), Record: &analyzer.Record{Envelope: analyzer.Envelope{Time: at,
			Host: "mx", QueueID: "4CtzQW1rYJzXk"}}}
}

// TestSignatureIsOfOneMeaning changes each thing that a statement says.
// TestKeyOfOthers: where a key is that this user may not read, that is said, and no other one is made; and what the
// group of reviewers may not read is found.
func TestKeyOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("it acts as another user")
	}
	dir, err := os.MkdirTemp("/tmp", "hisseki-key") // another user must get there
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	folder := filepath.Join(dir, "agent")
	if _, _, err := Make(folder); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, keyFile)
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(folder, 0o711), os.Chown(path, 0, 0), os.Chmod(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "test") // go test's folder is closed to others
	program, err := os.ReadFile(self)
	if err == nil {
		err = os.WriteFile(copied, program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(copied, "-test.run", "^TestMakeAsOther$", "-test.v")
	cmd.Env, cmd.Dir = []string{"HISSEKI_TEST_KEY=" + folder}, dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 1, Gid: 1}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), path+"): use sudo, or be in the group "+Group) {
		t.Errorf("%v\n%s", err, out)
	}
	for mode, want := range map[os.FileMode]bool{0o600: false, 0o640: true} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || readableBy(info, "0") != want || readableBy(info, "1") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

// TestMakeAsOther is what TestKeyOfOthers runs as another user.
func TestMakeAsOther(t *testing.T) {
	folder := os.Getenv("HISSEKI_TEST_KEY")
	if folder == "" {
		t.Skip("TestKeyOfOthers runs it")
	}
	_, made, err := Make(folder)
	if made || !errors.Is(err, ErrNoKey) {
		t.Errorf("made %v, %v", made, err)
	}
	t.Log(err)
}

func TestSignatureIsOfOneMeaning(t *testing.T) {
	key := &Key{[]byte(strings.Repeat("k", keyBytes))}
	h := hold()
	signature := key.Sign(h.Statement())
	if err := key.Verify(h.Statement(), signature); err != nil {
		t.Fatal(err)
	}
	h.State = ledger.Discarded
	if err := key.Verify(h.Statement(), signature); err != nil {
		t.Errorf("what was carried out is the same decision: %v", err)
	}
	for name, change := range map[string]func(*ledger.Hold){
		"hold":     func(h *ledger.Hold) { h.ID++ },
		"state":    func(h *ledger.Hold) { h.State = ledger.Releasing },
		"queue id": func(h *ledger.Hold) { h.Record.Envelope.QueueID = "4CtzQW1rYJzXm" },
		"host":     func(h *ledger.Hold) { h.Record.Envelope.Host = "mx2" },
		"mail":     func(h *ledger.Hold) { h.Record.Envelope.Time = h.Record.Envelope.Time.Add(time.Second) },
		"by":       func(h *ledger.Hold) { h.By = "bob" },
		"reason":   func(h *ledger.Hold) { h.Reason = "" },
		"decided":  func(h *ledger.Hold) { h.Decided = time.Time{} },
		"grace":    func(h *ledger.Hold) { h.NotBefore = h.Decided },
		// Fields are told apart by their length, not by a character between them.
		"shifted": func(h *ledger.Hold) { h.By, h.Reason = h.By+h.Reason, "" },
	} {
		h := hold()
		change(&h)
		if err := key.Verify(h.Statement(), signature); !errors.Is(err, ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{"", "v1:", "v1:zz", signature[3:], signature + "00", "v2:" + signature[3:]} {
		if h := hold(); key.Verify(h.Statement(), bad) == nil {
			t.Errorf("%q counts", bad)
		}
	}
	other := &Key{[]byte(strings.Repeat("x", keyBytes))}
	if err := other.Verify(h.Statement(), signature); !errors.Is(err, ErrForged) {
		t.Errorf("another key: %v", err)
	}
}

// TestKindsAreApart signs the same fields as another kind.
func TestKindsAreApart(t *testing.T) {
	key := &Key{[]byte(strings.Repeat("k", keyBytes))}
	s := key.Sign(ledger.Statement{Kind: "rule", Fields: []string{"a", "b"}})
	for _, other := range []ledger.Statement{{Kind: "act", Fields: []string{"a", "b"}},
		{Kind: "rule", Fields: []string{"ab", ""}}, {Kind: "rule", Fields: []string{"a"}}, {Kind: "rulea", Fields: []string{"b"}}} {
		if key.Verify(other, s) == nil {
			t.Errorf("%v counts as signed", other)
		}
	}
}

// TestFolderOfOthersIsRefused: whoever can exchange the key decides.
func TestFolderOfOthersIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to give files away")
	}
	dir := t.TempDir()
	owned := filepath.Join(dir, "serve")
	folder := filepath.Join(owned, "agent")
	if _, _, err := Make(folder); err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"a folder above is serve's": func() error { return os.Chown(owned, 4711, 4711) },
		"a folder above is open":    func() error { return os.Chmod(owned, 0o777) },
		"the key is serve's":        func() error { return os.Chown(filepath.Join(folder, keyFile), 4711, 0) },
		"the key is open":           func() error { return os.Chmod(filepath.Join(folder, keyFile), 0o666) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(folder); err == nil || !strings.Contains(err.Error(), "agent.folder") {
			t.Errorf("%s: %v", name, err)
		}
		os.Chown(owned, 0, 0)
		os.Chmod(owned, 0o711)
		os.Chown(filepath.Join(folder, keyFile), 0, 0)
		os.Chmod(filepath.Join(folder, keyFile), 0o600)
		if _, err := Load(folder); err != nil {
			t.Fatalf("%s, mended: %v", name, err)
		}
	}
}

func TestFolder(t *testing.T) {
	db := filepath.Join(t.TempDir(), "h.db")
	for _, c := range []struct{ configured, database, want string }{
		{"/srv/agent", db, "/srv/agent"},
		{"", db, db + ".agent"},
		{"", machineStore, machineFolder},
	} {
		if got := Folder(c.configured, c.database); got != c.want {
			t.Errorf("%q, %q: %s", c.configured, c.database, got)
		}
	}
}
