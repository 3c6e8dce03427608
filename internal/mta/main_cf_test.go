package mta

import (
	"strings"
	"testing"
)

func TestLastOnly(t *testing.T) {
	const text = "# a = 1\na = 1\nb = 2,\n  3\n\n c = of b\na=4\nb = 5\n"
	if got, want := lastOnly(text), "# a = 1\n\n c = of b\na=4\nb = 5\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Postfix has nothing to warn of as it starts, whatever a test changes.
func TestPostfixStartsWithoutWarnings(t *testing.T) {
	Require(t)
	in := Start(t, Options{Main: []string{"mynetworks = 127.0.0.0/8", "smtpd_tls_security_level = none"}})
	c, err := Greeted(in.App, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(); err != nil {
		t.Error(err)
	}
	if log := in.Log(); strings.Contains(log, "overriding") {
		t.Error(log)
	}
}
