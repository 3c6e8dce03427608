package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"hisseki/internal/table"
	"hisseki/ledger"
	"hisseki/review"
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
	fl.StringSliceVar(&q.States, "state", nil, "only in these states: "+states)
	completeFlag(cmd, "state", states)
	out.add(cmd)
	return cmd
}

// writeIncidents prints incidents as a list or as JSON.
func writeIncidents(cmd *cobra.Command, out *listFlags, list []ledger.Incident) error {
	if out.json {
		return review.WriteLines(cmd.OutOrStdout(), review.IncidentLines(list))
	}
	screen := out.screen(cmd)
	t := table.New(screen, table.Fixed("id"), table.Fixed("case"), table.Fixed("opened"),
		table.Cut("state", 4), table.Cut("sender", 16), table.Cut("mail", 8), table.Spare("decided", 10))
	for i := range list {
		x := &list[i]
		decided := ""
		if !x.Closed.IsZero() {
			decided = strings.TrimSpace(stamp(x.Closed) + " " + safe(x.By, 30) + " " + safe(x.Reason, 60))
		}
		t.Row(x.Name(), x.CaseName(), stamp(x.Opened), screen.Paint(safe(string(x.State), 20)),
			safe(x.Sender, 60), stateCounts(x.States), decided)
	}
	return t.Write()
}

// stateCounts says how much mail is in which state: "36 held, 2 gone".
func stateCounts(states map[ledger.State]int) string {
	return strings.Join(review.StateCounts(states), ", ")
}
