package mta

import (
	"os"
	"os/exec"
	"os/user"
	"strings"
	"testing"
)

// Require fails or skips a test that cannot run a private Postfix and Dovecot here, or
// whose own programs are missing: with CI=true in the environment it fails, because a check
// that is skipped checks nothing; elsewhere it skips and says what to install.
func Require(t testing.TB, own ...string) {
	t.Helper()
	missing := lacking(own)
	if len(missing) == 0 {
		return
	}
	text := "needs " + strings.Join(missing, ", ") +
		": make test as root on Debian installs it"
	if os.Getenv("CI") == "true" {
		t.Fatal(text)
	}
	t.Skip(text)
}

func lacking(own []string) []string {
	var missing []string
	if os.Geteuid() != 0 {
		missing = append(missing, "root (Postfix gives its daemons their own users)")
	}
	programs := append([]string{
		"postfix", "postconf", "postqueue", "postsuper", "postcat", "dovecot"}, own...)
	for _, program := range programs {
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
