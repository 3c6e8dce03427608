package maillog

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// passdb is how Dovecot's password databases tell of a lookup:
// "sql(name,address,<session>): Password mismatch". A name holds none of the marks around
// it, so that nothing in it can be taken for an address.
var passdb = regexp.MustCompile(
	`^[a-z0-9_-]+\(([^(),<>"\s]+),([0-9a-fA-F.:]+)(?:,[^()\s]*)?\): (.*)$`)

// worker comes before the message of an auth-worker process.
var worker = regexp.MustCompile(`^conn unix:\S+ \([^()]*\): auth-worker<\d+>: `)

// attempts is what a login service says before the name, of its own words only.
var attempts = regexp.MustCompile(`\(auth failed, (\d+) attempts`)

// maxAttempts is more than one connection may try (auth_failure_delay and the services'
// own limits), so that a line cannot tell of millions.
const maxAttempts = 100

// dovecot reads a message of Dovecot: "auth: ..." or "imap-login: ...", each perhaps with
// a process id in parentheses.
func dovecot(message string) *ledger.LogLogin {
	process, said, ok := strings.Cut(message, ": ")
	if !ok {
		return nil
	}
	process, _, _ = strings.Cut(process, "(")
	switch service, isLogin := strings.CutSuffix(process, "-login"); {
	case isLogin:
		return loginService(service, said)
	case process == "auth":
		return passwordDatabase(said)
	case process == "auth-worker":
		return passwordDatabase(said[len(worker.FindString(said)):])
	}
	return nil
}

// passwordDatabase reads a refusal. That a name is unknown says nothing of any account.
func passwordDatabase(said string) *ledger.LogLogin {
	m := passdb.FindStringSubmatch(said)
	if m == nil {
		return nil
	}
	client, err := netip.ParseAddr(m[2])
	if err != nil {
		return nil
	}
	var result analyzer.LoginResult
	switch why := strings.ToLower(m[3]); {
	case strings.Contains(why, "unknown user"), strings.Contains(why, "not known"):
		return nil
	case lockout(why):
		result = analyzer.LoginLockout
	case strings.HasPrefix(why, "password mismatch"), strings.HasPrefix(why, "invalid credentials"),
		strings.HasPrefix(why, "pam_authenticate() failed: "):
		result = analyzer.LoginFailure
	default:
		return nil
	}
	l := login(m[1], client.Unmap().WithZone(""), result, "auth")
	if l != nil {
		l.Backend = true
	}
	return l
}

// lockout says whether a refusal would come with the right password too. What follows
// "(given password" is the stranger's (auth_verbose_passwords).
func lockout(why string) bool {
	why, _, _ = strings.Cut(why, "(given password")
	for _, sign := range []string{"account is locked", "account locked", "temporarily locked",
		"user is disabled", "account is disabled", "login disabled", "maximum number of tries"} {
		if strings.Contains(why, sign) {
			return true
		}
	}
	return false
}

// loginService reads "Login: user=<name>, method=PLAIN, rip=address, ..." and
// "Disconnected (auth failed, 3 attempts in 12 secs): user=<name>, ...".
func loginService(service, said string) *ledger.LogLogin {
	own, rest, ok := strings.Cut(said, ": user=<")
	if !ok || strings.Contains(rest, "user=<") || strings.Count(rest, "rip=") != 1 {
		return nil // a name that plays the rest of the line
	}
	user, rest, ok := strings.Cut(rest, ">, ")
	if !ok {
		return nil
	}
	client, ok := remote(rest)
	if !ok {
		return nil
	}
	result, count, ok := outcome(own)
	if !ok {
		return nil
	}
	l := login(user, client, result, service)
	if l != nil {
		l.Count = count
	}
	return l
}

// remote returns the address in "method=PLAIN, rip=address, lip=...". Only the elements
// that can stand before it by default are skipped (login_log_format_elements).
func remote(elements string) (netip.Addr, bool) {
	for more := true; more; {
		var e string
		e, elements, more = strings.Cut(elements, ", ")
		name, value, _ := strings.Cut(e, "=")
		switch name {
		case "rip":
			a, err := netip.ParseAddr(value)
			return a.Unmap().WithZone(""), err == nil
		case "method", "lip", "mpid":
		default:
			return netip.Addr{}, false
		}
	}
	return netip.Addr{}, false
}

// outcome reads what a login service says of its own.
func outcome(own string) (result analyzer.LoginResult, count int, ok bool) {
	if own == "Login" || own == "Logged in" {
		return analyzer.LoginSuccess, 1, true
	}
	if strings.Contains(own, "(user disabled)") || strings.Contains(own, "(login disabled)") {
		return analyzer.LoginLockout, 1, true
	}
	m := attempts.FindStringSubmatch(own)
	if m == nil {
		return "", 0, false
	}
	count, err := strconv.Atoi(m[1])
	return analyzer.LoginFailure, count, err == nil && count >= 1 && count <= maxAttempts
}

// faillock reads "Consecutive login failures for user name account temporarily locked" of
// Linux-PAM's pam_faillock, which names no address.
func faillock(said string) *ledger.LogLogin {
	user, ok := strings.CutPrefix(said, "Consecutive login failures for user ")
	user, end := strings.CutSuffix(user, " account temporarily locked")
	if !ok || !end {
		return nil
	}
	l := login(user, netip.Addr{}, analyzer.LoginLockout, "auth")
	if l != nil {
		l.Backend = true
	}
	return l
}
