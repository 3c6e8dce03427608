package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

func newIncidentList() *cobra.Command {
	var f incidentFlags
	var since, until string
	var states []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "list [ID...]",
		Short:             "List incidents; without --state the open ones",
		ValidArgsFunction: incidentCompletion(),
		RunE: func(cmd *cobra.Command, ids []string) error {
			filter, err := f.filter(ids)
			if err == nil {
				err = listFilter(&filter, since, until, states)
			}
			if err != nil {
				return err
			}
			if len(states) == 0 && len(ids) == 0 && filter.Case == 0 {
				filter.States = []ledger.IncidentState{ledger.IncidentOpen}
			}
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				list, err := db.FindIncidents(cmd.Context(), filter)
				if err != nil {
					return err
				}
				if len(list) == 0 {
					return errNothing
				}
				if asJSON {
					return writeIncidents(cmd.OutOrStdout(), list)
				}
				return incidentTable(cmd.OutOrStdout(), list)
			})
		},
	}
	f.add(cmd)
	fl := cmd.Flags()
	fl.StringVar(&since, "since", "", "only those opened from this `TIME` on: 2h or 3d ago, or a date")
	fl.StringVar(&until, "until", "", "only those opened before this `TIME`")
	fl.StringSliceVar(&states, "state", nil, "only in these states: "+incidentStateNames())
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(
		strings.Split(incidentStateNames(), ", "), cobra.ShellCompDirectiveNoFileComp)))
	addJSON(cmd, &asJSON)
	return cmd
}

func incidentStateNames() string {
	names := make([]string, len(incidentStates))
	for i, s := range incidentStates {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

// listFilter adds the flags that only list has.
func listFilter(f *ledger.IncidentFilter, since, until string, states []string) error {
	var err error
	if f.Since, err = parseTime("--since", since, time.Now()); err != nil {
		return usageError{err}
	}
	if f.Until, err = parseTime("--until", until, time.Now()); err != nil {
		return usageError{err}
	}
	for _, s := range states {
		if !slices.Contains(incidentStates, ledger.IncidentState(s)) {
			return usageError{fmt.Errorf("--state %q is not one of: %s", s, incidentStateNames())}
		}
		f.States = append(f.States, ledger.IncidentState(s))
	}
	return nil
}

func incidentTable(w io.Writer, list []ledger.Incident) error {
	t := newTable(w, "id", "case", "opened", "state", "sender", "mail", "decided")
	for i := range list {
		x := &list[i]
		decided := ""
		if !x.Closed.IsZero() {
			decided = strings.TrimSpace(stamp(x.Closed) + " " + safe(x.By, 30) + " " + safe(x.Reason, 60))
		}
		t.row(x.Name(), x.CaseName(), stamp(x.Opened), t.paint(string(x.State)), safe(x.Sender, 40),
			stateCounts(x.States), decided)
	}
	return t.write()
}
