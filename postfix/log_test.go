package postfix

import (
	"fmt"
	"strings"
	"testing"
)

// examples are a tag, a message, and what it says. Every rule of the grammar has one.
var examples = []struct{ tag, message, want string }{
	{"postfix/smtpd", "connect from unknown[198.51.100.1]", "irrelevant"},
	{"postfix/smtpd", "NOQUEUE: lost connection after AUTH from unknown[198.51.100.1]", "irrelevant"},
	{"postfix/smtpd", "Anonymous TLS connection established from unknown[198.51.100.1]: TLSv1.3 with cipher x", "irrelevant"},
	{"postfix/smtpd", "4CtzQW1rYJzXk: client=unknown[198.51.100.1]", "client 4CtzQW1rYJzXk 198.51.100.1 smtp"},
	{"postfix/submission/smtpd", "4CtzQW1rYJzXk: client=h.example.net[2001:db8::7]:51234, sasl_method=LOGIN, sasl_username=Bob, sasl_sender=x@y",
		"client 4CtzQW1rYJzXk 2001:db8::7 submission Bob"},
	{"postfix/smtpd", "NOQUEUE: client=unknown[::ffff:198.51.100.1], sasl_method=PLAIN, sasl_username=bob@example.org",
		"client 198.51.100.1 smtp bob@example.org"},
	{"postfix/smtpd", "4CtzQW1rYJzXm: client=localhost[127.0.0.1], orig_queue_id=4CtzQW1rYJzXk, orig_client=pc[203.0.113.7]",
		"client 4CtzQW1rYJzXm after 4CtzQW1rYJzXk 127.0.0.1 smtp"},
	{"postfix/smtpd", "4CtzQW1rYJzXm: client=localhost[127.0.0.1], orig_queue_id=NOQUEUE, orig_client=pc[203.0.113.7]",
		"client 4CtzQW1rYJzXm 127.0.0.1 smtp"},
	{"postfix/smtpd", "warning: unknown[198.51.100.1]: SASL PLAIN authentication failed: (reason unavailable), sasl_username=bob",
		"refused 198.51.100.1 smtp bob (reason unavailable)"},
	{"postfix/smtpd", "warning: unknown[198.51.100.1]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", "irrelevant"}, // whose?
	{"postfix/smtpd", "warning: unknown[198.51.100.1]: SASL LOGIN authentication failed", "irrelevant"},
	{"postfix/smtpd", "warning: unknown[198.51.100.1]: SASL CRAM-MD5 authentication aborted", "irrelevant"},
	{"postfix/smtpd", "warning: unknown[198.51.100.1]: SASL LOGIN authentication failed: generic failure, sasl_username=bob", "irrelevant"},
	{"postfix/smtpd", "warning: unknown[198.51.100.1]: SASL PLAIN authentication failed: Connection lost to authentication server, sasl_username=bob", "irrelevant"},
	{"postfix/smtpd", "warning: unknown[198.51.100.1]: SASL XYZ authentication failed: Invalid authentication mechanism: 'XYZ', sasl_username=bob", "irrelevant"},
	{"postfix/smtpd", "NOQUEUE: hold: RCPT from unknown[198.51.100.1]: <a@b>: Recipient address access; from=<c@d>", "held"},
	{"postfix/smtpd", "4CtzQW1rYJzXk: milter-hold: RCPT from unknown[198.51.100.1]: milter triggers HOLD action", "held 4CtzQW1rYJzXk"},
	{"postfix/smtpd", "NOQUEUE: discard: RCPT from unknown[198.51.100.1]: <a@b>: Recipient address access", "discarded"},
	{"postfix/smtpd", "4CtzQW1rYJzXk: reject: END-OF-MESSAGE from unknown[198.51.100.1]: 552 5.3.4 too big", "rejected 4CtzQW1rYJzXk"},
	{"postfix/smtpd", "4CtzQW1rYJzXk: reject: RCPT from unknown[198.51.100.1]: 550 5.1.1 <a@b>: unknown", "irrelevant"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: message-id=<x@y>", "identified 4CtzQW1rYJzXk x@y"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: message-id=", "identified 4CtzQW1rYJzXk"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: message-id=<x@y>: a <z@y>", "irrelevant"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: resent-message-id=<x@y>", "irrelevant"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: milter-hold: END-OF-MESSAGE from unknown[198.51.100.1]: milter triggers HOLD action; from=<a@b> to=<c@d> proto=ESMTP helo=<e>", "quarantine 4CtzQW1rYJzXk"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: hold: header Subject: x from unknown[198.51.100.1]; from=<a@b> to=<c@d>: y", "held 4CtzQW1rYJzXk"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: milter-discard: END-OF-MESSAGE from unknown[198.51.100.1]: milter triggers DISCARD action", "discarded 4CtzQW1rYJzXk"},
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<a@b>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=1/0/0/0, dsn=2.5.0, status=sent (250 2.5.0 Ok, id=15303-02, BOUNCE)",
		"attempt 4CtzQW1rYJzXk bounced a@b 127.0.0.1[127.0.0.1]:10024 2.5.0 250 2.5.0 Ok, id=15303-02, BOUNCE"},
	{"postfix/local", "4CtzQW1rYJzXk: to=<a@b>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered to file: /dev/null)",
		"attempt 4CtzQW1rYJzXk discarded a@b local 2.0.0 delivered to file: /dev/null"},
	{"postfix/smtpd", "NOQUEUE: warning: unknown[198.51.100.9]: SASL PLAIN authentication failed: authentication failure, sasl_username=bob",
		"refused 198.51.100.9 smtp bob authentication failure"},
	{"postfix/smtpd", "NOQUEUE: discarding EHLO keywords: CHUNKING", "irrelevant"},
	{"postfix/smtp", "4CtzQW1rYJzXk: Cannot start TLS: handshake failure", "irrelevant"},
	{"postfix/smtp", "4CtzQW1rYJzXk: Trusted TLS connection established to mx[192.0.2.1]:25: TLSv1.3", "irrelevant"},
	{"postfix/local", "4CtzQW1rYJzXk: passing <a@b> to transport=lmtp", "irrelevant"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: removed (discarded)", "discarded 4CtzQW1rYJzXk"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: milter-reject: END-OF-MESSAGE from unknown[198.51.100.1]: 5.7.1 x", "rejected 4CtzQW1rYJzXk"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: warning: header Subject: x from y; to=<a@b>, relay=x, dsn=2.0.0, status=sent (ok)", "irrelevant"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: redirect: header Subject: x from unknown[198.51.100.1]; from=<a@b>: c@d", "irrelevant"},
	{"postfix/cleanup", "4CtzQW1rYJzXk: to=<a@b>, relay=none, delay=1, delays=1/0/0/0, dsn=5.4.6, status=bounced (too many)",
		"attempt 4CtzQW1rYJzXk bounced a@b none 5.4.6 too many"},
	{"postfix/cleanup", "table hash:/etc/x(0,lock|fold_fix) has changed -- restarting", "irrelevant"},
	{"postfix/qmgr", "4CtzQW1rYJzXk: from=<\"a>, status=x\"@b>, size=1, nrcpt=1 (queue active)", "irrelevant"},
	{"postfix/qmgr", "4CtzQW1rYJzXk: removed", "gone 4CtzQW1rYJzXk"},
	{"postfix/qmgr", "4CtzQW1rYJzXk: from=<a@b>, status=force-expired, returned to sender", "expired 4CtzQW1rYJzXk"},
	{"postfix/qmgr", "4CtzQW1rYJzXk: skipped, still being delivered", "irrelevant"},
	{"postfix/pickup", "4CtzQW1rYJzXm: uid=102 from=<a@b> orig_id=4CtzQW1rYJzXk", "requeued 4CtzQW1rYJzXk as 4CtzQW1rYJzXm"},
	{"postfix/pickup", "4CtzQW1rYJzXm: uid=102 from=<a> orig_id=4CtzQW1rYJzXk>", "irrelevant"},
	{"postfix/postsuper", "4CtzQW1rYJzXk: removed", "deleted 4CtzQW1rYJzXk"},
	{"postfix/postsuper", "4CtzQW1rYJzXk: placed on hold", "by hand 4CtzQW1rYJzXk"},
	{"postfix/postsuper", "4CtzQW1rYJzXk: released from hold", "unheld 4CtzQW1rYJzXk"},
	{"postfix/postsuper", "4CtzQW1rYJzXk: requeued", "irrelevant"},
	{"postfix/postsuper", "Force-expired: 1 message", "irrelevant"},
	{"postfix/bounce", "4CtzQW1rYJzXk: sender non-delivery notification: 4CtzQW1rYJzXm", "irrelevant"},
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<a@b>, orig_to=<c@d>, relay=x[192.0.2.1]:25, conn_use=2, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok (1))",
		"attempt 4CtzQW1rYJzXk sent a@b (c@d) x[192.0.2.1]:25 2.0.0 250 ok (1)"},
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<\"aaa..b\"@b>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=SOFTBOUNCE (x",
		"attempt 4CtzQW1rYJzXk deferred \"aaa..b\"@b none 4.4.1 x"},
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<a@b>, relay=x[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=2.1.5, status=deliverable (250 ok)",
		"attempt 4CtzQW1rYJzXk probe a@b x[192.0.2.1]:25 2.1.5 250 ok"},
	{"postfix/error", "4CtzQW1rYJzXk: to=<a@b>, relay=none, delay=1, delays=1/0/0/0, dsn=4.3.0, status=deferred (delivery temporarily suspended: x)",
		"attempt 4CtzQW1rYJzXk deferred a@b none 4.3.0 delivery temporarily suspended: x"},
	{"postfix/discard", "4CtzQW1rYJzXk: to=<a@b>, relay=none, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (b)",
		"attempt 4CtzQW1rYJzXk discarded a@b none 2.0.0 b"},
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<a@b>, relay=f[127.0.0.1]:10024, delay=1, delays=1/0/0/0, dsn=2.7.0, status=sent (250 2.7.0 Ok, discarded, id=1-2 - spam)",
		"attempt 4CtzQW1rYJzXk discarded a@b f[127.0.0.1]:10024 2.7.0 250 2.7.0 Ok, discarded, id=1-2 - spam"},
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<a@b>, relay=f[127.0.0.1]:10024, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4CtzQW1rYJzXm)",
		"attempt 4CtzQW1rYJzXk passed as 4CtzQW1rYJzXm a@b f[127.0.0.1]:10024 2.0.0 250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4CtzQW1rYJzXm"},
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<a@b>, relay=amavis[172.18.0.4]:10024, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[172.18.0.2]:10025): 250 2.0.0 Ok: queued as 4CtzQW1rYJzXm)",
		"attempt 4CtzQW1rYJzXk passed as 4CtzQW1rYJzXm a@b amavis[172.18.0.4]:10024 2.0.0 250 2.0.0 from MTA(smtp:[172.18.0.2]:10025): 250 2.0.0 Ok: queued as 4CtzQW1rYJzXm"},
	// A relay elsewhere has queue ids of its own, and what it throws away has arrived.
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<a@b>, relay=hub[10.0.0.4]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4CtzQW1rYJzXm)",
		"attempt 4CtzQW1rYJzXk sent a@b hub[10.0.0.4]:25 2.0.0 250 2.0.0 Ok: queued as 4CtzQW1rYJzXm"},
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<a@b>, relay=x[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.7.0 Ok, discarded, id=1)",
		"attempt 4CtzQW1rYJzXk sent a@b x[192.0.2.1]:25 2.0.0 250 2.7.0 Ok, discarded, id=1"},
	{"postfix/smtp", "4CtzQW1rYJzXk: host x[192.0.2.1] said: 450 to=<a@b>, relay=x, dsn=2.0.0, status=sent (in reply to RCPT TO command)", "irrelevant"},
	{"postfix/smtp", "connect to x[192.0.2.1]:25: Connection refused", "irrelevant"},
	{"postfix/master", "daemon started -- version 3.10.13, configuration /etc/postfix", "irrelevant"},
	{"postfix/anvil", "statistics: max connection rate 1/60s for (smtp:192.0.2.1)", "irrelevant"},
	{"postfix/local", "warning: x", "irrelevant"},
	{"postfix/smtp", "statistics: x", "irrelevant"},
	// What nobody knows, and what only looks like something known.
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<a@b>, relay=none, delay=1, delays=1/0/0/0, dsn=2.0.0, status=lost (x)", ""},
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<>, relay=none, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (x)", ""},
	{"postfix/smtp", "4CtzQW1rYJzXk: to=<\"open@b>, relay=x, dsn=2.0.0, status=sent (ok)", ""},
	{"postfix/smtp", "../../etc: to=<a@b>, relay=x, dsn=2.0.0, status=sent (ok)", ""},
	{"postfix/qmgr", "NOQUEUE: removed", ""},
	{"postfix/qmgr", "4CtzQW1rYJzXk: went to the moon", ""},
	{"postfix/newdaemon", "4CtzQW1rYJzXk: went to the moon", ""},
	{"postfix/newdaemon", "went to the moon", "irrelevant"},
	{"postfix/qmqpd", "4CtzQW1rYJzXk: client=h.example[203.0.113.7]", "client 4CtzQW1rYJzXk 203.0.113.7 smtp"},
	{"postfix/oqmgr", "4CtzQW1rYJzXk: removed", "gone 4CtzQW1rYJzXk"},
	{"postfix/smtp", "TLSRPT: status=success, domain=b.test", "irrelevant"},
}

func (l Line) String() string {
	var b strings.Builder
	b.WriteString(string(l.Event))
	add := func(form, value string) {
		if value != "" {
			fmt.Fprintf(&b, form, value)
		}
	}
	add(" %s", l.QueueID)
	add(" %s", string(l.Status))
	add(" as %s", l.Next)
	add(" after %s", l.Previous)
	add(" %s", l.MessageID)
	add(" %s", l.Recipient)
	add(" (%s)", l.Original)
	add(" %s", l.Relay)
	add(" %s", l.DSN)
	if l.Client.IsValid() {
		fmt.Fprintf(&b, " %s %s", l.Client, l.Service)
	}
	add(" %s", l.Login)
	add(" %s", l.Reply)
	return b.String()
}

func TestLines(t *testing.T) {
	for _, e := range examples {
		daemon, service, ok := Tag(e.tag)
		if !ok {
			t.Fatalf("tag %s", e.tag)
		}
		if got := ParseLine(daemon, service, e.message).String(); got != e.want {
			t.Errorf("%s: %s\nsays %s\nwant %s", e.tag, e.message, got, e.want)
		}
	}
}

// A rule without an example was never tried.
func TestEveryRuleHasAnExample(t *testing.T) {
	for daemon, rules := range grammar {
		for i := range rules {
			found := false
			for _, e := range examples {
				d, _, _ := Tag(e.tag)
				same := len(grammar[d]) > 0 && &grammar[d][0] == &rules[0]
				found = found || same && rules[i].re.MatchString(e.message)
			}
			if !found {
				t.Errorf("%s: no example of %s", daemon, rules[i].re)
			}
		}
	}
}

func TestTags(t *testing.T) {
	for tag, want := range map[string]string{
		"postfix/smtp": "smtp smtp true", "postfix/submission/smtpd": "smtpd submission true",
		"postfix-out/relay/smtp": "smtp relay true", "dovecot": "  false", "/smtp": "  false", "x/": "  false",
	} {
		daemon, service, ok := Tag(tag)
		if got := fmt.Sprint(daemon, " ", service, " ", ok); got != want {
			t.Errorf("%s is %q, want %q", tag, got, want)
		}
	}
}

// FuzzLine looks for panics, and for fields that are not where they must be: an id that is
// none, or text that is not in the message.
func FuzzLine(f *testing.F) {
	for _, e := range examples {
		f.Add(e.tag, e.message)
	}
	f.Fuzz(func(t *testing.T, tag, message string) {
		daemon, service, ok := Tag(tag)
		if !ok {
			return
		}
		l := ParseLine(daemon, service, message)
		for _, id := range []string{l.QueueID, l.Next, l.Previous} {
			if id != "" && !ValidID(id) {
				t.Errorf("%q has a queue id %q", message, id)
			}
		}
		for _, text := range []string{l.QueueID, l.Recipient, l.Original, l.Relay, l.DSN, l.Login, l.Reply} {
			if !strings.Contains(message, text) {
				t.Errorf("%q says %q", message, text)
			}
		}
		if l.Event == EventAttempt && (l.Status == "" || l.Recipient == "" || l.QueueID == "") {
			t.Errorf("%q is an attempt of nothing: %+v", message, l)
		}
	})
}

func BenchmarkLine(b *testing.B) {
	const line = "4jYzHd0TGHz1SCXh: to=<a@good.test>, relay=mx.good.test[192.0.2.1]:25, delay=0.34, " +
		"delays=0.19/0.14/0/0, dsn=2.0.0, status=sent (250 2.0.0 kept)"
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if l := ParseLine("smtp", "smtp", line); l.Status != StatusSent {
			b.Fatal("nothing was read")
		}
	}
}
