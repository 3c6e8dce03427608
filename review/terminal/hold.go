package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"hisseki/analyzer"
	"hisseki/internal/signalname"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/ledger"
	"hisseki/review"
)

// Holds lists kept mail.
func Holds(screen table.Screen, w words.Reader, holds []ledger.Hold) error {
	t := table.New(screen, table.Fixed(w.W("cli-id")), table.Fixed(w.W("cli-time")), table.Cut(w.W("cli-state"), 8),
		table.Cut(w.W("cli-sender"), 16), table.Fixed(w.W("cli-points")), table.Spare(w.W("cli-link"), 14),
		table.Spare(w.W("cli-recipients"), 14), table.Spare(w.W("cli-because"), 20))
	for i := range holds {
		h := &holds[i]
		r := h.Record
		because := ""
		if len(r.Verdict.Evidence) > 0 {
			because = safe(sign(w, r.Verdict.Evidence[0]), 60)
		}
		t.Row(h.Name(), term.Stamp(r.Envelope.Time), screen.PaintAs(string(h.State), stateOf(w, h.State))+beside(w, h),
			safe(r.Envelope.Sender, 60), points(r.Verdict.Points), safe(strings.Join(r.Hosts, " "), 30),
			term.Few(h.Recipients, 1), because)
	}
	return t.Write()
}

// beside is what a list says beside a hold's state.
func beside(t words.Reader, h *ledger.Hold) string {
	out := ""
	if h.Incident != 0 {
		out = " " + review.IncidentName(h.Incident)
	}
	if !h.Recalled.IsZero() && h.State != ledger.Recalling && h.State != ledger.Gone {
		out += t.W("cli-recalled")
	}
	return out
}

// Senders names whose mail it is: "bando@example.jp", or, of several,
// "bando@example.jp (38), sato@example.jp (2)".
func Senders(t words.Reader, holds []ledger.Hold) string {
	count := map[string]int{}
	var names []string
	for i := range holds {
		s := holds[i].Record.Envelope.Sender
		if count[s]++; count[s] == 1 {
			names = append(names, s)
		}
	}
	if len(names) == 1 { // whoever counts the mail has said how much it is
		return safe(names[0], 60)
	}
	slices.SortStableFunc(names, func(a, b string) int { return count[b] - count[a] })
	var parts []string
	for i, s := range names {
		if i == 5 {
			parts = append(parts, t.W("more-senders", len(names)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%d)", safe(s, 60), count[s]))
	}
	return strings.Join(parts, t.W("comma"))
}

// Hold prints a kept mail: what it is, why it is kept, and what is in it; raw prints its
// source instead of what a reader sees.
func Hold(w io.Writer, t words.Reader, h *review.Shown, raw bool) error {
	b := fields{t: t}
	r, e := h.Record, &h.Record.Envelope
	b.add("hold", h.Name()+" "+stateOf(t, h.State))
	if h.Incident != 0 {
		b.add("incident", review.IncidentName(h.Incident))
	}
	b.add("time", e.Time.Local().Format("2006-01-02 15:04:05 -0700"))
	b.add("sender", e.Sender)
	b.add("named by", e.Believed())
	b.add("mail from", e.MailFrom)
	b.add("from", r.HeaderFrom)
	b.add("subject", r.Subject)
	b.add("client", strings.TrimSpace(client(&h.Hold)+" "+e.Helo))
	b.add("queue id", t.W("cli-on", e.QueueID, e.Host))
	if !h.Due.IsZero() && h.State == ledger.Delayed {
		b.add("leaves", t.W("cli-more-follows", term.Stamp(h.Due)))
	}
	b.add("later", later(t, &h.Hold))
	b.add("decided", strings.TrimSpace(h.By+" "+h.Reason))
	b.add("error", h.Error)
	b.list("recipients", h.Recipients)
	b.list("links", r.URLs)
	b.list("files", r.Files)
	b.verdict(h.Record.Verdict.Would == h.Record.Verdict.Action, h)
	if h.Excerpt != "" {
		fmt.Fprintf(&b, "\n%s %s\n", b.label("excerpt"), safe(h.Excerpt, 2000))
	}
	b.WriteString("\n")
	b.mail(h, raw)
	_, err := io.WriteString(w, b.String())
	return err
}

// later is how a mail came to be held later.
func later(t words.Reader, h *ledger.Hold) string {
	if t.Japanese() {
		return t.Later(h)
	}
	return review.Later(h)
}

func client(h *ledger.Hold) string {
	e := &h.Record.Envelope
	if !e.Client.IsValid() {
		return ""
	}
	return strings.TrimSpace(e.Client.String() + " " + e.ClientName)
}

// verdict prints what was decided and why; enforced is false where the mode let it pass.
func (f *fields) verdict(enforced bool, h *review.Shown) {
	v := &h.Record.Verdict
	note := ""
	if !enforced {
		note = f.t.W("cli-was-done", f.action(v.Action))
	}
	fmt.Fprintf(f, "\n%s %s%s\n", f.label("verdict"), f.t.W("cli-points-sum", f.action(v.Would), points(v.Points),
		points(v.Sum)), note)
	for _, e := range v.Evidence {
		if e.Observed == "" && e.Usual == "" { // a note: what could not be judged
			fmt.Fprintf(f, "      -  %s  [%s]\n", sign(f.t, e), word(e.Signal))
			continue
		}
		seen, usual := safe(signalname.Observed(&e), 200), safe(e.Usual, 200)
		if f.t.Japanese() {
			seen, usual = f.t.Observed(e), f.t.Phrase(e.Usual)
		}
		fmt.Fprintf(f, "  %5.2f  %s\n         %s\n         %s  [%s]\n", e.Points, sign(f.t, e), f.t.W("cli-observed", seen),
			f.t.W("cli-usual", usual), word(e.Signal))
	}
	if v.PassIf != "" {
		passIf := safe(v.PassIf, 200)
		if f.t.Japanese() {
			passIf = f.t.PassIf(v.PassIf)
		}
		fmt.Fprintf(f, "  %s\n", passIf)
	}
}

// action is the word for what was decided.
func (f *fields) action(a analyzer.Action) string {
	if f.t.Japanese() {
		return f.t.Named("verdict-", string(a))
	}
	return word(a)
}

// Bounds of a mail shown on a terminal.
const (
	maxLines = 400
	maxWidth = 200 // characters of a line; what is longer goes on in the next
)

// mail prints the mail itself.
func (f *fields) mail(h *review.Shown, raw bool) {
	if h.Unread != "" {
		fmt.Fprintf(f, "%s %s\n", f.label("mail"), f.t.W("cli-not-shown", safe(h.Unread, 200)))
	}
	if len(h.Source) == 0 {
		return
	}
	var lines []string
	if raw {
		lines = strings.Split(strings.TrimRight(string(h.Source), "\r\n"), "\n")
	} else {
		lines = letter(h.Letter)
	}
	n := 0
	for _, line := range lines {
		for _, part := range folded(strings.TrimSuffix(line, "\r")) {
			if n++; n > maxLines {
				fmt.Fprintf(f, "... cut after %d lines, see postcat -q %s\n", maxLines,
					safe(h.Record.Envelope.QueueID, 40))
				return
			}
			fmt.Fprintln(f, "| "+part)
		}
	}
	if !raw {
		fmt.Fprintln(f, f.t.W("cli-source"))
	}
}

// letter lays a mail out as its reader sees it.
func letter(l *review.Letter) []string {
	var lines []string
	for _, field := range l.Fields {
		lines = append(lines, field.Name+": "+field.Value)
	}
	lines = append(lines, "")
	lines = append(lines, strings.Split(l.Text, "\n")...)
	section := func(title string, list []string) {
		if len(list) > 0 {
			lines = append(lines, "", title)
		}
		for _, s := range list {
			lines = append(lines, "  "+s)
		}
	}
	section("[links behind the text]", l.Links)
	section("[files]", l.Files)
	section("[what is odd about its form]", l.Notes)
	return lines
}

// folded makes a line safe and cuts it into pieces that fit.
func folded(line string) []string {
	const most = 20 * maxWidth
	runes := []rune(safe(line, most))
	var out []string
	for len(runes) > maxWidth {
		out = append(out, string(runes[:maxWidth]))
		runes = runes[maxWidth:]
	}
	return append(out, string(runes))
}
