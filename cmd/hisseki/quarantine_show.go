package main

import (
	"errors"

	"github.com/spf13/cobra"

	"hisseki/internal/jsonl"
	"hisseki/review"
	"hisseki/review/terminal"
)

func newQuarantineShow() *cobra.Command {
	var asJSON, noMail, raw bool
	cmd := &cobra.Command{
		Use:   "show ID...",
		Short: "Show why a mail is kept, and as root the mail itself",
		Long: `Shows why a mail is kept and, as root on the host that holds it, the mail as its reader would
see it: decoded, with what its links and files are. That somebody looked is in the audit log.`,
		Args:              someArgs("an id: see hisseki quarantine list"),
		ValidArgsFunction: completeHolds,
		RunE: func(cmd *cobra.Command, ids []string) error {
			return withReview(cmd, func(s *review.Service) error {
				view := review.View{Excerpt: !asJSON, Mail: !asJSON && !noMail}
				list, lack := s.Show(cmd.Context(), actor(), ids, view)
				if list == nil {
					return lack
				}
				return errors.Join(writeShown(cmd, list, asJSON, raw), lack)
			})
		},
	}
	addJSON(cmd, &asJSON)
	cmd.Flags().BoolVar(&noMail, "no-mail", false, "evidence only, do not read the mail")
	cmd.Flags().BoolVar(&raw, "raw", false, "print the mail's source, not decoded")
	cmd.MarkFlagsMutuallyExclusive("json", "raw")
	cmd.MarkFlagsMutuallyExclusive("no-mail", "raw")
	return cmd
}

func writeShown(cmd *cobra.Command, list []review.Shown, asJSON, raw bool) error {
	w := cmd.OutOrStdout()
	for i := range list {
		var err error
		if asJSON {
			err = jsonl.Write(w, []review.HoldLine{review.LineOf(&list[i].Hold)})
		} else {
			err = terminal.Hold(w, inWords(cmd), &list[i], raw)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
