package main

import (
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/internal/jsonl"
	"hisseki/review"
	"hisseki/review/terminal"
	"hisseki/store"
)

func newStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say in a few lines how things stand",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(cfg config.Config, db *store.DB) error {
				s, err := newReview(cfg, db)
				if err != nil {
					return err
				}
				line, err := s.Status(cmd.Context())
				if err != nil {
					return err
				}
				if err := dialMilter(cfg.Milter.Listen); err != nil {
					line.Milter = err.Error()
				}
				if asJSON {
					return jsonl.Write(cmd.OutOrStdout(), []*review.StatusLine{line})
				}
				return terminal.Status(cmd.OutOrStdout(), inWords(cmd), line, time.Now())
			})
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

// dialMilter looks whether serve answers where the settings say.
func dialMilter(a config.Address) error {
	if a.Network == "systemd" {
		return nil // systemd knows where, and starts serve by itself
	}
	conn, err := net.DialTimeout(a.Network, a.Name, 2*time.Second)
	if err != nil {
		return fmt.Errorf("milter does not answer: %w", err)
	}
	return conn.Close()
}
