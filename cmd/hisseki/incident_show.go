package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hisseki/internal/table"
	"hisseki/ledger"
	"hisseki/review"
)

func newIncidentShow() *cobra.Command {
	var out listFlags
	cmd := &cobra.Command{
		Use:               "show ID...",
		Short:             "Show an incident: its mail, its case, suspects of earlier, what can be done",
		ValidArgsFunction: completeIncidents(),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return withReview(cmd, func(s *review.Service) error {
				return s.ShowIncidents(cmd.Context(), actor(), ids, func(d *review.Detail) error {
					if out.json {
						return review.WriteLines(cmd.OutOrStdout(), []review.DetailLine{d.Line()})
					}
					return writeIncident(cmd, &out, d)
				})
			})
		},
	}
	out.add(cmd)
	return cmd
}

func writeIncident(cmd *cobra.Command, out *listFlags, d *review.Detail) error {
	var b fields
	i, r := d.Incident(), d.Report
	b.add("incident", i.Name()+" "+string(i.State))
	b.add("case", caseText(i, d.Mates))
	b.add("sender", i.Sender)
	if !r.First.IsZero() {
		b.add("mail", fmt.Sprintf("%s to %s: %s", stamp(r.First), stamp(r.Last), stateCounts(i.States)))
	}
	if !i.Closed.IsZero() {
		b.add("ended", strings.TrimSpace(stamp(i.Closed)+" "+i.By+" "+i.Reason))
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
		fmt.Fprintf(&b, "\nnoticed     %s %s, %s points\n", h.Name(), stamp(h.Record.Envelope.Time),
			points(h.Record.Verdict.Points))
		for _, e := range h.Record.Verdict.Evidence {
			fmt.Fprintf(&b, "  %5.2f  %s\n", e.Points, safe(e.Text, 200))
		}
	}
	writeNotes(&b, d.Scope.Notes[i.ID])
	screen := out.screen(cmd)
	screen.Writer = &b
	if err := writeSuspects(screen, d.Scope.Suspects); err != nil {
		return err
	}
	next(&b, i)
	_, err := io.WriteString(cmd.OutOrStdout(), b.String())
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

// writeNotes prints what hooks said: anybody's words, if anybody wrote what they read.
func writeNotes(b *fields, list []ledger.Note) {
	for k, n := range list {
		if k == 0 {
			b.WriteString("\n")
		}
		text := safe(string(n.Event)+", "+n.State, 40)
		if n.Runs > 1 {
			text += fmt.Sprintf(" (run %d)", n.Runs)
		}
		if n.Error != "" {
			text += ": " + safe(n.Error, 200)
		}
		fmt.Fprintf(b, "hook        %s  %s  %s\n", stamp(n.At), safe(n.Hook, 40), text)
		rows := 0
		for line := range strings.Lines(n.Output) {
			if rows++; rows > maxNoteRows {
				b.WriteString("  | ... see the report\n")
				break
			}
			fmt.Fprintf(b, "  | %s\n", safe(strings.TrimRight(line, "\r\n"), 200))
		}
	}
}

// maxSuspectRows is how many suspects show lists; the report has all.
const maxSuspectRows = 20

func writeSuspects(screen table.Screen, list []ledger.Suspect) error {
	if len(list) == 0 {
		return nil
	}
	fmt.Fprintf(screen, "\nsuspects    %s not held that share something with it\n",
		counted(len(list), "mail"))
	t := table.New(screen, table.Fixed("  time"), table.Cut("sender", 16), table.Fixed("then"),
		table.Fixed("now"), table.Cut("shares", 8), table.Spare("recipients", 14), table.Spare("subject", 14))
	for k := range list[:min(len(list), maxSuspectRows)] {
		x, e := &list[k], &list[k].Record.Envelope
		t.Row("  "+stamp(e.Time), safe(e.Sender, 40), points(x.Record.Verdict.Points), points(x.Points),
			strings.Join(review.Shares(x), ", "), few(e.Recipients, 1), safe(x.Record.Subject, 40))
	}
	if err := t.Write(); err != nil {
		return err
	}
	if n := len(list) - maxSuspectRows; n > 0 {
		fmt.Fprintf(screen, "  and %d more, see the report\n", n)
	}
	return nil
}

// next says which commands make sense now.
func next(b *fields, i *ledger.Incident) {
	if i.State == ledger.IncidentOpen {
		fmt.Fprintf(b, "\nit was stolen:    hisseki incident confirm %[1]s --dry-run\n"+
			"it was the owner: hisseki incident dismiss %[1]s --dry-run\n", i.Name())
	} else {
		fmt.Fprintf(b, "\ntake it back:     hisseki incident reopen %s\n", i.Name())
	}
	fmt.Fprintf(b, "who got what:     hisseki incident report %s\n\n", i.Name())
}
