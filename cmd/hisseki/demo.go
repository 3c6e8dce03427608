package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"hisseki/internal/demo"
)

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:    "demo",
		Short:  "Play a compromised account against a real serve in a temporary folder",
		Hidden: true,
		Args:   noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			program, err := os.Executable()
			if err != nil {
				return fmt.Errorf("finding the program: %w", err)
			}
			return demo.Run(cmd.Context(), cmd.OutOrStdout(), program)
		},
	}
}
