package analyzer_test

import (
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/replay"
)

func pattern(t *testing.T, text string) content.Pattern {
	t.Helper()
	p, err := content.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A declared change makes the named link, network and program known, for the named senders and
// while it holds; everything else is as unknown as before.
func TestDeclaredChange(t *testing.T) {
	memory := replay.NewMemory()
	office(t, memory)
	move := analyzer.Habit{Name: "T1", Senders: []string{"b@example.jp", "c@example.jp"},
		Networks: prefixes("198.51.100.0/24"), Until: attackDay.AddDate(0, 0, 3),
		Programs: []string{"*Blue Bird*"},
		Change:   analyzer.Change{From: attackDay, Links: []content.Pattern{pattern(t, "new-name.test")}}}
	const newLink, ownLink = honest + "https://www.new-name.test/\n", honest + "https://thief.test/\n"
	const program, other = "User-Agent: Mozilla Blue Bird 116.2", "X-Mailer: Leaf PHPMailer 2.7"
	const network, elsewhere = "198.51.100.20", "203.0.113.9"
	signs := []analyzer.Signal{analyzer.URLUnknown, analyzer.NetworkNew, analyzer.MailerNew}
	for _, c := range []struct {
		name, who, client, body, program string
		after                            time.Duration
		link, net, prog                  bool // surprise
	}{
		{"all declared", "b@example.jp", network, newLink, program, time.Hour, false, false, false},
		{"another's link", "b@example.jp", network, ownLink, program, time.Hour, true, false, false},
		{"a redirector to it", "b@example.jp", network, honest + "https://thief.test/?u=https://new-name.test/\n", program,
			time.Hour, true, false, false},
		{"from elsewhere", "b@example.jp", elsewhere, newLink, program, time.Hour, false, true, false},
		{"another program", "b@example.jp", network, newLink, other, time.Hour, false, false, true},
		{"another sender", "d@example.jp", network, newLink, program, time.Hour, true, true, true},
		{"before", "b@example.jp", network, newLink, program, -time.Hour, true, true, true},
		{"afterwards", "b@example.jp", network, newLink, program, 73 * time.Hour, true, true, true},
	} {
		m := letter(c.who, attackDay.Add(c.after), c.client, "p1@partner1.example.org", c.body, c.program)
		r, err := declaring(t, memory, move).Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []bool{c.link, c.net, c.prog} {
			if got := fired(r.Verdict, signs[i]) != nil; got != want {
				t.Errorf("%s: %s %t, want %t: %+v", c.name, signs[i], got, want, r.Verdict.Evidence)
			}
		}
	}
	if got, want := move.Declares(), "198.51.100.0/24; program *Blue Bird*; link new-name.test; from "+
		attackDay.UTC().Format("2006-01-02 15:04 UTC"); got != want {
		t.Errorf("says %q, want %q", got, want)
	}
}

// Where anybody can publish, a host cannot be declared.
func TestWhatCanBeDeclared(t *testing.T) {
	for text, fine := range map[string]bool{
		"new-name.test": true, "https://www.new-name.test/path": true, "example-trading.github.io": true,
		"github.io": false, "docs.google.com": false, "docs.google.com/": false, "bit.ly": false,
		"docs.google.com/forms/d/1FAIpQLSc": true,
	} {
		if why := analyzer.CheckLink(pattern(t, text)); (why == "") != fine {
			t.Errorf("%s: %q", text, why)
		}
	}
}
