package maillog

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/ledger"
)

// noted is a store that notes the logins it is given, and how far the file was read.
type noted struct {
	logins []ledger.LogLogin
	offset int64
}

func (n *noted) KeepLog(_ context.Context, b *ledger.LogBatch) (ledger.LogKept, error) {
	n.logins, n.offset = append(n.logins, b.Logins...), b.Position.Offset
	return ledger.LogKept{Logins: len(b.Logins)}, nil
}

func (n *noted) LogPositions(context.Context, string, string) ([]ledger.LogPosition, error) {
	return nil, nil
}

// importText reads a log that has a text, and returns who logged in by it.
func importText(t *testing.T, text string) (senders []string, c Counts, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mail.log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	n := &noted{}
	c, err = Import(t.Context(), &reader, n, "", path)
	if err == nil && n.offset != int64(len(text)) {
		t.Errorf("%d bytes of %d were read of\n%s", n.offset, len(text), text)
	}
	for _, l := range n.logins {
		if want := time.Unix(1793754000, 0).UTC(); !l.At.Truncate(time.Second).Equal(want) {
			t.Errorf("%s is of %v, want %v", l.Sender, l.At, want)
		}
		senders = append(senders, l.Sender)
	}
	return senders, c, err
}

// loginOf is what smtpd says of one.
func loginOf(sender string) string {
	return "NOQUEUE: client=h.example.net[203.0.113.7], sasl_method=PLAIN, sasl_username=" + sender
}

// What journalctl prints over several lines is one entry of each.
func TestEntriesOverLines(t *testing.T) {
	// As a thief's client may have sent it: bytes that are no text, and another entry among them.
	hostile := loginOf("eve") + "\x01\n\n__CURSOR=s=9\nMESSAGE=" + loginOf("victim") + "\n\n"
	length := string(binary.LittleEndian.AppendUint64(nil, uint64(len(hostile))))
	export := func(message string) string {
		return "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1793754000000000\n_UID=0\nPRIORITY=6\n" +
			"SYSLOG_IDENTIFIER=postfix/smtpd\n" + message + "\n\n"
	}
	verbose := func(message string) string {
		return "Wed 2026-11-04 10:00:00.000000 JST [s=0639;i=4ece7;b=6c7c;m=1;t=2;x=3]\n    _UID=0\n" +
			"    SYSLOG_IDENTIFIER=postfix/smtpd\n    MESSAGE=" + message + "\n    _PID=7\n"
	}
	pretty := func(sender string) string {
		return "{\n\t\"_UID\" : \"0\",\n\t\"__REALTIME_TIMESTAMP\" : \"1793754000000000\",\n" +
			"\t\"SYSLOG_IDENTIFIER\" : \"postfix/smtpd\",\n\t\"MESSAGE\" : \"" + loginOf(sender) + "\"\n}\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"export":                           {export("MESSAGE="+loginOf("a")) + export("MESSAGE="+loginOf("b")), "a b"},
		"export, no empty line at the end": {strings.TrimSuffix(export("MESSAGE="+loginOf("a")), "\n"), "a"},
		"export of bytes":                  {export("MESSAGE\n"+length+hostile) + export("MESSAGE="+loginOf("b")), "b"},
		"export of many bytes": {export("MESSAGE\n"+string(binary.LittleEndian.AppendUint64(nil, 1<<20))+
			strings.Repeat("x\n", 1<<19)) + export("MESSAGE="+loginOf("b")), "b"},
		"export of a message twice": {export("MESSAGE=" + loginOf("a") + "\nMESSAGE=" + loginOf("victim")), "a"},
		"export by others":          {strings.ReplaceAll(export("MESSAGE="+loginOf("a")), "_UID=0", "_UID=65533"), ""},
		"verbose":                   {verbose(loginOf("a")) + verbose(loginOf("b")+"\n            MESSAGE="+loginOf("victim")), "a b"},
		"verbose and short": {"Nov  4 10:00:00 mx postfix/smtpd[1]: " + loginOf("a") + "\n" + verbose(loginOf("b")) +
			"-- Boot 1f2e --\nNov  4 10:00:00 mx postfix/smtpd[1]: " + loginOf("c") + "\n", "a b c"},
		"pretty":         {pretty("a") + pretty("b"), "a b"},
		"windows' lines": {strings.ReplaceAll(export("MESSAGE="+loginOf("a")), "\n", "\r\n"), "a"},
	} {
		got, counts, err := importText(t, c.text)
		if s := strings.Join(got, " "); s != c.want || err != nil || counts.Unreadable > 0 {
			t.Errorf("%s: %q, want %q; %+v, %v", name, s, c.want, counts, err)
		}
	}
	if _, _, err := importText(t, "{\n \"a\": 1\n}\n"); !errors.Is(err, errUnreadable) {
		t.Errorf("an object that is no entry: %v", err)
	}
}

// What a text of several lines takes has an end.
func TestEntriesAreBounded(t *testing.T) {
	n := joiner{}
	n.add("{", 2)
	for range 1000 {
		n.add(strings.Repeat("x", maxLine), maxLine+1)
	}
	if n.object.Len() > maxEntry+maxLine {
		t.Errorf("%d bytes are kept", n.object.Len())
	}
	n = joiner{}
	n.add("__CURSOR=s=1", 13)
	n.add("MESSAGE", 8)
	for range 1000 {
		n.add(strings.Repeat("\x7f", maxLine), maxLine+1)
	}
	if len(n.bytes) > 2*maxLine {
		t.Errorf("%d bytes are kept of a field", len(n.bytes))
	}
}

// What has no end, or none that journald wrote, is no entry: it is said, and the lines behind it count.
func TestEntriesWithoutEnd(t *testing.T) {
	const begin = "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1793754000000000\nSYSLOG_IDENTIFIER=postfix/smtpd\n"
	line := "Nov  4 10:00:00 mx postfix/smtpd[1]: " + loginOf("b") + "\n"
	for name, c := range map[string]struct{ text, want string }{
		"a line in it":        {begin + "MESSAGE=" + loginOf("a") + "\n" + line, "b"},
		"a length of letters": {begin + "MESSAGE\nabcdefgh\n" + line, "b"},
		"half a length":       {begin + "MESSAGE\n1234567", ""},
		"a whole length":      {begin + "MESSAGE\n\x01\x00\x00\x00\x00\x00\x00\x00", ""},
		"an object":           {"{\n" + strings.Repeat("\t\"A\" : \""+strings.Repeat("x", maxLine/2)+"\",\n", 2*maxJoined/maxLine) + line, "b"},
	} {
		senders, counts, _ := importText(t, c.text)
		if got := strings.Join(senders, " "); got != c.want {
			t.Errorf("%s: logins of %q, want %q", name, got, c.want)
		}
		if c.want != "" && counts.Unreadable == 0 {
			t.Errorf("%s: nothing is said of it", name)
		}
	}
}
