package maillog

import (
	"strings"
	"testing"
	"time"
)

// What an outsider writes into the log of another program is no line of Dovecot's or Postfix's, though
// it holds one.
func TestWordsOfOthers(t *testing.T) {
	const login = "dovecot: imap-login: Login: user=<bob@example.org>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.1, " +
		"mpid=1, TLS, session=<a>"
	const line = "Nov  4 10:00:00 mx " + login
	if e := reader.parse(line, december); e.login == nil {
		t.Fatalf("no login: %s", show(e))
	}
	for _, hostile := range []string{
		`web-1  | 203.0.113.5 - - [04/Nov/2026:10:00:00 +0900] "GET x ` + login,
		`web-1  | 203.0.113.5 - - [04/Nov/2026:10:00:00 +0900] "GET ` + line,
		`203.0.113.5 - - [04/Nov/2026:10:00:00 +0900] "` + login,
		`203.0.113.5 - ` + line + ` [04/Nov/2026:10:00:00 +0900] "GET / HTTP/1.1" 401 5`,
		`2001:db8::5 - ` + line + ` [04/Nov/2026:10:00:00 +0900] "GET / HTTP/1.1" 401 5`,
		`h.example.net - ` + line + ` [04/Nov/2026:10:00:00 +0900] "GET / HTTP/1.1" 401 5`,
		`app-1  | ` + `login failed for ` + line,
		`app-1  | user ` + line,
		`[pod/app-0/app] user ` + line,
		`app-0 app user ` + line,
		`login failed for ` + line,
		`Nov  4 10:00:00 [sshd] Invalid user ` + login + ` from 203.0.113.5`,
		`Nov  4 10:00:00 mx sshd[5] Invalid user ` + login + ` from 203.0.113.5`,
		`Nov  4 10:00:00 mx sshd[5]: Invalid user ` + line,
		`Nov  4 10:00:00 mx sshd: Invalid user ` + login,
		`2026-11-04T10:00:00+09:00 mx sshd[5]: ` + line,
		`2026-11-04T10:00:00+09:00 [sshd] ` + line,
		`<38>1 2026-11-04T10:00:00+09:00 mx sshd 5 - - ` + line,
		`2026-11-04T10:00:00+09:00 mx sshd 5 - ` + line,
		`Nov  4 10:00:00 mx 1a2b3c4d5e6f[9]: 203.0.113.5 - - [04/Nov/2026:10:00:00 +0900] "GET x ` + login,
		`{"log":"203.0.113.5 - - [04/Nov/2026:10:00:00 +0900] \"GET x ` + login + `","stream":"stdout"}`,
		`{"program":"sshd","timestamp":"2026-11-04T10:00:00+09:00","message":"` + line + `"}`,
		`Subject: ` + line,
		`    ` + line,
		`Nov  4 10:00:00 mx postfix/smtpd[1]: warning: h.example.net[203.0.113.7]: SASL LOGIN authentication failed: x, ` +
			`sasl_username=pam_faillock(dovecot:auth): Consecutive login failures for user bob account temporarily locked`,
	} {
		if e := reader.parse(hostile, december); e.login != nil || e.lines != nil {
			t.Errorf("%s\nis %s", hostile, show(e))
		}
	}
}

// What a line of any words costs grows with its length and no faster.
func TestLinesCostTheirLength(t *testing.T) {
	for name, text := range map[string]func(n int) string{
		"words":   func(n int) string { return strings.Repeat("a:1 ", n/4) },
		"tabs":    func(n int) string { return strings.Repeat("a:1\t", n/4) },
		"no end":  func(n int) string { return strings.Repeat("a:1:", n/4) },
		"times":   func(n int) string { return strings.Repeat("2026-11-04T10:00:00Z ", n/21) },
		"dashes":  func(n int) string { return "Nov  4 10:00:00 " + strings.Repeat("- ", n/2) },
		"levels":  func(n int) string { return "Nov  4 10:00:00 " + strings.Repeat("mail.info ", n/10) },
		"dockers": func(n int) string { return strings.Repeat("Nov  4 10:00:00 mx 1a2b3c4d5e6f[9]: ", n/36) },
		"object":  func(n int) string { return `{"message":"` + strings.Repeat("a:1 ", n/4) + `"}` },
	} {
		best := [2]time.Duration{time.Hour, time.Hour}
		lines := [2]string{text(128 << 10), text(1 << 20)}
		for range 5 {
			for i, line := range lines {
				at := time.Now()
				reader.parse(line, december)
				best[i] = min(best[i], time.Since(at))
			}
		}
		if best[1] > 32*best[0]+5*time.Millisecond { // eight times the bytes; 64 if each were read for each
			t.Errorf("%s: %v, and %v for eight times as many", name, best[0], best[1])
		}
	}
}
