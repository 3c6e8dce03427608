package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"hisseki/internal/jsonl"
)

// versionLine is the program's version as JSON, schema 1.
type versionLine struct {
	Schema  int    `json:"schema"`
	Kind    string `json:"kind"` // "version"
	Version string `json:"version"`
	Go      string `json:"go"`
	System  string `json:"system"`
}

func newVersion() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which hisseki this is",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l := versionLine{1, "version", version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			if asJSON {
				return jsonl.Write(cmd.OutOrStdout(), []versionLine{l})
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "hisseki %s (%s, %s)\n", l.Version, l.Go, l.System)
			return err
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}
