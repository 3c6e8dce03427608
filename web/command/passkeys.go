package command

import (
	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/store"
)

// passkeys lists a reviewer's passkeys, or removes them: he adds them on the page.
func (s Shared) passkeys() *cobra.Command {
	var remove bool
	cmd := &cobra.Command{Use: "passkeys NAME", Short: "List a reviewer's passkeys, or remove them all", Args: s.one,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.With(cmd, func(_ config.Config, db *store.DB) error {
				if _, err := s.find(cmd, db, args[0]); err != nil {
					return err
				}
				keys, err := db.Reviewers().Keys(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				w := s.Words(cmd)
				t := table.New(table.Screen{Writer: cmd.OutOrStdout(), Width: 80}, table.Cut(w.W("list-passkey"), 12),
					table.Fixed(w.W("list-added")), table.Fixed(w.W("list-used")))
				for i := range keys {
					k := &keys[i]
					t.Row(term.Safe(k.Label, 60), term.Stamp(k.Created), term.Stamp(k.Used))
					if !remove {
						continue
					}
					if _, err := db.Reviewers().RemoveKey(cmd.Context(), args[0], k.ID, s.Actor().String()); err != nil {
						return err
					}
				}
				return t.Write()
			})
		}}
	cmd.Flags().BoolVar(&remove, "remove", false, "remove what is listed: the telephone is lost")
	return cmd
}
