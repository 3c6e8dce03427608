package whoami

import (
	"os"
	"os/user"
	"strconv"
	"testing"
)

func TestActor(t *testing.T) {
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		login string
		euid  int
		sudo  string
		want  string
	}{
		{nobody.Uid, 0, "mallory", "nobody as root"}, // the kernel goes before the variable
		{nobody.Uid, uid, "", "nobody"},
		{"0", 0, "alice", "root"},
		{noLogin, 0, "alice", "alice as root (by sudo)"},
		{"", 0, "", "root"},
		{noLogin, uid, "root", "nobody"}, // anybody can set SUDO_USER
		{"4000000001", 0, "", "uid 4000000001 as root"},
	} {
		if got := actorOf(c.login, c.euid, c.sudo).String(); got != c.want {
			t.Errorf("login %s, euid %d, sudo %q: %q, want %q", c.login, c.euid, c.sudo, got, c.want)
		}
	}
	if got := Actor().String(); got == "" {
		t.Errorf("nobody acts as uid %d", os.Geteuid())
	}
}
