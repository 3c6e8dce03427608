package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/store"
)

// newSenderExport prints all that is stored about an account, schema 1: one JSON object
// for each row of a table, with the table's name as kind. Hashes and profiles are base64,
// as JSON has no bytes.
func newSenderExport() *cobra.Command {
	return &cobra.Command{
		Use:   "export ACCOUNT",
		Short: "Print all that is stored about an account, as JSON lines",
		Long: `Print all that is stored about an account, one JSON object a line, for whoever asks what is
known of him. It holds his recipients' addresses too: look before you hand it on.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				return exportSender(cmd, db, strings.ToLower(args[0]))
			})
		},
	}
}

func exportSender(cmd *cobra.Command, db *store.DB, sender string) error {
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetEscapeHTML(false)
	rows := 0
	err := db.Audit(cmd.Context(), actor(), "export", "sender:"+sender, "all that is stored")
	if err != nil {
		return err
	}
	err = db.Export(cmd.Context(), sender, func(table string, r store.Row) error {
		if table != "audit" {
			rows++ // our own line alone is nothing
		}
		r["schema"], r["kind"] = 1, table
		return enc.Encode(r)
	})
	if err != nil {
		return err
	}
	if rows == 0 {
		return errNothing
	}
	return nil
}

func newSenderForget() *cobra.Command {
	var yes, dry bool
	var reason string
	cmd := &cobra.Command{
		Use:   "forget ACCOUNT",
		Short: "Erase what is stored about an account, and what it taught",
		Long: `Erase what is stored about an account: its mail in the journal, its profile, logins, rules and
ended incidents; and take back what its mail taught the organisation, as far as the journal
reaches. Kept mail and open incidents have to be decided first. The audit log keeps its lines.
Hashes stay for an hour or two, until running daemons have heard of it.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				return forgetSender(cmd, db, strings.ToLower(args[0]), reason, dry, yes)
			})
		},
	}
	fl := cmd.Flags()
	fl.BoolVarP(&yes, "yes", "y", false, "do not ask")
	fl.BoolVar(&dry, "dry-run", false, "only say what would be erased")
	fl.StringVar(&reason, "reason", "", "`WHY`, for the audit log")
	return cmd
}

func forgetSender(cmd *cobra.Command, db *store.DB, sender, reason string, dry, yes bool) error {
	count := map[string]int{}
	rows := 0
	err := db.Export(cmd.Context(), sender, func(table string, _ store.Row) error {
		count[table]++
		if table != "audit" && table != "habit" { // these stay
			rows++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if rows == 0 {
		return errNothing
	}
	what := fmt.Sprintf("%d mails, %d logins and %d ended incidents of %s, with profile and rules",
		count["journal"], count["login"], count["incident"], safe(sender, 200))
	if dry {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "would forget "+what)
		return err
	}
	if !yes {
		if err := confirm(cmd, "forget "+what); err != nil {
			return err
		}
	}
	if _, err := db.Forget(cmd.Context(), sender, actor(), reason); err != nil {
		if errors.Is(err, store.ErrKept) {
			return fmt.Errorf("%w: see hisseki quarantine list --sender %s", err, safe(sender, 200))
		}
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), "forgot "+what)
	return err
}
