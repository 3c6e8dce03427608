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
func SenderList(screen table.Screen, w words.Reader, senders []review.SenderLine) error {
	t := table.New(screen, table.Cut(w.W("list-sender"), 18), table.Fixed(w.W("list-class")), table.Cut(w.W("list-mode"), 7),
		table.Fixed(w.W("list-mails")), table.Fixed(w.W("list-odd")), table.Fixed(w.W("list-learned")),
		table.Cut(w.W("list-not-ready"), 9), table.Spare(w.W("list-last"), 16), table.Spare(w.W("list-incident"), 22))
	for i := range senders {
		s := &senders[i]
		lacks := s.NotReady()
		for k := range lacks {
			lacks[k] = named(w, "topic-", lacks[k])
		}
		t.Row(safe(s.Sender, 60), safe(named(w, "class-", string(s.Class)), 20), modeText(w, s), fmt.Sprint(s.Mails),
			fmt.Sprint(s.Would), fmt.Sprint(s.Learned), strings.Join(lacks, w.W("comma")), term.Stamp(s.Last),
			openText(w, s))
	}
	return t.Write()
}

// named is what the store names, in English as it is.
func named(t words.Reader, kind, name string) string {
	if t.Japanese() {
		return t.Named(kind, name)
	}
	return name
}

// modeText is the mode in force, and the rule if there is one.
func modeText(t words.Reader, s *review.SenderLine) string {
	if s.Rule == "" {
		return named(t, "mode-", string(s.Mode))
	}
	rule := safe(named(t, "rule-", s.Rule), 20)
	if s.Until == nil {
		return rule
	}
	return rule + " " + Until(t, *s.Until)
}

func openText(t words.Reader, s *review.SenderLine) string {
	if s.Incident == nil {
		return ""
	}
	return t.W("since-time", term.Stamp(*s.Incident))
}

// Sender prints what is known of a sender.
func Sender(w io.Writer, t words.Reader, s *review.SenderLine) error {
	var b strings.Builder
	say := func(key string, args ...any) { fmt.Fprintln(&b, t.W(key, args...)) }
	say("sender-line", safe(s.Sender, 200), safe(named(t, "class-", string(s.Class)), 20))
	say("sender-journal", mails(t, s.Mails), s.Would, term.Stamp(s.Last))
	say("sender-mode", modeText(t, s))
	if s.Incident != nil {
		say("sender-open", openText(t, s))
	}
	say("sender-signals")
	for _, r := range s.Signals {
		state := t.W("signal-ready")
		if !r.Ready {
			state = t.W("signal-not-ready", needs(t, r.Needs))
		}
		fmt.Fprintf(&b, "  %s  %s\n", table.Pad(named(t, "topic-", r.Signals), 15), state)
	}
	begun := ""
	if s.Since != "" {
		begun = t.W("sender-begun", s.Since)
	}
	say("sender-profile", mails(t, s.Learned), begun)
	for _, h := range review.KnownHabits {
		fmt.Fprintf(&b, "  %6d  %s\n", s.Known[h.Name], named(t, "known-", h.Name))
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

// needs is what a group of signals lacks.
func needs(t words.Reader, text string) string {
	if t.Japanese() {
		return t.Phrase(text)
	}
	return text
}
