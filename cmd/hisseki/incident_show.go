package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/report"
	"hisseki/store"
)

func newIncidentShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "show ID...",
		Short:             "Show an incident: its mail, its case, suspects of earlier, what can be done",
		ValidArgsFunction: incidentCompletion(),
		RunE: func(cmd *cobra.Command, ids []string) error {
			var f incidentFlags
			if err := needIncidents("show", ids, &f); err != nil {
				return err
			}
			filter, err := f.filter(ids)
			if err != nil {
				return err
			}
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				return showIncidents(cmd, db, filter, asJSON)
			})
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func showIncidents(cmd *cobra.Command, db *store.DB, f ledger.IncidentFilter, asJSON bool) error {
	list, err := db.FindIncidents(cmd.Context(), f)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errNothing
	}
	for i := range list {
		scope, err := db.Scope(cmd.Context(), list[i].ID)
		if err != nil {
			return err
		}
		if err := noteRead(cmd, db, scope, "summary"); err != nil {
			return err
		}
		mates, err := db.FindIncidents(cmd.Context(), ledger.IncidentFilter{Case: list[i].Case})
		if err != nil {
			return err
		}
		if asJSON {
			err = writeLines(cmd.OutOrStdout(), []incidentDetail{detailOf(scope, mates)})
		} else {
			err = showIncident(cmd.OutOrStdout(), scope, mates)
		}
		if err != nil {
			return err
		}
	}
	if len(list) < len(f.IDs) {
		return errPartly
	}
	return nil
}

// incidentDetail is an incident as show --json prints it, schema 1.
type incidentDetail struct {
	incidentLine
	With      []string        `json:"with"` // the other incidents of its case
	Reached   report.Count    `json:"recipients_by_class"`
	People    int             `json:"people_reached"`
	Companies int             `json:"companies_reached"`
	Lures     []string        `json:"lures"` // what may be blocked
	Suspects  []suspectDetail `json:"suspects"`
	Notes     []noteDetail    `json:"notes"` // what hooks said
}

// suspectDetail is a mail that may belong to an incident.
type suspectDetail struct {
	holdLine
	Shares []string `json:"shares"`
	Now    float64  `json:"points_now"`
}

func detailOf(s *ledger.Scope, mates []ledger.Incident) incidentDetail {
	r := report.New(s)
	out := incidentDetail{incidentLine: incidentLineOf(&s.Incidents[0]), With: []string{},
		Reached: r.Total, People: r.Reached.People, Companies: r.Reached.Companies,
		Lures: append([]string{}, lures(s.Holds)...), Suspects: []suspectDetail{},
		Notes: noteDetails(s.Notes[s.Incidents[0].ID])}
	for i := range mates {
		if mates[i].ID != s.Incidents[0].ID {
			out.With = append(out.With, mates[i].Name())
		}
	}
	for i := range s.Suspects {
		x := &s.Suspects[i]
		line := lineOf(&ledger.Hold{Record: x.Record, Recipients: x.Record.Envelope.Recipients})
		line.Kind, line.ID, line.State = "suspect", "", ""
		d := suspectDetail{holdLine: line, Now: x.Points}
		for _, t := range x.Traits {
			d.Shares = append(d.Shares, string(t))
		}
		out.Suspects = append(out.Suspects, d)
	}
	return out
}

func showIncident(w io.Writer, s *ledger.Scope, mates []ledger.Incident) error {
	var b strings.Builder
	i, r := &s.Incidents[0], report.New(s)
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-11s %s\n", name, value)
		}
	}
	field("incident", i.Name()+" "+string(i.State))
	field("case", caseText(i, mates))
	field("sender", safe(i.Sender, 200))
	if !r.First.IsZero() {
		field("mail", fmt.Sprintf("%s to %s: %s", stamp(r.First), stamp(r.Last), stateCounts(i.States)))
	}
	if !i.Closed.IsZero() {
		field("ended", strings.TrimSpace(stamp(i.Closed)+" "+safe(i.By, 60)+" "+safe(i.Reason, 200)))
	}
	field("recipients", fmt.Sprintf("%s at %s got mail; %d deliveries stopped, %d open, %d refused",
		people(r.Reached.People), companies(r.Reached.Companies), r.Total.Stopped, r.Total.Open,
		r.Total.Refused))
	for _, l := range lures(s.Holds) {
		field("link", safe(l, 200))
	}
	if h := r.Noticed; h != nil {
		fmt.Fprintf(&b, "\nnoticed     %s %s, %s points\n", h.Name(), stamp(h.Record.Envelope.Time),
			points(h.Record.Verdict.Points))
		for _, e := range h.Record.Verdict.Evidence {
			fmt.Fprintf(&b, "  %5.2f  %s\n", e.Points, safe(e.Text, 200))
		}
	}
	writeNotes(&b, s.Notes[i.ID])
	if err := writeSuspects(&b, s.Suspects); err != nil {
		return err
	}
	next(&b, i)
	_, err := io.WriteString(w, b.String())
	return err
}

// caseText names the incidents of the same campaign.
func caseText(i *ledger.Incident, mates []ledger.Incident) string {
	var others []string
	for k := range mates {
		if mates[k].ID != i.ID {
			others = append(others, fmt.Sprintf("%s (%s, %s)", mates[k].Name(), safe(mates[k].Sender, 60),
				mates[k].State))
		}
	}
	if len(others) == 0 {
		return i.CaseName()
	}
	return i.CaseName() + " with " + strings.Join(others, ", ")
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

func companies(n int) string {
	if n == 1 {
		return "1 company"
	}
	return fmt.Sprintf("%d companies", n)
}

// maxSuspectRows is how many suspects show lists; the report has all.
const maxSuspectRows = 20

func writeSuspects(w io.Writer, list []ledger.Suspect) error {
	if len(list) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\nsuspects    %s not held that share something with it\n",
		counted(len(list), "mail"))
	t := newTable(w, "  time", "sender", "recipients", "then", "now", "shares", "subject")
	for k := range list {
		if k == maxSuspectRows {
			t.row(fmt.Sprintf("  and %d more, see the report", len(list)-k))
			break
		}
		x, e := &list[k], &list[k].Record.Envelope
		var shares []string
		for _, trait := range x.Traits {
			shares = append(shares, string(trait))
		}
		t.row("  "+stamp(e.Time), safe(e.Sender, 40), few(e.Recipients, 1),
			points(x.Record.Verdict.Points), points(x.Points), strings.Join(shares, ", "),
			safe(x.Record.Subject, 40))
	}
	return t.write()
}

// next says which commands make sense now.
func next(b *strings.Builder, i *ledger.Incident) {
	if i.State == ledger.IncidentOpen {
		fmt.Fprintf(b, "\nit was a thief:   hisseki incident confirm %[1]s --dry-run\n"+
			"it was the owner: hisseki incident dismiss %[1]s --dry-run\n", i.Name())
	} else {
		fmt.Fprintf(b, "\ntake it back:     hisseki incident reopen %s\n", i.Name())
	}
	fmt.Fprintf(b, "who got what:     hisseki incident report %s\n\n", i.Name())
}
