// Package whoami says who stands behind a command, for the audit log.
package whoami

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"

	"hisseki/review"
)

// noLogin is what the kernel says of a process that no login began (audit_getloginuid).
const noLogin = "4294967295"

// Actor is who stands behind the command, for the audit log: "alice", or "alice as root"
// when she works with another user's rights, with how we know when that is only sudo's
// word.
func Actor() review.Actor {
	loginUID, _ := os.ReadFile("/proc/self/loginuid") // no file: a kernel without audit
	return actorOf(strings.TrimSpace(string(loginUID)), os.Geteuid(), os.Getenv("SUDO_USER"))
}

// actorOf takes the user who logged in, which the kernel keeps through su and sudo and
// nobody but root can change. Without one it is sudo's word, which counts from root only:
// anybody else can set a variable. Then it is whose rights the command has.
func actorOf(loginUID string, euid int, sudoUser string) review.Actor {
	acting := userName(strconv.Itoa(euid))
	switch {
	case loginUID != "" && loginUID != noLogin && loginUID != strconv.Itoa(euid):
		return review.Actor{Name: userName(loginUID), Via: "as " + acting}
	case loginUID != "" && loginUID != noLogin:
		return review.Actor{Name: acting}
	case euid == 0 && sudoUser != "" && sudoUser != acting:
		return review.Actor{Name: sudoUser, Via: "as " + acting + " (by sudo)"}
	}
	return review.Actor{Name: acting}
}

func userName(uid string) string {
	if u, err := user.LookupId(uid); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid %s", uid)
}
