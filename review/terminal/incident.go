package terminal

import (
	"fmt"
	"io"
	"strings"

	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/ledger"
	"hisseki/review"
)

// Incidents lists incidents.
func Incidents(screen table.Screen, list []ledger.Incident) error {
	t := table.New(screen, table.Fixed("id"), table.Fixed("case"), table.Fixed("opened"),
		table.Cut("state", 9), table.Cut("sender", 16), table.Cut("mail", 8), table.Spare("decided", 16),
		table.Spare("by", 8))
	for i := range list {
		x := &list[i]
		decided := ""
		if !x.Closed.IsZero() {
			decided = term.Stamp(x.Closed)
		}
		t.Row(x.Name(), x.CaseName(), term.Stamp(x.Opened), screen.Paint(word(x.State)),
			safe(x.Sender, 60), stateCounts(x.States), decided,
			strings.TrimSpace(safe(x.By, 30)+" "+safe(x.Reason, 60)))
	}
	return t.Write()
}

// stateCounts says how much mail is in which state: "36 held, 2 gone".
func stateCounts(states map[ledger.State]int) string {
	return strings.Join(review.StateCounts(states), ", ")
}

// Incident prints an incident: its mail, its case, why it was noticed, suspects of earlier
// and what can be done.
func Incident(screen table.Screen, d *review.Detail) error {
	var b fields
	i, r := d.Incident(), d.Report
	b.add("incident", i.Name()+" "+string(i.State))
	b.add("case", caseText(i, d.Mates))
	b.add("sender", i.Sender)
	if !r.First.IsZero() {
		b.add("mail", fmt.Sprintf("%s to %s: %s", term.Stamp(r.First), term.Stamp(r.Last), stateCounts(i.States)))
	}
	if !i.Closed.IsZero() {
		b.add("ended", strings.TrimSpace(term.Stamp(i.Closed)+" "+i.By+" "+i.Reason))
	}
	b.add("recipients", fmt.Sprintf("%s at %s got mail; %d deliveries stopped, %d open, %d refused",
		oneOr(r.Reached.People, "person", "people"), oneOr(r.Reached.Companies, "company", "companies"),
		r.Total.Stopped, r.Total.Open, r.Total.Refused))
	for _, l := range d.Scope.Lures {
		note := ""
		if l.Elsewhere {
			note = " (others sent it before)"
		}
		b.add("link", l.Pattern+note)
	}
	if h := r.Noticed; h != nil {
		fmt.Fprintf(&b, "\nnoticed     %s %s, %s points\n", h.Name(), term.Stamp(h.Record.Envelope.Time),
			points(h.Record.Verdict.Points))
		for _, e := range h.Record.Verdict.Evidence {
			fmt.Fprintf(&b, "  %5.2f  %s\n", e.Points, safe(e.Text, 200))
		}
	}
	b.notes(d.Scope.Notes[i.ID])
	inside := screen
	inside.Writer = &b
	if err := suspects(inside, d.Scope.Suspects); err != nil {
		return err
	}
	b.next(i)
	_, err := io.WriteString(screen, b.String())
	return err
}

// caseText names the incidents of the same campaign.
func caseText(i *ledger.Incident, mates []ledger.Incident) string {
	var others []string
	for k := range mates {
		if mates[k].ID != i.ID {
			others = append(others, fmt.Sprintf("%s (%s, %s)", mates[k].Name(), mates[k].Sender,
				mates[k].State))
		}
	}
	if len(others) == 0 {
		return i.CaseName()
	}
	return i.CaseName() + " with " + strings.Join(others, ", ")
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
			fmt.Fprintf(f, "owner       %s  %s  %s\n", term.Stamp(n.At), ownerSays[n.Event], safe(n.Hook+", "+n.Output, 120))
			continue
		}
		text := safe(string(n.Event)+", "+n.State, 40)
		if n.Runs > 1 {
			text += fmt.Sprintf(" (run %d)", n.Runs)
		}
		if n.Error != "" {
			text += ": " + safe(n.Error, 200)
		}
		fmt.Fprintf(f, "hook        %s  %s  %s\n", term.Stamp(n.At), safe(n.Hook, 40), text)
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

func suspects(screen table.Screen, list []ledger.Suspect) error {
	if len(list) == 0 {
		return nil
	}
	fmt.Fprintf(screen, "\nsuspects    %s not held that share something with it\n",
		term.Count(len(list), "mail"))
	t := table.New(screen, table.Fixed("  time"), table.Cut("sender", 16), table.Fixed("points then"),
		table.Fixed("now"), table.Cut("shares", 8), table.Spare("recipients", 14), table.Spare("subject", 14))
	for k := range list[:min(len(list), maxSuspectRows)] {
		x, e := &list[k], &list[k].Record.Envelope
		t.Row("  "+term.Stamp(e.Time), safe(e.Sender, 40), points(x.Record.Verdict.Points), points(x.Points),
			strings.Join(review.Shares(x), ", "), term.Few(e.Recipients, 1), safe(x.Record.Subject, 40))
	}
	if err := t.Write(); err != nil {
		return err
	}
	if n := len(list) - maxSuspectRows; n > 0 {
		fmt.Fprintf(screen, "  and %d more, see the report\n", n)
	}
	return nil
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
		fmt.Fprintf(f, "\nit was stolen:    hisseki incident confirm %[1]s --dry-run\n"+
			"it was the owner: hisseki incident dismiss %[1]s --dry-run\n", i.Name())
	} else {
		fmt.Fprintf(f, "\ntake it back:     hisseki incident reopen %s\n", i.Name())
	}
	if states := mailStates(i); states != "" {
		fmt.Fprintf(f, "its mail:         hisseki quarantine list --incident %s --state %s\n", i.Name(), states)
	}
	fmt.Fprintf(f, "who got what:     hisseki incident report %s\n\n", i.Name())
}
