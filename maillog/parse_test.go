package maillog

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/ledger"
	"hisseki/postfix"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	tokyo    = time.FixedZone("JST", 9*3600)
	december = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	reader   = Parser{Zone: tokyo, Normal: strings.ToLower}
)

// show writes what a line says, one fact a line.
func show(e entry) string {
	var b strings.Builder
	for _, l := range e.lines {
		fmt.Fprintf(&b, "  %s %s", l.At.Format(time.RFC3339Nano), l.QueueID)
		switch l.Event {
		case ledger.LogOutcome:
			fmt.Fprintf(&b, " %s to=%q original=%q relay=%q dsn=%s reply=%q\n", l.Outcome, l.Recipient,
				l.Original, l.Relay, l.DSN, l.Reply)
		default:
			fmt.Fprintf(&b, " %s %s\n", l.Event, l.Next)
		}
	}
	if l := e.login; l != nil {
		fmt.Fprintf(&b, "  %s login %s x%d %q from %s by %s backend=%v exists=%v\n",
			l.At.Format(time.RFC3339Nano), l.Result, l.Count, l.Sender, l.Client, l.Service, l.Backend, l.Exists)
	}
	if e.pending != "" {
		fmt.Fprintf(&b, "  the next mail of %s is %s\n", e.session, e.pending)
	}
	if e.again > 0 {
		fmt.Fprintf(&b, "  the same x%d\n", e.again)
	}
	if b.Len() == 0 {
		return fmt.Sprintf("  %s\n", [...]string{"unreadable", "unknown", "nothing", "nothing"}[e.kind])
	}
	return b.String()
}

// Each testdata/*.log has a .golden beside it: every line followed by what it says. Write
// them anew with -update, and look at the difference.
func TestLines(t *testing.T) {
	logs, err := filepath.Glob("testdata/*.log")
	if err != nil || len(logs) < 3 {
		t.Fatalf("%d logs, %v", len(logs), err)
	}
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for line := range strings.Lines(string(text)) {
			got.WriteString(line)
			if !strings.HasPrefix(line, "#") {
				got.WriteString(show(reader.parse(strings.TrimSuffix(line, "\n"), december)))
			}
		}
		golden := strings.TrimSuffix(path, ".log") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s differs from %s:\n%s", path, golden, got.String())
		}
	}
}

func timeOf(line string, ref time.Time) (time.Time, string, bool) {
	s := stamp{ref: ref, zone: tokyo}
	rest, ok := s.read(line)
	return s.at, rest, ok
}

func TestYearIsInferred(t *testing.T) {
	at := func(s string) time.Time {
		out, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, c := range []struct{ line, ref, want string }{
		{"Nov  4 10:00:00 x", "2026-11-04T01:00:01Z", "2026-11-04T10:00:00+09:00"},
		{"Dec 31 23:59:59 x", "2026-12-31T15:00:00Z", "2026-12-31T23:59:59+09:00"},
		{"Dec 31 23:59:59 x", "2027-01-05T00:00:00Z", "2026-12-31T23:59:59+09:00"},
		{"Jan  1 00:00:00 x", "2026-12-31T15:00:00Z", "2027-01-01T00:00:00+09:00"}, // clocks differ
		{"Nov  6 10:00:00 x", "2026-11-04T01:00:00Z", "2025-11-06T10:00:00+09:00"},
		{"Feb 29 10:00:00 x", "2026-11-04T01:00:00Z", "2024-02-29T10:00:00+09:00"},
		{"2026-11-04T10:00:00.5-03:00 x", "2001-01-01T00:00:00Z", "2026-11-04T22:00:00.5+09:00"},
	} {
		got, rest, ok := timeOf(c.line, at(c.ref))
		if !ok || rest != "x" || !got.Equal(at(c.want)) {
			t.Errorf("%q read at %s is %s %q %v, want %s", c.line, c.ref, got, rest, ok, c.want)
		}
	}
	for _, bad := range []string{"", "x", "Nov  4 10:00:00", "Nov 31 10:00:00 x", "Feb 30 10:00:00 x",
		"2026-13-01T00:00:00Z x", "0000 00 00 00 00 00 00 0"} {
		if _, _, ok := timeOf(bad, december); ok {
			t.Errorf("%q was taken for a time", bad)
		}
	}
}

// FuzzLine looks for panics, and for lines in which an attacker's text got where it can do
// harm: control characters, or a name with the marks of a line in it.
func FuzzLine(f *testing.F) {
	logs, _ := filepath.Glob("testdata/*.log")
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f.Add(strings.TrimSuffix(line, "\n"))
		}
	}
	f.Fuzz(func(t *testing.T, line string) {
		e := reader.parse(line, december)
		for _, l := range e.lines {
			if !postfix.ValidID(l.QueueID) || l.Next != "" && !postfix.ValidID(l.Next) || len(l.Reply) > maxReply ||
				strings.ContainsAny(l.Reply, "\x00\x1b\r\n") {
				t.Errorf("%q says %+v", line, l)
			}
			plain := strings.NewReplacer(`\`, "", `"`, "") // quotes that an address does not need are taken off
			if l.Recipient != "" && !strings.Contains(plain.Replace(line), "<"+plain.Replace(l.Recipient)+">") {
				t.Errorf("%q has no recipient %q", line, l.Recipient)
			}
		}
		if l := e.login; l != nil && (l.Count < 1 || l.Count > maxAttempts ||
			strings.ContainsAny(l.Sender, "<>(), \t\r\n\x1b")) {
			t.Errorf("%q says %+v", line, l)
		}
	})
}

func BenchmarkLine(b *testing.B) {
	const line = "2026-11-24T23:17:49.123456+09:00 mx postfix/smtp[7535]: 4jYzHd0TGHz1SCXh: " +
		"to=<a@good.test>, relay=mx.good.test[192.0.2.1]:25, delay=0.34, delays=0.19/0.14/0/0, " +
		"dsn=2.0.0, status=sent (250 2.0.0 kept)"
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if e := reader.parse(line, december); len(e.lines) != 1 {
			b.Fatal("nothing was read")
		}
	}
}
