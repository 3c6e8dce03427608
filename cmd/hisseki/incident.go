package main

import (
	"errors"

	"github.com/spf13/cobra"

	"hisseki/internal/jsonl"
	"hisseki/ledger"
	"hisseki/review"
	"hisseki/review/terminal"
)

func newIncident() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "incident",
		Short: "List, show, end and report incidents: accounts believed taken over",
		Args:  noArgs,
		RunE:  needSubcommand,
	}
	cmd.AddCommand(newIncidentList(), newIncidentShow(), newIncidentConfirm(), newIncidentDismiss(),
		newIncidentReopen(), newIncidentReport())
	return cmd
}

// addIncidentQuery adds the flags that choose incidents.
func addIncidentQuery(cmd *cobra.Command, q *review.IncidentQuery) {
	cmd.Flags().StringVar(&q.Sender, "sender", "", "only incidents of this `ACCOUNT`")
	cmd.Flags().StringVar(&q.Case, "case", "", "only incidents of this case, by `NUMBER`")
	completeAccounts(cmd, "sender")
}

func newIncidentList() *cobra.Command {
	var q review.IncidentQuery
	var out listFlags
	cmd := &cobra.Command{
		Use:               "list [ID...]",
		Short:             "List incidents; without --state the open ones",
		ValidArgsFunction: completeIncidents(),
		RunE: func(cmd *cobra.Command, ids []string) error {
			q.IDs = ids
			return withReview(cmd, func(s *review.Service) error {
				list, lack := s.Incidents(cmd.Context(), q)
				if list == nil {
					return lack
				}
				return errors.Join(writeIncidents(cmd, &out, list), lack)
			})
		},
	}
	addIncidentQuery(cmd, &q)
	fl := cmd.Flags()
	fl.StringVar(&q.Since, "since", "", "only those opened from this `TIME` on: 2h or 3d ago, or a date")
	fl.StringVar(&q.Until, "until", "", "only those opened before this `TIME`")
	states := review.Names(review.IncidentStates)
	fl.StringSliceVar(&q.States, "state", nil, "only in these `STATES`: "+states)
	completeFlag(cmd, "state", states)
	out.add(cmd)
	return cmd
}

// writeIncidents prints incidents as a list or as JSON.
func writeIncidents(cmd *cobra.Command, out *listFlags, list []ledger.Incident) error {
	if out.json {
		return jsonl.Write(cmd.OutOrStdout(), review.IncidentLines(list))
	}
	return terminal.Incidents(out.screen(cmd), inWords(cmd), list)
}

func newIncidentShow() *cobra.Command {
	var out listFlags
	cmd := &cobra.Command{
		Use:               "show ID...",
		Short:             "Show an incident: its mail, its case, suspects of earlier, what can be done",
		Args:              someArgs("an id: see hisseki incident list"),
		ValidArgsFunction: completeIncidents(),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return withReview(cmd, func(s *review.Service) error {
				return s.ShowIncidents(cmd.Context(), actor(), ids, func(d *review.Detail) error {
					if out.json {
						return jsonl.Write(cmd.OutOrStdout(), []review.DetailLine{d.Line()})
					}
					return terminal.Incident(out.screen(cmd), inWords(cmd), d)
				})
			})
		},
	}
	out.add(cmd)
	return cmd
}
