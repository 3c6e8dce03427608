package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

func newAudit() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Who looked at, decided and changed what, and why",
		Args:  cobra.NoArgs,
		RunE:  needSubcommand,
	}
	cmd.AddCommand(newAuditList())
	return cmd
}

// actLine is a line of the audit log as --json prints it, schema 1.
type actLine struct {
	Schema int       `json:"schema"`
	Kind   string    `json:"kind"`
	ID     int64     `json:"id"`
	Time   time.Time `json:"time"`
	Actor  string    `json:"actor"`
	Verb   string    `json:"verb"`
	Object string    `json:"object"`
	Reason string    `json:"reason"`
}

func newAuditList() *cobra.Command {
	var f ledger.ActFilter
	var since, until string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the audit log, the newest first",
		Example: `  hisseki audit list --since 7d --verb release
  hisseki audit list --object bob@example.jp --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var errs [2]error
			now := time.Now()
			f.Since, errs[0] = parseTime("--since", since, now)
			f.Until, errs[1] = parseTime("--until", until, now)
			if f.Limit < 0 {
				errs[1] = errors.Join(errs[1], errors.New("--limit is below 0"))
			}
			if err := errors.Join(errs[:]...); err != nil {
				return usageError{err}
			}
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				return listActs(cmd, db, f, asJSON)
			})
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&since, "since", "", "only from this `TIME` on: 2h or 3d ago, or a date")
	fl.StringVar(&until, "until", "", "only before this `TIME`")
	fl.StringVar(&f.Actor, "actor", "", "only what this `USER` did")
	fl.StringVar(&f.Verb, "verb", "", "only this `VERB`, such as release, read or block")
	fl.StringVar(&f.Object, "object", "", "only on this `OBJECT`: H12, I3, an account, a host")
	fl.IntVar(&f.Limit, "limit", 0, "only the newest `N` lines")
	addJSON(cmd, &asJSON)
	return cmd
}

func listActs(cmd *cobra.Command, db *store.DB, f ledger.ActFilter, asJSON bool) error {
	acts, err := db.AuditList(cmd.Context(), f)
	if err != nil {
		return err
	}
	if len(acts) == 0 {
		return errNothing
	}
	lines := make([]actLine, len(acts))
	t := newTable(cmd.OutOrStdout(), "time", "who", "did", "to", "reason")
	for i, a := range acts {
		lines[i] = actLine{1, "act", a.ID, a.At, a.Actor, a.Verb, a.Object, a.Reason}
		t.row(stamp(a.At), safe(a.Actor, 40), safe(a.Verb, 20), safe(a.Object, 60), safe(a.Reason, 100))
	}
	if asJSON {
		return writeLines(cmd.OutOrStdout(), lines)
	}
	return t.write()
}
