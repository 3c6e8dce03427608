package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

func newIncidentReopen() *cobra.Command {
	var reason string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "reopen ID...",
		Short: "Take back a confirmation or dismissal",
		Long: `Opens incidents again. Mail whose decision the agent has not begun to carry out goes
back to held; what was unlearned is learned again. Mail that was deleted or has left is named as too
late: nobody can bring it back.`,
		ValidArgsFunction: incidentCompletion(ledger.IncidentConfirmed, ledger.IncidentDismissed,
			ledger.IncidentEnded),
		RunE: func(cmd *cobra.Command, ids []string) error {
			var f incidentFlags
			if err := needIncidents("reopen", ids, &f); err != nil {
				return err
			}
			filter, err := f.filter(ids)
			if err != nil {
				return err
			}
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				return reopenIncidents(cmd, db, filter.IDs, reason, asJSON)
			})
		},
	}
	addReason(cmd, &reason)
	addJSON(cmd, &asJSON)
	return cmd
}

func reopenIncidents(cmd *cobra.Command, db *store.DB, ids []int64, reason string,
	asJSON bool) error {
	var done []int64
	late := 0
	for _, id := range ids {
		back, ok, err := db.ReopenIncident(cmd.Context(), id, actor(), reason)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		done = append(done, id)
		late += back.Late
		if !asJSON {
			if _, err := fmt.Fprintf(cmd.OutOrStdout(),
				"%s is open again: %s held, %s learned again, %s too late to take back\n",
				incidentName(id), counted(back.Held, "mail"), counted(back.Learned, "mail"),
				counted(back.Late, "mail")); err != nil {
				return err
			}
		}
	}
	if len(done) == 0 {
		return fmt.Errorf("%w that has ended", errNothing)
	}
	if asJSON {
		list, err := db.FindIncidents(cmd.Context(), ledger.IncidentFilter{IDs: done})
		if err == nil {
			err = writeIncidents(cmd.OutOrStdout(), list)
		}
		if err != nil {
			return err
		}
	}
	if late > 0 || len(done) < len(ids) {
		return errPartly
	}
	return nil
}
