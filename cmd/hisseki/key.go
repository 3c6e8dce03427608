package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/seal"
)

// unsealed is a hold's excerpt for a reviewer, or why it cannot be read.
func unsealed(cfg config.Privacy, h *ledger.Hold) string {
	if cfg.ExcerptIdentity == "" {
		return "sealed: set privacy.excerpt_identity to the key's file"
	}
	text, err := seal.Open(h.Excerpt, cfg.ExcerptIdentity)
	if err != nil {
		return "sealed: " + err.Error()
	}
	return text
}

func newKey() *cobra.Command {
	return &cobra.Command{
		Use:   "key FILE",
		Short: "Make the key that excerpts of kept mail are sealed with",
		Long: `Make the key that excerpts of kept mail are sealed with. The private half is written to FILE,
for those who review; the public half is printed, for privacy.excerpt_recipient.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			public, err := seal.NewIdentity(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "[privacy]\nexcerpt_recipient = %q\n"+
				"excerpt_identity = %q\n", public, args[0])
			return err
		},
	}
}
