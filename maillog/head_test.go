package maillog

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Whatever a line begins with, the same is read of it: at ten in Tokyo, on 4 November 2026.
func TestHeads(t *testing.T) {
	const mail = "4jYzHd0TGHz1SCXh: client=h.example.net[203.0.113.7], sasl_method=PLAIN, sasl_username=bob@example.org"
	for _, before := range []string{
		"Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"Nov 04 10:00:00 mx postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx postfix/submission/smtpd: ",
		"<22>Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 MX postfix/submission/smtpd[1]: ", // no zone, a host
		"Nov  4 10:00:00 2001:db8::5 postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00.000000 mx postfix/submission/smtpd[1]: ",
		"Nov  4 2026 10:00:00 mx postfix/submission/smtpd[1]: ",
		"2026 Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"2026/11/04 10:00:00 mx postfix/submission/smtpd[1]: ",
		"11月 04 10:00:00 mx postfix/submission/smtpd[1]: ", // journalctl in the machine's language
		"nov. 04 10:00:00 mx postfix/submission/smtpd[1]: ",
		"11월 04 10:00:00 mx postfix/submission/smtpd[1]: ",
		"лис 04 10:00:00 mx postfix/submission/smtpd[1]: ",
		"\x00\x00Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ", // behind a crash
		"<22> Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"mail-1  | Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",                      // docker compose
		"2026-11-04T01:00:00.123456789Z Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ", // docker logs -t
		"Nov  4 10:00:00 mx 1a2b3c4d5e6f[9]: Nov  4 10:00:00 mail postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx docker/mail[9]: 2026-11-04T10:00:00+09:00 mail postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx mail.info postfix/submission/smtpd[1]: ", // BusyBox
		"Nov  4 10:00:00 mail.info postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 postfix/submission/smtpd[1]: ", // BusyBox -S
		"Wed Nov  4 10:00:00 2026 mail.info postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 <2.6> mx postfix/submission/smtpd[1]: ", // FreeBSD -v
		"Nov  4 10:00:00 <mail.info> mx postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx postfix/submission/smtpd[1]: [ID 197553 mail.info] ", // Solaris
		"<22>1 2026-11-04T01:00:00.000Z mx postfix/submission/smtpd 27133 - - ",  // RFC 5424
		"<22>1 2026-11-04T10:00:00+09:00 mx postfix/submission/smtpd 1 ID47 [x@32473 a=\"b \\\"]\" c=\"d\"][y@1] \ufeff",
		"1 2026-11-04T10:00:00+09:00 mx postfix/submission/smtpd - - - ",
		"2026-11-04T10:00:00.000001+09:00 mx postfix/submission/smtpd[1]: ",
		"2026-11-04T10:00:00+0900 mx postfix/submission/smtpd[1]: ", // journalctl -o short-iso
		"2026-11-04T10:00:00.000001+0900 mx postfix/submission/smtpd[1]: ",
		"2026-11-04T01:00:00Z mx postfix/submission/smtpd[1]: ",
		"2026-11-04T10:00:00 mx postfix/submission/smtpd[1]: ",
		"2026-11-04 10:00:00 mx postfix/submission/smtpd[1]: ",
		"2026-11-04 10:00:00,000 mx postfix/submission/smtpd[1]: ",
		"2026-11-04 10:00:00.000 +0900 mx postfix/submission/smtpd[1]: ",
		"2026-11-04 10:00:00+09 mx postfix/submission/smtpd[1]: ",
		"Wed 2026-11-04 10:00:00 JST mx postfix/submission/smtpd[1]: ", // journalctl -o short-full
		"Wed 2026-11-04 01:00:00 UTC mx postfix/submission/smtpd[1]: ",
		"Wed 2026-11-04 02:00:00 CET mx postfix/submission/smtpd[1]: ",
		"Wed 2026-11-04 10:00:00 +09 mx postfix/submission/smtpd[1]: ",
		"Wed Nov  4 10:00:00 JST 2026 mx postfix/submission/smtpd[1]: ",
		"1793754000.000000 mx postfix/submission/smtpd[1]: ", // journalctl -o short-unix
		"2026-11-04T01:00:02.5Z stdout F Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"2026-11-04T01:00:00.5Z stderr F 2026-11-04T10:00:00+09:00 mx postfix/submission/smtpd[1]: ",
		"\ufeffNov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"\tNov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00\tmx\tpostfix/submission/smtpd[1]:\t",
		"2026-11-04T10:00:00+09:00\tmx\tpostfix/submission/smtpd[1]:\t",
		"Nov  4 10:00:00 mx\tpostfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 [postfix/submission/smtpd] ",
		"Nov  4 10:00:00 mx [postfix/submission/smtpd] ",
		"Nov  4 10:00:00 AM mx postfix/submission/smtpd[1]: ",
		"Nov  4 2026 10:00:00 AM mx postfix/submission/smtpd[1]: ",
		"11/04/2026 10:00:00 AM mx postfix/submission/smtpd[1]: ",
		"04.11.2026 10:00:00 mx postfix/submission/smtpd[1]: ",
		"04-Nov-2026 10:00:00.000 mx postfix/submission/smtpd[1]: ",
		"04/Nov/2026:10:00:00 +0900 mx postfix/submission/smtpd[1]: ",
		"4 Nov 2026 10:00:00 mx postfix/submission/smtpd[1]: ",
		"04 Nov 10:00:00 mx postfix/submission/smtpd[1]: ",
		"20261104 10:00:00 mx postfix/submission/smtpd[1]: ",
		"20261104T100000+0900 mx postfix/submission/smtpd[1]: ",
		"2026-11-04_10:00:00.12345 mx postfix/submission/smtpd[1]: ",
		"[2026-11-04 10:00:00] mx postfix/submission/smtpd[1]: ",
		"[2026-11-04T10:00:00+09:00] mx postfix/submission/smtpd[1]: ",
		"Wed, 04 Nov 2026 10:00:00 +0900 mx postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx mail:info postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx mail info postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx info postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx INFO postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx [info] postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mail.info mx postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx (info) postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx 192.0.2.5 postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx mail.example.jp 192.0.2.5 postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx : postfix/submission/smtpd[1]: ",
		"2026-11-04T10:00:00+09:00 mx mail.info postfix/submission/smtpd[1]: ",
		"2026-11-04T10:00:00+09:00 mx mail.6 postfix/submission/smtpd[1]: ",
		"2026-11-04T10:00:00+09:00 mail-info mx postfix/submission/smtpd[1]: ",
		"[pod/mail-0/postfix] Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"mail-0 postfix Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"mail.1.abc@node1    | Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"/var/log/mail.log:Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"12:Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"/var/log/mail.log:12:Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"/var/log/mail.log.2.gz:2026-11-04T10:00:00+09:00 mx postfix/submission/smtpd[1]: ",
		"[mx] Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"172 <22>1 2026-11-04T10:00:00+09:00 mx postfix/submission/smtpd 1 - - ",
		"<22>Nov  4 2026 10:00:00 mx postfix/submission/smtpd[1]: ",
		"<22>2026-11-04T10:00:00+09:00 mx postfix/submission/smtpd[1]: ",
		"<mail.info>Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"2026-11-04T01:00:00+00:00 mail/postfix/abc Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"2026-11-04T01:00:00Z mail Nov  4 10:00:00 mx postfix/submission/smtpd[1]: ",
		"2026-11-04T10:00:00+09:00 mx postfix/submission/smtpd[1] ",
		"Nov  4 10:00:00 mx postfix/submission/smtpd 1 - ",
		"2026-11-04 10:00:00.000000+0900  mx postfix/submission/smtpd[1]: ",
		"2026-11-04T10:00:00,000+09:00 mx postfix/submission/smtpd[1]: ",
		"2026-11-04 10:00:00 +0900 JST mx postfix/submission/smtpd[1]: ",
		"2026-11-04 10:00:00 JST mx postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 JST mx postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00.000 JST: postfix/submission/smtpd[1]: ",
		"Nov  4, 2026 10:00:00 AM mx postfix/submission/smtpd[1]: ",
		"1793754000 mx postfix/submission/smtpd[1]: ",
		"1793754000123 mx postfix/submission/smtpd[1]: ",
		"Nov  4 10:00:00 mx local/postfix/submission/smtpd[1]: ",
	} {
		for _, end := range []string{"", "\r"} {
			e := reader.parse(before+mail+end, december)
			if l := e.login; l == nil || l.Sender != "bob@example.org" || l.Service != "submission" ||
				l.Client.String() != "203.0.113.7" || l.At.Truncate(time.Second) != time.Unix(1793754000, 0).UTC() {
				t.Errorf("%s\nis %v: %s", before, e.kind, show(e))
			}
		}
	}
}

// JSON lines: of journalctl -o json, and of Docker around a line of any form.
func TestWrappedLines(t *testing.T) {
	const message = "NOQUEUE: client=x[192.0.2.1], sasl_method=PLAIN, sasl_username=bob@example.org"
	for line, want := range map[string]kind{
		`{"__REALTIME_TIMESTAMP":"1793754000000000","_UID":"0","SYSLOG_IDENTIFIER":"postfix/smtpd","MESSAGE":"` + message + `"}`:                                        telling,
		`{"__REALTIME_TIMESTAMP":"1793754000000000","_UID":"123","_SYSTEMD_UNIT":"postfix@-.service","SYSLOG_IDENTIFIER":"postfix/smtpd","MESSAGE":"` + message + `"}`:  telling,
		`{"__REALTIME_TIMESTAMP":"1793754000000000","_UID":"33","_SYSTEMD_UNIT":"apache2.service","SYSLOG_IDENTIFIER":"postfix/smtpd","MESSAGE":"` + message + `"}`:     irrelevant,
		`{"__REALTIME_TIMESTAMP":"1793754000000000","_UID":"1000","_SYSTEMD_UNIT":"postfix@-.service","SYSLOG_IDENTIFIER":"postfix/smtpd","MESSAGE":"` + message + `"}`: irrelevant,
		`{"log":"Nov  4 10:00:00 mx postfix/smtpd[1]: ` + message + `\n","stream":"stdout","time":"2026-11-04T01:00:00.5Z"}`:                                            telling,
		`{"log":"{\"log\":\"x\"}"}`: unreadable, `{"a":1}`: unreadable, `{`: unreadable, `{}`: unreadable,
	} {
		if e := reader.parse(line, december); e.kind != want || (e.login != nil) != (want == telling) {
			t.Errorf("%s is %v, want %v", line, e.kind, want)
		}
	}
}

func TestNoLinesOfALog(t *testing.T) {
	for _, line := range []string{"", " ", "x", "postfix/smtpd[1]: x", "2026-11-04", "2026-11-04T10:00:00",
		"Nov  4", "Nov 31 10:00:00 mx x: y", "Nov  4 25:00:00 mx x: y", "[    1.5] mx x: y", " Nov  4 10:00:00 mx x: y",
		"Nov  4 10:00:00+ mx x: y", "2026-13-04T10:00:00Z mx x: y", "<999999>x", "1 x"} {
		if e := reader.parse(line, december); e.kind != unreadable {
			t.Errorf("%q is %v", line, e.kind)
		}
	}
	for _, line := range []string{"Nov  4 10:00:00 mx -- MARK --", "Nov  4 10:00:00 mx", "Nov  4 10:00:00 mx postfix/smtpd[1]:",
		"Nov  4 10:00:00 mx sshd[1]: x", "2026-11-04T10:00:00Z stdout F x", "<22>1 2026-11-04T10:00:00Z mx x - - [y"} {
		if e := reader.parse(line, december); e.kind != irrelevant && e.kind != unreadable {
			t.Errorf("%q is %v: %s", line, e.kind, show(e))
		}
	}
}

// Equal lines that a syslog daemon counted are as many attempts.
func TestRepeatedLines(t *testing.T) {
	const failed = "warning: unknown[198.51.100.9]: SASL LOGIN authentication failed: authentication failure, sasl_username=bob"
	for _, c := range []struct {
		lines string
		want  int
	}{
		{"postfix/smtpd[1]: " + failed, 1},
		{"postfix/smtpd[1]: message repeated 4 times: [ " + failed + "]", 4},
		{"postfix/smtpd[1]: " + failed + "\nlast message repeated 4 times", 5},
		{"postfix/smtpd[1]: " + failed + "\nlast message repeated 1 time", 2},
		{"last message repeated 4 times", 0}, // of what was not read
		{"postfix/smtpd[1]: " + failed + "\nsshd[1]: x\nlast message repeated 4 times", 1},
		{"postfix/smtpd[1]: message repeated 99999999999 times: [ " + failed + "]", maxRepeat},
		{"postfix/smtpd[1]: message repeated -1 times: [ " + failed + "]", 0},
		{"dovecot: message repeated 2 times: [ imap-login: Disconnected (auth failed, 3 attempts in 2 secs): " +
			"user=<bob>, method=PLAIN, rip=198.51.100.9, lip=192.0.2.1]", 6},
	} {
		var m memory
		got := 0
		for line := range strings.Lines(c.lines) {
			e := m.resolve(reader.parse("Nov  4 10:00:00 mx "+strings.TrimSuffix(line, "\n"), december))
			if e.login != nil {
				got += e.login.Count
			}
		}
		if got != c.want {
			t.Errorf("%s\nis %d attempts, want %d", c.lines, got, c.want)
		}
	}
}

// Two databases that refuse one password make one attempt, two passwords make two.
func TestDatabasesInARow(t *testing.T) {
	line := func(process, session, database, words string) string {
		return fmt.Sprintf("Nov  4 10:00:00 mx dovecot: %s%s: %s: %s", process, session, database, words)
	}
	const auth, worker = "auth(bob,198.51.100.9,sasl:plain)", "auth-worker(bob,198.51.100.9)<77>"
	const wrong, pam = "Password mismatch", "pam_authenticate() failed: Authentication failure (Password mismatch?)"
	for _, c := range []struct {
		want  int
		lines []string
	}{
		{1, []string{line(auth, "<a>", "staff", wrong), line(worker, "<a>", "request [1]: pam", pam)}},
		{1, []string{line(auth, "", "staff", wrong), line(worker, "", "request [1]: pam", pam)}},
		{2, []string{line(auth, "<a>", "staff", wrong), line(auth, "<a>", "staff", wrong)}},
		{2, []string{line(auth, "<a>", "sql", wrong), line(worker, "<a>", "request [1]: sql", wrong)}},
		{2, []string{line(auth, "<a>", "staff", wrong), line(worker, "<b>", "request [1]: pam", pam)}},
		{2, []string{line(auth, "", "staff", wrong), line(worker, "", "request [1]: pam", pam),
			line(auth, "", "staff", wrong), line(worker, "", "request [2]: pam", pam)}},
	} {
		var m memory
		got := 0
		for _, l := range c.lines {
			if e := m.resolve(reader.parse(l, december)); e.login != nil {
				got += e.login.Count
			}
		}
		if got != c.want {
			t.Errorf("%q\nare %d attempts, want %d", c.lines, got, c.want)
		}
	}
}

// What smtpd says before a mail has an id is of the next mail of the same process; what a
// filter's mail did before it was known to be that is not lost.
func TestLinesThatBelongTogether(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"postfix/smtpd[1]: NOQUEUE: hold: RCPT from x[192.0.2.1]: y\n" +
			"postfix/smtpd[2]: 4jYzHd0TGHz1SCXg: client=x[192.0.2.1]\n" +
			"postfix/smtpd[1]: 4jYzHd0TGHz1SCXh: client=x[192.0.2.1]\n" +
			"postfix/smtpd[1]: 4jYzHd0TGHz1SCXj: client=x[192.0.2.1]\n", "4jYzHd0TGHz1SCXh held"},
		{"postfix/smtpd[1]: NOQUEUE: discard: RCPT from x[192.0.2.1]: y\n" +
			"postfix/smtpd[1]: 4jYzHd0TGHz1SCXh: client=x[192.0.2.1], sasl_method=PLAIN, sasl_username=bob\n",
			"4jYzHd0TGHz1SCXh discarded"},
		{"postfix/smtp[1]: 4jYzHd0TGHz1SCXj: to=<a@b>, relay=x, delay=1, delays=1/0/0/0, dsn=5.1.1, status=bounced (no)\n" +
			"postfix/smtp[1]: 4jYzHd0TGHz1SCXh: to=<a@b>, relay=f[127.0.0.1]:10024, delay=1, delays=1/0/0/0, " +
			"dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4jYzHd0TGHz1SCXj)\n",
			"4jYzHd0TGHz1SCXj bounced, 4jYzHd0TGHz1SCXh passed, 4jYzHd0TGHz1SCXh requeued 4jYzHd0TGHz1SCXj, 4jYzHd0TGHz1SCXj bounced"},
	} {
		var m memory
		var got []string
		for line := range strings.Lines(c.lines) {
			e := m.resolve(reader.parse("Nov  4 10:00:00 mx "+strings.TrimSuffix(line, "\n"), december))
			for _, l := range e.lines {
				s := l.QueueID + " " + string(l.Outcome)
				if l.Next != "" {
					s = l.QueueID + " " + string(l.Event) + " " + l.Next
				}
				got = append(got, s)
			}
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s\nsay %s\nwant %s", c.lines, s, c.want)
		}
	}
}

// What is remembered has an end, whatever attackers try.
func TestMemoryIsBounded(t *testing.T) {
	var m memory
	for i := range 3 * maxRemembered {
		for _, form := range []string{
			"dovecot: auth(bob%d,198.51.100.9,sasl:plain)<a>: users: Password mismatch",
			"postfix/smtpd[%d]: NOQUEUE: hold: RCPT from x[192.0.2.1]: y",
			"postfix/smtp[1]: 4jYzHd0TGHz1%04X: to=<a@b>, relay=x, dsn=2.0.0, status=sent (ok)",
		} {
			m.resolve(reader.parse("Nov  4 10:00:00 mx "+fmt.Sprintf(form, i), december))
		}
		if n := len(m.pending) + len(m.tallies) + m.kept; n > maxRemembered+3 {
			t.Fatalf("%d things are remembered", n)
		}
	}
}

// TestRelayed holds that lines are read which a syslog daemon or a shipper wrote as JSON.
func TestRelayed(t *testing.T) {
	const said = `"imap-login: Login: user=<bob@example.org>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.1"`
	p := &Parser{Zone: time.UTC}
	for _, line := range []string{
		`{"timestamp":"2026-11-04T01:00:00Z","host":"mx","program":"dovecot","message":` + said + `}`,
		`{"@timestamp":"2026-11-04T01:00:00Z","process":{"name":"dovecot"},"message":` + said + `}`,
		`{"timereported":"2026-11-04T10:00:00+09:00","syslogtag":"dovecot[1]:","msg":` + said + `}`,
		`@cee: {"time":"2026-11-04T01:00:00.5Z","pname":"dovecot","msg":` + said + `}`,
		`{"timestamp":"2026-11-04T01:00:00Z","PROGRAM":"dovecot","MESSAGE":` + said + `}`,
	} {
		e := p.parse(line, time.Date(2026, 11, 4, 12, 0, 0, 0, time.UTC))
		if e.login == nil || e.login.Sender != "bob@example.org" || e.at.Hour() != 1 {
			t.Errorf("%s: %+v", line, e)
		}
	}
	for _, line := range []string{`{"a":1}`, `{"timestamp":"x","program":"dovecot","message":` + said + `}`, `{`} {
		if e := p.parse(line, time.Now()); e.kind != unreadable {
			t.Errorf("%s: %+v", line, e)
		}
	}
}

// Whatever a shipper makes of a line in JSON, and wherever it puts the parts, the same is read.
func TestHeadsInJSON(t *testing.T) {
	const mail = "NOQUEUE: client=x[203.0.113.7], sasl_method=PLAIN, sasl_username=bob@example.org"
	for _, line := range []string{
		"2026-11-04T10:00:00+09:00\tdocker.mail\t{\"log\":\"Nov  4 10:00:00 mx postfix/submission/smtpd[1]: MAIL\"}",
		"\x1e{\"__REALTIME_TIMESTAMP\":\"1793754000000000\",\"_UID\":\"0\",\"SYSLOG_IDENTIFIER\":\"postfix/submission/smtpd\",\"MESSAGE\":\"MAIL\"}",
		`data: {"__REALTIME_TIMESTAMP":"1793754000000000","_UID":"0","SYSLOG_IDENTIFIER":"postfix/submission/smtpd","MESSAGE":"MAIL"}`,
		`{"date":1793754000.5,"log":"Nov  4 10:00:00 mx postfix/submission/smtpd[1]: MAIL","stream":"stdout"}`,
		`{"@timestamp":"2026-11-04T01:00:00Z","message":"Nov  4 10:00:00 mx postfix/submission/smtpd[1]: MAIL"}`,
		`{"version":"1.1","host":"mx","short_message":"MAIL","timestamp":1793754000.5,"_program":"postfix/submission/smtpd"}`,
		`{"version":"1.1","host":"mx","short_message":"MAIL","timestamp":1793754000.5,"_application_name":"postfix/submission/smtpd"}`,
		`{"@timestamp":"2026-11-04T01:00:00Z","log":{"syslog":{"appname":"postfix/submission/smtpd"}},"message":"MAIL"}`,
		`{"@timestamp":"2026-11-04T01:00:00Z","syslog_program":"postfix/submission/smtpd","syslog_message":"MAIL"}`,
		`{"timestamp":"2026-11-04T01:00:00Z","appname":"postfix/submission/smtpd","message":"MAIL","procid":1}`,
		`{"timestamp":"2026-11-04T01:00:00Z","SYSLOG_IDENTIFIER":"postfix/submission/smtpd","message":"MAIL","_UID":"0"}`,
		`{"@timestamp":"2026-11-04T01:00:00Z","journald":{"pid":1},"syslog":{"identifier":"postfix/submission/smtpd"},"message":"MAIL"}`,
		`{"timestamp":"Nov  4 10:00:00","program":"postfix/submission/smtpd","message":"MAIL"}`,
		`{"time":"2026-11-04 10:00:00","ident":"postfix/submission/smtpd","message":"MAIL"}`,
		`{"textPayload":"Nov  4 10:00:00 mx postfix/submission/smtpd[1]: MAIL","timestamp":"2026-11-04T01:00:00Z"}`,
		`{"line":"Nov  4 10:00:00 mx postfix/submission/smtpd[1]: MAIL","timestamp":"2026-11-04T01:00:00Z","labels":{}}`,
	} {
		e := reader.parse(strings.ReplaceAll(line, "MAIL", mail), december)
		if l := e.login; l == nil || l.Sender != "bob@example.org" || l.Service != "submission" ||
			l.At.Truncate(time.Second) != time.Unix(1793754000, 0).UTC() {
			t.Errorf("%s\nis %v: %s", line, e.kind, show(e))
		}
	}
	// Who could have written anything there is not believed, in whatever clothes.
	for _, line := range []string{
		`{"timestamp":"2026-11-04T01:00:00Z","SYSLOG_IDENTIFIER":"postfix/smtpd","message":"MAIL","_UID":"65533"}`,
		`{"timestamp":"2026-11-04T01:00:00Z","SYSLOG_IDENTIFIER":"x","message":"Nov  4 10:00:00 mx postfix/smtpd[1]: MAIL","_UID":"65533"}`,
		`{"timestamp":"2026-11-04T01:00:00Z","program":"sshd","message":"Nov  4 10:00:00 mx postfix/smtpd[1]: MAIL"}`,
	} {
		if e := reader.parse(strings.ReplaceAll(line, "MAIL", mail), december); e.login != nil {
			t.Errorf("%s is believed: %s", line, show(e))
		}
	}
}

// A time that may be of two days is none. Words of Postfix's that stand behind a head nobody knows are
// counted, and no line of another program's words is read.
func TestHeadsThatAreNotRead(t *testing.T) {
	const mail = "postfix/smtpd[1]: NOQUEUE: client=x[203.0.113.7], sasl_method=PLAIN, sasl_username=bob@example.org"
	for line, want := range map[string]kind{
		"11/04/2026 10:00:00 mx " + mail:                                unreadable,
		" Nov  4 10:00:00 mx " + mail:                                   unreadable, // journalctl continues a message so
		"    x Nov  4 10:00:00 mx " + mail:                              unreadable,
		"[2026-11-04 10:00:00 mx " + mail:                               unreadable,
		"Nov  4 10:00:00 mx sshd[1]: Invalid user x " + mail:            unknown,
		"Nov  4 10:00:00 mx sshd[1]: Nov  4 10:00:00 " + mail:           unknown,
		"2026-11-04T01:00:00Z mx sshd: 2026-11-04T01:00:00Z mx " + mail: unknown,
		"Nov  4 10:00:00 mx mail[9]: Nov  4 10:00:00 " + mail:           unknown,
		"Nov  4 10:00:00 a b c d e f " + mail:                           unknown,
		"Nov  4 10:00:00 mx sshd[1]: Accepted password for bob":         irrelevant,
	} {
		if e := reader.parse(line, december); e.kind != want || e.login != nil {
			t.Errorf("%s\nis %v, want %v: %s", line, e.kind, want, show(e))
		}
	}
}
