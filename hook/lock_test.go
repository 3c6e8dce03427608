package hook_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"hisseki/internal/mta"
)

// site is a way to set Dovecot up: how accounts are named, and how its users log in.
type site struct {
	users  []string
	login  string   // of the account that hisseki knows as bob@example.org
	lines  []string // before the database of users
	stands string   // an account that must stay open
	failed string   // what the hook says where it cannot lock
}

// sites are written for a version: the deny list, and a setting each.
func sites(deny, realm string, byName site) map[string]site {
	whole := []string{"bob@example.org", "alice@example.org"}
	return map[string]site{
		"with domains":    {users: whole, login: "bob@example.org", lines: []string{deny}, stands: "alice@example.org"},
		"without domains": {users: []string{"bob", "alice"}, login: "bob", lines: []string{deny}, stands: "alice"},
		"default realm":   {users: whole, login: "bob", lines: []string{realm, deny}, stands: "alice"},
		"two accounts": {users: append([]string{"bob"}, whole...), login: "bob@example.org",
			lines: []string{deny}, stands: "bob"},
		"by name": byName,
		"no deny list": {users: whole, login: "bob@example.org", stands: "bob@example.org",
			failed: "bob@example.org is NOT locked"},
	}
}

// The lock closes, on what Dovecot has and however accounts are named, ends the sessions that
// are open, and is an error where it does not.
func TestLockDovecot(t *testing.T) {
	mta.Require(t, "doveadm", "/usr/lib/dovecot/imap")
	needs(t, "python3")
	const old = "passdb {\n  driver = passwd-file\n  deny = yes\n  args = %s$DIR/denied\n}"
	for name, s := range sites(fmt.Sprintf(old, ""), "auth_default_realm = example.org", site{
		users: []string{"bob@example.org", "alice@example.org"}, login: "bob@example.org", stands: "alice@example.org",
		lines: []string{fmt.Sprintf(old, "username_format=%n ")}}) {
		t.Run("this machine/"+name, func(t *testing.T) {
			t.Parallel()
			lock(t, "", s)
		})
	}
	root := mta.Debian13(t)
	const deny = "passdb hisseki-locked {\n  driver = passwd-file\n  deny = yes\n  passwd_file_path = $DIR/denied\n}"
	for name, s := range sites(deny, "auth_default_domain = example.org", site{
		users: []string{"bob", "alice"}, login: "bob@example.org", stands: "alice@example.org",
		lines: []string{"auth_username_format = %{user | username | lower}", deny}}) {
		t.Run("Debian 13/"+name, func(t *testing.T) {
			t.Parallel()
			lock(t, root, s)
		})
	}
}

func lock(t *testing.T, root string, s site) {
	in := mta.Start(t, mta.Options{Root: root, IMAP: true, Users: s.users, Passdb: s.lines,
		Files: map[string]string{"denied": "other@example.org\n"}})
	if err := os.Chmod(in.Dir+"/denied", 0o640); err != nil {
		t.Fatal(err)
	}
	// Dovecot's own group may read it, as a site would have it.
	in.Run(t, "chgrp", "dovecot", in.Dir+"/denied")
	config := in.Dir + "/dovecot/dovecot.conf"
	args := []string{in.Dir + "/denied", "doveadm", "-c", config}
	if root != "" {
		args = []string{in.Dir + "/denied", "chroot", root, "doveadm", "-c", config}
	}
	session, err := logIn(in, s.login)
	if err != nil {
		t.Fatalf("before: %v", err)
	}
	defer session.Close()
	if s.failed != "" {
		said, err := shipped(t, "opened", "bob@example.org", "lock-dovecot", args...)
		if err == nil || !strings.Contains(err.Error()+said, s.failed) {
			t.Errorf("it said %q, %v", said, err)
		}
		return
	}
	for _, event := range []string{"opened", "confirmed"} { // a run may be repeated
		if said := mustTell(t, event, "bob@example.org", "lock-dovecot", args...); !strings.Contains(said, "bob@example.org is locked") {
			t.Errorf("it said %q", said)
		}
	}
	if another, err := logIn(in, s.login); err == nil {
		another.Close()
		t.Error("the account is open")
	}
	if line, err := bufio.NewReader(session).ReadString('\n'); err == nil && !strings.HasPrefix(line, "* BYE") {
		t.Errorf("the session goes on: %q", line)
	}
	if another, err := logIn(in, s.stands); err != nil {
		t.Errorf("%s is locked too: %v", s.stands, err)
	} else {
		another.Close()
	}
	mustTell(t, "dismissed", "bob@example.org", "lock-dovecot", args...)
	err = within(20*time.Second, func() error {
		another, err := logIn(in, s.login)
		if err == nil {
			another.Close()
		}
		return err
	})
	if err != nil {
		t.Errorf("let in again: %v", err)
	}
	if text, err := os.ReadFile(in.Dir + "/denied"); err != nil || string(text) != "other@example.org\n" {
		t.Errorf("the file is %q, %v", text, err)
	}
	if info, err := os.Stat(in.Dir + "/denied"); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
}

var errRefused = errors.New("refused")

// Names that look like numbers are names, and one with an apostrophe is locked as others are.
func TestLocksAreByName(t *testing.T) {
	needs(t, "python3")
	dir := t.TempDir()
	doveadm := dir + "/doveadm" // of a Dovecot that refuses everybody
	if err := os.WriteFile(doveadm, []byte("#!/bin/sh\necho code=user_disabled\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"007", "7", "7.0", "o'brien@example.org"} {
		mustTell(t, "opened", login, "lock-dovecot", dir+"/denied", doveadm)
	}
	mustTell(t, "dismissed", "7", "lock-dovecot", dir+"/denied", doveadm)
	if text, err := os.ReadFile(dir + "/denied"); err != nil || string(text) != "007\n7.0\no'brien@example.org\n" {
		t.Errorf("the file is %q, %v", text, err)
	}
}

// logIn opens an IMAP session.
func logIn(in *mta.Instance, user string) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp4", in.IMAP, 10*time.Second)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	fmt.Fprintf(conn, "1 LOGIN %s %s\r\n", user, mta.Password)
	for in := bufio.NewReader(conn); ; {
		line, err := in.ReadString('\n')
		if err == nil && strings.HasPrefix(line, "1 OK") {
			return conn, nil
		}
		if err != nil || strings.HasPrefix(line, "1 ") {
			return nil, fmt.Errorf("%s: %s %w", user, strings.TrimSpace(line), errors.Join(err, conn.Close(), errRefused))
		}
	}
}
