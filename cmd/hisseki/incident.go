package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

func newIncident() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "incident",
		Short: "List, show, end and report incidents: accounts believed taken over",
		Args:  cobra.NoArgs,
		RunE:  needSubcommand,
	}
	cmd.AddCommand(newIncidentList(), newIncidentShow(), newIncidentConfirm(), newIncidentDismiss(),
		newIncidentReopen(), newIncidentReport())
	return cmd
}

// incidentStates in the order of an incident's life.
var incidentStates = []ledger.IncidentState{ledger.IncidentOpen, ledger.IncidentConfirmed,
	ledger.IncidentDismissed, ledger.IncidentEnded}

// incidentFlags choose incidents, the same on every subcommand.
type incidentFlags struct {
	sender string
	group  string // the case
}

func (f *incidentFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.sender, "sender", "", "only incidents of this `ACCOUNT`")
	cmd.Flags().StringVar(&f.group, "case", "", "only incidents of this case, by `NUMBER`")
}

func (f *incidentFlags) given() bool { return f.sender+f.group != "" }

// filter turns flags and ids into the store's words. Mistakes are usage errors.
func (f *incidentFlags) filter(ids []string) (ledger.IncidentFilter, error) {
	out := ledger.IncidentFilter{Sender: f.sender}
	var errs []error
	for _, id := range ids {
		n, err := parseIncidentID(id)
		errs = append(errs, err)
		out.IDs = append(out.IDs, n)
	}
	if f.group != "" {
		var err error
		out.Case, err = parseID("C", f.group)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return out, usageError{err}
	}
	return out, nil
}

// parseIncidentID reads "I3" or "3".
func parseIncidentID(text string) (int64, error) { return parseID("I", text) }

// incidentCompletion offers ids of incidents in some states to the shell.
func incidentCompletion(states ...ledger.IncidentState) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		var list []string
		err := withStore(cmd, func(_ config.Config, db *store.DB) error {
			found, err := db.Incidents(cmd.Context(), "", states...)
			for i := range found {
				list = append(list, found[i].Name()+"\t"+found[i].Sender)
			}
			return err
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

// needIncidents refuses a command line without any id or filter.
func needIncidents(verb string, ids []string, f *incidentFlags) error {
	if len(ids) == 0 && !f.given() {
		return usageError{fmt.Errorf("%s needs ids or a filter such as --sender:"+
			" see hisseki incident list", verb)}
	}
	return nil
}

// incidentLine is an incident as --json prints it, schema 1.
type incidentLine struct {
	Schema int                  `json:"schema"`
	Kind   string               `json:"kind"`
	ID     string               `json:"id"`
	Case   string               `json:"case"`
	State  ledger.IncidentState `json:"state"`
	Sender string               `json:"sender"`
	Opened time.Time            `json:"opened"`
	Closed *time.Time           `json:"closed"` // null while it is open
	By     string               `json:"by"`
	Reason string               `json:"reason"`
	Mails  int                  `json:"mails"`  // of all states
	States map[ledger.State]int `json:"states"` // of its mail
}

func incidentLineOf(i *ledger.Incident) incidentLine {
	line := incidentLine{Schema: 1, Kind: "incident", ID: i.Name(), Case: i.CaseName(),
		State: i.State, Sender: i.Sender, Opened: i.Opened, By: i.By, Reason: i.Reason,
		Mails: i.Holds, States: i.States}
	if !i.Closed.IsZero() {
		line.Closed = &i.Closed
	}
	return line
}

func writeIncidents(w io.Writer, list []ledger.Incident) error {
	lines := make([]incidentLine, len(list))
	for i := range list {
		lines[i] = incidentLineOf(&list[i])
	}
	return writeLines(w, lines)
}

// stateCounts says how much mail is in which state: "36 held, 2 gone".
func stateCounts(states map[ledger.State]int) string {
	var parts []string
	for _, s := range allStates {
		if n := states[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(parts, ", ")
}

// lures lists what of some mail's links may be blocked, most frequent first.
func lures(holds []ledger.Hold) []string {
	count := map[string]int{}
	var list []string
	for i := range holds {
		if !holds[i].Tells || holds[i].State == ledger.Released || holds[i].State == ledger.Releasing {
			continue // may be an innocent's
		}
		for _, l := range analyzer.Lures(holds[i].Record) {
			if count[l]++; count[l] == 1 {
				list = append(list, l)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b string) int { return count[b] - count[a] })
	return list
}

// noteRead notes in the audit log that a person looks at incidents. When that fails
// nothing is shown.
func noteRead(cmd *cobra.Command, db *store.DB, s *ledger.Scope, what string) error {
	for i := range s.Incidents {
		if err := db.Audit(cmd.Context(), actor(), "read", s.Incidents[i].Name(), what); err != nil {
			return err
		}
	}
	return nil
}
