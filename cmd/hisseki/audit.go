package main

import (
	"github.com/spf13/cobra"

	"hisseki/internal/jsonl"
	"hisseki/review"
	"hisseki/review/terminal"
)

func newAudit() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Who looked at, decided and changed what, and why",
		Args:  noArgs,
		RunE:  needSubcommand,
	}
	cmd.AddCommand(newAuditList())
	return cmd
}

func newAuditList() *cobra.Command {
	var q review.ActQuery
	var out listFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the audit log, the newest first",
		Example: `  hisseki audit list --since 7d --verb release
  hisseki audit list --object bob@example.jp --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withReview(cmd, func(s *review.Service) error {
				acts, err := s.Acts(cmd.Context(), q)
				if err != nil {
					return err
				}
				if out.json {
					return jsonl.Write(cmd.OutOrStdout(), review.ActLines(acts))
				}
				return terminal.Acts(out.screen(cmd), inWords(cmd), acts)
			})
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&q.Since, "since", "", "only from this `TIME` on: 2h or 3d ago, or a date")
	fl.StringVar(&q.Until, "until", "", "only before this `TIME`")
	fl.StringVar(&q.Actor, "actor", "", "only what this `USER` did")
	fl.StringVar(&q.Verb, "verb", "", "only this `VERB`, such as release, read or block")
	fl.StringVar(&q.Object, "object", "", "only on this `OBJECT`: H12, I3, an account, a host")
	fl.IntVar(&q.Limit, "limit", 0, "only the newest `N` lines")
	out.add(cmd)
	completeAccounts(cmd, "object")
	return cmd
}
