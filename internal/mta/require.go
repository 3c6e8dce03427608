package mta

import (
	"os"
	"os/exec"
	"os/user"
	"strings"
	"testing"
)

// Require fails or skips a test that cannot run a private Postfix and Dovecot here: with
// CI=true in the environment it fails, because a check that is skipped checks nothing;
// elsewhere it skips and says what to install.
func Require(t testing.TB) {
	t.Helper()
	missing := lacking()
	if len(missing) == 0 {
		return
	}
	text := "needs " + strings.Join(missing, ", ") +
		": as root on Debian, apt-get install postfix dovecot-core and run again"
	if os.Getenv("CI") == "true" {
		t.Fatal(text)
	}
	t.Skip(text)
}

func lacking() []string {
	var missing []string
	if os.Geteuid() != 0 {
		missing = append(missing, "root (Postfix gives its daemons their own users)")
	}
	for _, program := range []string{
		"postfix", "postconf", "postqueue", "postsuper", "postcat", "dovecot",
	} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	for _, name := range []string{"postfix", "dovecot", "dovenull"} {
		if _, err := user.Lookup(name); err != nil {
			missing = append(missing, "the user "+name)
		}
	}
	return missing
}
