package terminal

import (
	"fmt"
	"io"
	"strings"

	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/review"
)

// SenderList lists senders and shows at a glance how well each sender is covered.
func SenderList(screen table.Screen, senders []review.SenderLine) error {
	t := table.New(screen, table.Cut("sender", 18), table.Fixed("class"), table.Cut("mode", 7),
		table.Fixed("mails"), table.Fixed("odd"), table.Fixed("learned"), table.Cut("not ready", 9),
		table.Spare("last", 16), table.Spare("incident", 22))
	for i := range senders {
		s := &senders[i]
		t.Row(safe(s.Sender, 60), safe(string(s.Class), 20), modeText(s), fmt.Sprint(s.Mails),
			fmt.Sprint(s.Would), fmt.Sprint(s.Learned), strings.Join(s.NotReady(), ", "), term.Stamp(s.Last),
			openText(s))
	}
	return t.Write()
}

// modeText is the mode in force, and the rule if there is one.
func modeText(s *review.SenderLine) string {
	if s.Rule == "" {
		return string(s.Mode)
	}
	if s.Until == nil {
		return safe(s.Rule, 20)
	}
	return safe(s.Rule, 20) + " " + Until(words.For(words.English, nil), *s.Until)
}

func openText(s *review.SenderLine) string {
	if s.Incident == nil {
		return ""
	}
	return "since " + term.Stamp(*s.Incident)
}

// Sender prints what is known of a sender.
func Sender(w io.Writer, s *review.SenderLine) error {
	var b strings.Builder
	fmt.Fprintf(&b, "sender      %s (%s)\n", safe(s.Sender, 200), safe(string(s.Class), 20))
	fmt.Fprintf(&b, "journal     %s, %d of them odd, the last %s\n", term.Count(s.Mails, "mail"),
		s.Would, term.Stamp(s.Last))
	fmt.Fprintf(&b, "mode        %s\n", modeText(s))
	if s.Incident != nil {
		fmt.Fprintf(&b, "incident    open %s\n", openText(s))
	}
	b.WriteString("signals\n")
	for _, r := range s.Signals {
		state := "ready"
		if !r.Ready {
			state = "not ready: " + r.Needs
		}
		fmt.Fprintf(&b, "  %-15s  %s\n", r.Signals, state)
	}
	fmt.Fprintf(&b, "profile     learned from %s", term.Count(s.Learned, "mail"))
	if s.Since != "" {
		fmt.Fprintf(&b, " since %s", s.Since)
	}
	b.WriteString("; distinct values:\n")
	for _, h := range review.KnownHabits {
		fmt.Fprintf(&b, "  %6d  %s\n", s.Known[h.Name], h.Name)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Forgetting says what would be erased.
func Forgetting(t words.Reader, f *review.Forgetting) string {
	count := func(table, noun string) string { return t.Say(words.Count(f.Rows[table], noun)) }
	return t.W("forget-what", count("journal", "mail"), count("login", "login"), count("incident", "ended incident"),
		safe(f.Account, 200))
}
