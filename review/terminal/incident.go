package terminal

import (
	"fmt"
	"io"
	"strings"

	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/ledger"
	"hisseki/review"
)

// Incidents lists incidents.
func Incidents(screen table.Screen, w words.Reader, list []ledger.Incident) error {
	t := table.New(screen, table.Fixed(w.W("cli-id")), table.Fixed(w.W("cli-case")), table.Fixed(w.W("cli-opened")),
		table.Cut(w.W("cli-state"), 9), table.Cut(w.W("cli-sender"), 16), table.Cut(w.W("cli-mail"), 8),
		table.Spare(w.W("cli-decided"), 16), table.Spare(w.W("cli-by"), 8))
	for i := range list {
		x := &list[i]
		decided := ""
		if !x.Closed.IsZero() {
			decided = term.Stamp(x.Closed)
		}
		t.Row(x.Name(), x.CaseName(), term.Stamp(x.Opened), screen.Paint(incidentState(w, x.State)),
			safe(x.Sender, 60), stateCounts(w, x.States), decided,
			strings.TrimSpace(safe(x.By, 30)+" "+safe(x.Reason, 60)))
	}
	return t.Write()
}

// stateCounts says how much mail is in which state: "36 held, 2 gone".
func stateCounts(t words.Reader, states map[ledger.State]int) string {
	if t.Japanese() {
		var out []string
		for _, s := range review.States {
			if n := states[s]; n > 0 {
				out = append(out, t.W("count-of", stateOf(t, s), n))
			}
		}
		return strings.Join(out, t.W("comma"))
	}
	return strings.Join(review.StateCounts(states), ", ")
}

// Incident prints an incident: its mail, its case, why it was noticed, suspects of earlier
// and what can be done.
func Incident(screen table.Screen, t words.Reader, d *review.Detail) error {
	b := fields{t: t}
	i, r := d.Incident(), d.Report
	b.add("incident", i.Name()+" "+incidentState(t, i.State))
	b.add("case", caseText(t, i, d.Mates, d.Others))
	b.add("sender", i.Sender)
	if !r.First.IsZero() {
		b.add("mail", t.W("cli-span", term.Stamp(r.First), term.Stamp(r.Last), stateCounts(t, i.States)))
	}
	if !i.Closed.IsZero() {
		b.add("ended", strings.TrimSpace(term.Stamp(i.Closed)+" "+i.By+" "+i.Reason))
	}
	reached := oneOr(r.Reached.People, "person", "people") + " at " + oneOr(r.Reached.Companies, "company", "companies")
	if t.Japanese() {
		reached = t.W("cli-reached-of", r.Reached.People, r.Reached.Companies)
	}
	b.add("recipients", t.W("cli-reached", reached, r.Total.Stopped, r.Total.Open, r.Total.Refused))
	if u := d.Scope.Unread; u.Mails > 0 {
		b.add("", t.W("cli-unread", len(d.Scope.Holds), len(d.Scope.Holds)+u.Mails))
	}
	for _, l := range d.Scope.Lures {
		note := ""
		if l.Elsewhere {
			note = t.W("cli-elsewhere")
		}
		b.add("link", l.Pattern+note)
	}
	if d.Scope.Unread.Lures {
		b.add("", t.W("cli-lures-unread"))
	}
	if h := r.Noticed; h != nil {
		fmt.Fprintf(&b, "\n%s %s\n", b.label("noticed"), t.W("cli-noticed-at", h.Name(), term.Stamp(h.Record.Envelope.Time),
			points(h.Record.Verdict.Points)))
		for _, e := range h.Record.Verdict.Evidence {
			fmt.Fprintf(&b, "  %5.2f  %s\n", e.Points, sign(t, e))
		}
	}
	b.notes(d.Scope.Notes[i.ID])
	inside := screen
	inside.Writer = &b
	if err := suspects(inside, &b, d.Scope.Suspects, d.Scope.Unread); err != nil {
		return err
	}
	b.next(i)
	_, err := io.WriteString(screen, b.String())
	return err
}

// caseText names the incidents of the same campaign.
func caseText(t words.Reader, i *ledger.Incident, mates []ledger.Incident, older bool) string {
	var others []string
	for k := range mates {
		if mates[k].ID != i.ID {
			others = append(others, fmt.Sprintf("%s (%s, %s)", mates[k].Name(), mates[k].Sender,
				incidentState(t, mates[k].State)))
		}
	}
	if len(others) == 0 {
		return i.CaseName()
	}
	list := strings.Join(others, t.W("comma"))
	if older {
		list += t.W("cli-case-more")
	}
	return t.W("cli-case-with", i.CaseName(), list)
}

func oneOr(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// maxNoteRows is how many lines of one hook's output show prints.
const maxNoteRows = 40

// ownerSays are the answers of an account's owner.
var ownerSays = map[ledger.EventKind]string{ledger.EventClaimed: "it was me (a hint: whoever has the link can say so)",
	ledger.EventDenied: "it was NOT me"}

// notes prints what hooks said, and what the account's owner answered: anybody's words, if anybody wrote what they read.
func (f *fields) notes(list []ledger.Note) {
	for k, n := range list {
		if k == 0 {
			f.WriteString("\n")
		}
		if n.State == ledger.HookAnswer {
			said := ownerSays[n.Event]
			if f.t.Japanese() {
				said = f.t.Named("answer-", string(n.Event))
			}
			fmt.Fprintf(f, "%s %s  %s  %s\n", f.label("owner"), term.Stamp(n.At), said, safe(n.Hook+", "+n.Output, 120))
			continue
		}
		text := safe(string(n.Event)+", "+n.State, 40)
		if f.t.Japanese() {
			text = f.t.Named("event-", string(n.Event)) + f.t.W("comma") + f.t.Named("told-", n.State)
		}
		if n.Runs > 1 {
			text += f.t.W("cli-run", n.Runs)
		}
		if n.Error != "" {
			text += ": " + safe(n.Error, 200)
		}
		fmt.Fprintf(f, "%s %s  %s  %s\n", f.label("hook"), term.Stamp(n.At), safe(n.Hook, 40), text)
		rows := 0
		for line := range strings.Lines(n.Output) {
			if rows++; rows > maxNoteRows {
				f.WriteString("  | ... see the report\n")
				break
			}
			fmt.Fprintf(f, "  | %s\n", safe(strings.TrimRight(line, "\r\n"), 200))
		}
	}
}

// maxSuspectRows is how many suspects show lists; the report has all.
const maxSuspectRows = 20

func suspects(screen table.Screen, f *fields, list []ledger.Suspect, unread ledger.Unread) error {
	if len(list) == 0 {
		return nil
	}
	w := f.t
	all := len(list) + unread.Suspects
	many := term.Count(all, "mail") + " not held that share something with it"
	if w.Japanese() {
		many = w.W("cli-suspects-of", all)
	}
	if unread.More {
		many += w.W("cli-at-least")
	}
	fmt.Fprintf(screen, "\n%s %s\n", f.label("suspects"), many)
	t := table.New(screen, table.Fixed("  "+w.W("cli-time")), table.Cut(w.W("cli-sender"), 16), table.Fixed(w.W("cli-then")),
		table.Fixed(w.W("cli-now")), table.Cut(w.W("cli-shares"), 8), table.Spare(w.W("cli-recipients"), 14),
		table.Spare(w.W("cli-subject"), 14))
	for k := range list[:min(len(list), maxSuspectRows)] {
		x, e := &list[k], &list[k].Record.Envelope
		t.Row("  "+term.Stamp(e.Time), safe(e.Sender, 40), points(x.Record.Verdict.Points), points(x.Points),
			shared(w, x), term.Few(e.Recipients, 1), safe(x.Record.Subject, 40))
	}
	if err := t.Write(); err != nil {
		return err
	}
	if n := all - maxSuspectRows; n > 0 {
		fmt.Fprintln(screen, w.W("cli-and-more", n))
	}
	return nil
}

// shared is what a suspect mail shares with the attack.
func shared(t words.Reader, x *ledger.Suspect) string {
	if t.Japanese() {
		return t.Traits(x.Traits)
	}
	return strings.Join(review.Shares(x), ", ")
}

// mailStates are the states of an incident's mail, for --state: without it a list has only
// what is still in the queue.
func mailStates(i *ledger.Incident) string {
	var list []string
	for _, s := range ledger.States {
		if i.States[s] > 0 {
			list = append(list, string(s))
		}
	}
	return strings.Join(list, ",")
}

// next says which commands make sense now.
func (f *fields) next(i *ledger.Incident) {
	if i.State == ledger.IncidentOpen {
		fmt.Fprintf(f, "\n%shisseki incident confirm %s --dry-run\n%shisseki incident dismiss %[2]s --dry-run\n",
			f.t.W("cli-is-thief"), i.Name(), f.t.W("cli-is-owner"))
	} else {
		fmt.Fprintf(f, "\n%shisseki incident reopen %s\n", f.t.W("cli-take-back"), i.Name())
	}
	if states := mailStates(i); states != "" {
		fmt.Fprintf(f, "%shisseki quarantine list --incident %s --state %s\n", f.t.W("cli-its-mail"), i.Name(), states)
	}
	fmt.Fprintf(f, "%shisseki incident report %s\n\n", f.t.W("cli-who-got"), i.Name())
}
