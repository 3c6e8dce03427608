package maillog

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// standIn stands for journalctl: it prints the entries of a file after the cursor that it
// is asked for, refuses one that is not there, and then waits as --follow does.
const standIn = `#!/bin/sh
from=
for a in "$@"; do
	echo "$a" >>"$0.asked"
	case $a in --after-cursor=*) from=${a#*=};; esac
done
if [ -n "$from" ]; then
	if ! grep -q "\"$from\"" "$0.entries"; then
		echo "Failed to seek to cursor: Invalid argument" >&2
		exit 1
	fi
	sed "1,/\"$from\"/d" "$0.entries"
else
	cat "$0.entries"
fi
exec sleep 600
`

// entries writes the journal: one login of its own account each.
func entries(t *testing.T, program string, from, to int, more ...string) {
	t.Helper()
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, `{"__CURSOR":"c%d","__REALTIME_TIMESTAMP":"%d","_UID":"0",`+
			`"SYSLOG_IDENTIFIER":"postfix/smtpd","MESSAGE":"NOQUEUE: client=x[192.0.2.1], `+
			`sasl_method=PLAIN, sasl_username=u%d@example.org"}`+"\n", i, december.UnixMicro(), i)
	}
	b.WriteString(strings.Join(more, "\n"))
	if err := os.WriteFile(program+".entries", []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// readUntil reads journald until an account has logged in, as often as a follower does.
func (d *desk) readUntil(program string, last int) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	f := Follower{Parser: &Parser{}, Store: d.db, Now: func() time.Time { return d.now },
		Journald: true, Journalctl: []string{program}, Interval: 10 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	who := fmt.Sprintf("u%d@example.org", last)
	for {
		list, err := d.db.Logins(d.t.Context(), who, time.Time{}, time.Time{})
		if err != nil {
			d.t.Fatal(err)
		}
		if len(list) > 0 {
			break
		}
		if ctx.Err() != nil {
			d.t.Fatalf("%s never came", who)
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	<-done
	d.written = last
}

func TestJournald(t *testing.T) {
	d := newDesk(t)
	program := filepath.Join(t.TempDir(), "journalctl")
	if err := os.WriteFile(program, []byte(standIn), 0o700); err != nil {
		t.Fatal(err)
	}
	entries(t, program, 1, 700) // more than a batch
	d.readUntil(program, 700)
	text := "NOQUEUE: client=x[192.0.2.1], sasl_method=PLAIN, sasl_username=u703@example.org"
	entries(t, program, 1, 702,
		`{"__CURSOR":"d1","__REALTIME_TIMESTAMP":"1","_UID":"1000","SYSLOG_IDENTIFIER":"postfix/smtpd",`+
			`"MESSAGE":"NOQUEUE: client=x[1.2.3.4], sasl_method=PLAIN, sasl_username=u701@example.org"}`,
		`not JSON`, `{"MESSAGE":null}`,
		`{"__CURSOR":"d2","__REALTIME_TIMESTAMP":"1796083200000000","_UID":"0",`+
			`"SYSLOG_IDENTIFIER":"postfix/smtpd","MESSAGE":`+asNumbers(text)+`}`, "")
	d.readUntil(program, 703)
	d.complete()
	// What the cursor points to was vacuumed away.
	entries(t, program, 704, 705)
	d.readUntil(program, 705)
	d.complete()
	asked, err := os.ReadFile(program + ".asked")
	for _, want := range []string{"--after-cursor=c700\n", "--after-cursor=d2\n",
		fmt.Sprintf("--since=@%d\n", december.Unix()), "SYSLOG_FACILITY=2\n"} {
		if err != nil || !strings.Contains(string(asked), want) {
			t.Errorf("journalctl was not asked for %s, %v", want, err)
		}
	}
}

// asNumbers writes text as journalctl writes what is not UTF-8.
func asNumbers(text string) string {
	return strings.ReplaceAll(fmt.Sprint([]byte(text)), " ", ",")
}

// The real journalctl must know our options, and refuse a strange cursor in words that we
// know.
func TestJournalctlKnowsOurOptions(t *testing.T) {
	if _, err := exec.LookPath("journalctl"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("journalctl is not installed")
	}
	d := newDesk(t)
	dir := t.TempDir()
	f := &Follower{Parser: &Parser{}, Store: d.db, Now: func() time.Time { return d.now },
		Journalctl: []string{"journalctl", "--directory=" + dir}}
	s := &journalSource{f}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := s.run(ctx, "--since=@0"); err != nil && ctx.Err() == nil {
		t.Errorf("journalctl refuses our options: %v", err)
	}
	if err := s.run(t.Context(), "--after-cursor=nonsense"); err == nil ||
		!strings.Contains(err.Error(), "cursor") {
		t.Errorf("a strange cursor: %v", err)
	}
}
