package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/seal"
)

func newKey() *cobra.Command {
	return &cobra.Command{
		Use:   "key FILE",
		Short: "Make the key that excerpts of kept mail are sealed with",
		Long: `Make the key that excerpts of kept mail are sealed with. The private half is written to FILE,
for those who review; the public half is printed, for privacy.excerpt_recipient. Put the printed
settings below the [privacy] that the configuration has: a table may be in it once only.`,
		Args: oneArg("FILE"),
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
