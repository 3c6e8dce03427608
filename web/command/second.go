package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/review"
	"hisseki/store"
)

// review runs something on what reviewers see and do.
func (s Shared) review(cmd *cobra.Command, do func(*review.Service) error) error {
	return s.With(cmd, func(cfg config.Config, db *store.DB) error {
		service, err := s.Review(cfg, db)
		if err != nil {
			return err
		}
		return do(service)
	})
}

func (s Shared) requests() *cobra.Command {
	return &cobra.Command{Use: "requests", Short: "List the releases that wait for a second reviewer", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.review(cmd, func(r *review.Service) error {
				list, err := r.Requests(cmd.Context())
				if err != nil {
					return err
				}
				w := s.Words(cmd)
				t := table.New(table.Screen{Writer: cmd.OutOrStdout(), Width: 80}, table.Fixed(w.W("list-request")), table.Cut(w.W("list-by"), 12),
					table.Fixed(w.W("list-mails")), table.Spare(w.W("list-asked"), 16), table.Spare(w.W("list-reason"), 12))
				for i := range list {
					q := &list[i]
					t.Row(q.Name(), term.Safe(q.Person, 40), fmt.Sprint(q.Mails), term.Stamp(q.Asked), term.Safe(q.Reason, 60))
				}
				return t.Write()
			})
		}}
}

func (s Shared) agree() *cobra.Command {
	return &cobra.Command{Use: "agree REQUEST", Short: "Agree to a release that another reviewer asked for", Args: s.one,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.review(cmd, func(r *review.Service) error {
				n, err := r.Agree(cmd.Context(), s.Actor(), args[0])
				if n > 0 {
					fmt.Fprintln(cmd.OutOrStdout(), s.Words(cmd).W("did-agree", s.Words(cmd).Say(words.Count(n, "mail"))))
				}
				return err
			})
		}}
}

func (s Shared) disagree() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "refuse REQUEST", Short: "Refuse a release that another reviewer asked for, or take one's own back",
		Args: s.one,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.review(cmd, func(r *review.Service) error {
				return r.Disagree(cmd.Context(), s.Actor(), args[0], reason)
			})
		}}
	cmd.Flags().StringVar(&reason, "reason", "", "`TEXT` for the audit log")
	return cmd
}
