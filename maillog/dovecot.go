package maillog

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"hisseki/analyzer"
)

// process is how a message begins: the process, what it serves, and what follows. Since 2.4
// the account and its address are there:
//
//	auth: x
//	auth-worker(123): x
//	imap(bob@example.org)<123><session>: x
//	auth(bob@example.org,198.51.100.1,sasl:plain)<session>: x
var process = regexp.MustCompile(`^([a-z][a-z0-9-]*)(?:\(([^()]*)\))?((?:<[^<>]*>)*): (.*)$`)

// prefixes may come before a message's own words: the name of a request's connection (2.3),
// its number (2.4), and in Dovecot's own files and in containers the level.
var prefixes = regexp.MustCompile(
	`^(?:conn unix:\S+ \([^()]*\): auth-worker<\d+>: |request \[\d+\]: |(Debug|Info|Warning|Error|Fatal|Panic): )*`)

// ownFile says whether a line without a host is of a file of Dovecot's own: the tag is its
// process, and a level follows.
func ownFile(tag, message string) bool {
	m := process.FindStringSubmatch(tag + ": " + message)
	return m != nil && prefixes.FindStringSubmatch(m[4])[1] != ""
}

// about is an attempt as a password database names it: "bob,198.51.100.1,<session>", "master"
// and, since 2.4, "sasl:plain" between. A name holds none of the marks around it, so that
// nothing in it can be taken for an address.
var about = regexp.MustCompile(
	`^([^(),<>"\s]+),([0-9a-fA-F.:]+)(?:,(?:master|sasl:[a-z0-9-]+|<[^<>]*>))*$`)

// database is "sql(bob,198.51.100.1,<session>): x", as until 2.3, or "users: x", where the
// attempt is with the process.
var database = regexp.MustCompile(`^([A-Za-z0-9_-]+)(?:\(([^()]*)\))?: (.*)$`)

// attempts is what a login service says before the name, of its own words only.
var attempts = regexp.MustCompile(`(\d+) attempts`)

// maxAttempts is more than one connection may try (auth_failure_delay and the services'
// own limits), so that a line cannot tell of millions.
const maxAttempts = 100

// dovecot reads a message of Dovecot's.
func dovecot(message string) (e entry) {
	for _, level := range levels { // some relays of its stderr have it in front
		message = strings.TrimPrefix(message, level)
	}
	m := process.FindStringSubmatch(message)
	if m == nil {
		return entry{kind: unknown}
	}
	name, who, session, said := m[1], m[2], m[3], m[4]
	p := prefixes.FindStringSubmatch(said)
	said = said[len(p[0]):]
	service, isLogin := strings.CutSuffix(name, "-login")
	switch {
	case p[1] == "Debug":
	case isLogin:
		return loginService(service, said)
	case name == "auth", name == "auth-worker":
		if name == "auth-worker" {
			_, session, _ = strings.Cut(session, ">") // its process comes first
		}
		return passwordDatabase(who, session, said)
	}
	return entry{kind: irrelevant}
}

var levels = []string{"Info: ", "Warning: ", "Error: "}

// passwordDatabase reads a refusal. That a name is unknown says nothing of any account.
func passwordDatabase(who, session, said string) entry {
	m := database.FindStringSubmatch(said)
	if m == nil {
		return entry{kind: irrelevant}
	}
	if m[2] != "" {
		who = m[2]
	}
	attempt := about.FindStringSubmatch(who)
	if attempt == nil {
		return entry{kind: irrelevant} // its own trouble, or a test without a client
	}
	verdict, known := refusals.find(m[3])
	if !known {
		return entry{kind: unknown}
	}
	client, err := netip.ParseAddr(attempt[2])
	if err != nil {
		return entry{kind: irrelevant}
	}
	client = client.Unmap().WithZone("")
	_, id, _ := lastCut(who+session, "<") // of the session, when there is one
	g := guess{attempt[1], client, strings.TrimSuffix(id, ">"), m[1]}
	if verdict.result == "" {
		return entry{kind: irrelevant, guess: g, trouble: verdict.trouble}
	}
	e := login(attempt[1], client, verdict.result, "auth")
	if e.login != nil {
		e.login.Backend, e.login.Exists = true, verdict.exists
		e.guess = g
	}
	return e
}

// lastCut is strings.Cut around the last separator.
func lastCut(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// verdict is what a text means for an account; without a result nothing.
type verdict struct {
	text    string // lower case
	result  analyzer.LoginResult
	exists  bool // the account does: the database has found it
	trouble bool // of the server's: nobody was judged
}

type verdicts []verdict

// find returns the first verdict whose text is in a refusal. What follows "(given password"
// and "(username:" is the client's (auth_verbose_passwords).
func (list verdicts) find(said string) (verdict, bool) {
	said = strings.ToLower(said)
	for _, end := range []string{"given password", "(username"} {
		said, _, _ = strings.Cut(said, end)
	}
	for _, v := range list {
		if strings.Contains(said, v.text) {
			return v, true
		}
	}
	return verdict{}, false
}

// refusals are the words of Dovecot's password databases, of 2.0 to 2.4 (auth-request.c,
// passdb-*.c), and of PAM behind it. PAM refuses guessed names as it refuses wrong passwords
// (pam_deny comes last), so that it shows no account to exist.
var refusals = verdicts{
	// Nothing was judged.
	{text: "unknown user"}, {text: "user unknown"}, {text: "not known"}, {text: "user not found"},
	{text: "system error", trouble: true}, {text: "cannot retrieve", trouble: true}, {text: "critical error", trouble: true}, {text: "module is unknown", trouble: true},
	{text: "service error", trouble: true}, {text: "conversation"}, {text: "temporar", trouble: true}, {text: "internal", trouble: true},
	{text: "timeout", trouble: true}, {text: "timed out", trouble: true}, {text: "connect", trouble: true},
	{text: "pam_acct_mgmt() failed", result: analyzer.LoginLockout}, {text: "token"}, {text: "empty username"},
	{text: "empty password"}, {text: "username character disallowed"}, {text: "aborted"},
	{text: "unsupported"}, {text: "invalid input"}, {text: "invalid argument"}, {text: "malformed"},
	{text: "cached"}, {text: "lookup"}, {text: "ldap_", trouble: true}, {text: "query failed", trouble: true}, {text: "no password"},
	{text: "requested login"}, {text: "anonymous"}, {text: "master user"}, {text: "unknown scheme", trouble: true},
	{text: "policy server"}, {text: "oauth2 failed"}, {text: "authentication failed: "}, // "oauth2 failed", of a token
	// Refused also with the right password.
	{text: "deny passdb", result: analyzer.LoginLockout, exists: true},
	{text: "allow_nets check failed", result: analyzer.LoginLockout, exists: true},
	{text: "allow_real_nets check failed", result: analyzer.LoginLockout, exists: true},
	{text: "account is locked", result: analyzer.LoginLockout},
	{text: "account locked", result: analyzer.LoginLockout},
	{text: "user is disabled", result: analyzer.LoginLockout, exists: true},
	{text: "user disabled", result: analyzer.LoginLockout, exists: true},
	{text: "account is disabled", result: analyzer.LoginLockout},
	{text: "login disabled", result: analyzer.LoginLockout},
	{text: "maximum number of tries", result: analyzer.LoginLockout},
	{text: "maximum number of retries", result: analyzer.LoginLockout},
	{text: "expired", result: analyzer.LoginLockout},
	// The password was wrong.
	{text: "pam_authenticate() failed: authentication failure", result: analyzer.LoginFailure},
	{text: "pam_authenticate() failed: permission denied", result: analyzer.LoginLockout},
	{text: "invalid credentials", result: analyzer.LoginFailure, exists: true},
	{text: "password mismatch", result: analyzer.LoginFailure, exists: true},
}

// loginService reads "Login: user=<name>, method=PLAIN, rip=address, ..." and
// "Disconnected (auth failed, 3 attempts in 12 secs): user=<name>, ...".
func loginService(service, said string) entry {
	own, rest, ok := strings.Cut(said, ": user=<")
	if !ok {
		return entry{kind: irrelevant} // of no session
	}
	v, count, known := outcome(own)
	if !known {
		return entry{kind: unknown}
	}
	user, rest, ok := strings.Cut(rest, ">, ")
	if v.result == "" || !ok || user == "" {
		return entry{kind: irrelevant}
	}
	client, ok := remote(rest)
	if !ok || strings.Contains(rest, "user=<") || strings.Count(rest, "rip=") != 1 {
		return entry{kind: irrelevant} // a name that plays the rest of the line
	}
	e := login(user, client, v.result, service)
	if e.login != nil {
		e.login.Count, e.login.Exists = count, v.exists
		e.guess = guess{account: user, client: client}
		if m := sessionID.FindStringSubmatch(rest); m != nil {
			e.guess.session = m[1]
		}
	}
	return e
}

// sessionID is the element that a database's line has too.
var sessionID = regexp.MustCompile(`, session=<([^<>]*)>$`)

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
		case "method", "lip", "mpid", "session":
		default:
			return netip.Addr{}, false
		}
	}
	return netip.Addr{}, false
}

// reason is the last bracket of what a login service says: until 2.3 its words, since 2.4 a
// stable word behind them, "(user disabled, 1 attempts in 2 secs) (user_disabled)".
var reason = regexp.MustCompile(`\(([^()]*)\)$`)

// started is what a proxy says when the server behind it let the account in.
var started = regexp.MustCompile(`^(?:proxy\([^()]*\): )?[Ss]tarted proxying to `)

// outcome reads what a login service says of its own: no result for what is not a judgement of
// a password, and false for words that nobody knows.
func outcome(own string) (v verdict, count int, known bool) {
	if own == "Login" || own == "Logged in" || started.MatchString(own) {
		return verdict{result: analyzer.LoginSuccess}, 1, true
	}
	m := reason.FindStringSubmatch(own)
	switch {
	case talk.MatchString(own):
		return v, 0, true
	case m == nil:
		return v, 0, plainEnd.MatchString(own)
	}
	v, known = reasons.find(strings.ReplaceAll(m[1], "_", " "))
	if v.result != analyzer.LoginFailure {
		return v, 1, known
	}
	count = 1
	if n := attempts.FindStringSubmatch(own); n != nil {
		var err error
		if count, err = strconv.Atoi(n[1]); err != nil || count < 1 || count > maxAttempts {
			return verdict{}, 0, true
		}
	}
	return v, count, true
}

// talk is of sessions that go on: the end comes in another line.
var talk = regexp.MustCompile(`^(?:proxy\([^()]*\): |ID sent: |Authenticate \S+ failed: )`)

// plainEnd is of ends without a reason.
var plainEnd = regexp.MustCompile(`^(?:Aborted login|Connection closed|Disconnected|Disconnecting|Inactivity|` +
	`Internal login failure|Login aborted|Maximum number of connections)\b`)

// reasons are the words for why a session ended before it had begun (client-common.c), with
// blanks for underlines.
var reasons = verdicts{
	{text: "user disabled", result: analyzer.LoginLockout, exists: true},
	{text: "login disabled", result: analyzer.LoginLockout, exists: true},
	{text: "expired", result: analyzer.LoginLockout, exists: true},
	{text: "no auth attempts"}, {text: "temporar"}, {text: "temp fail"}, {text: "internal"}, {text: "aborted"}, {text: "waited"},
	{text: "waiting"}, {text: "base64"}, {text: "mech"}, {text: "cleartext"}, {text: "plaintext"},
	{text: "cert"}, {text: "ssl"}, {text: "tls"}, {text: "comm"}, {text: "not ready"}, {text: "anonymous"},
	{text: "authorization"}, {text: "authz"}, {text: "referral"}, {text: "connection limit"},
	{text: "process full"}, {text: "connect failed"}, {text: "connection failed"}, {text: "remote failure"},
	{text: "protocol"}, {text: "shutting down"}, {text: "successful auths"}, {text: "mail max userip"},
	{text: "proxy dest auth", result: analyzer.LoginFailure},
	{text: "auth failed", result: analyzer.LoginFailure},
}

// faillock reads "Consecutive login failures for user name account temporarily locked" of
// Linux-PAM's pam_faillock, which names no address.
func faillock(said string) entry {
	user, ok := strings.CutPrefix(said, "Consecutive login failures for user ")
	user, end := strings.CutSuffix(user, " account temporarily locked")
	if !ok || !end {
		return entry{kind: irrelevant}
	}
	e := login(user, netip.Addr{}, analyzer.LoginLockout, "auth")
	if e.login != nil {
		e.login.Backend, e.login.Exists = true, true
	}
	return e
}
