package main

import (
	"fmt"
	"io"
	"net"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/review"
	"hisseki/store"
)

func newStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say in a few lines how things stand",
		Args:  cobra.NoArgs,
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
					return review.WriteLines(cmd.OutOrStdout(), []*review.StatusLine{line})
				}
				return writeStatus(cmd.OutOrStdout(), line, time.Now())
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

func writeStatus(w io.Writer, s *review.StatusLine, now time.Time) error {
	agent := "never seen"
	if s.Agent != nil {
		agent = "seen " + ago(*s.Agent, now) + " ago"
		if s.Stale {
			agent += ", stale: nothing is delayed, released or discarded"
		}
	}
	incidents := fmt.Sprintf("%d open", s.Incidents)
	if s.Opened != nil {
		incidents += ", the oldest since " + ago(*s.Opened, now)
	}
	undecided := ""
	if s.Undecided != nil {
		undecided = "; the oldest held mail waits for " + ago(*s.Undecided, now)
	}
	_, err := fmt.Fprintf(w, "milter    %s\nagent     %s\nstore     %s\n"+
		"24 hours  %d passed, %d delayed, %d held (enforce: %d delayed, %d held)\n"+
		"incidents %s\n"+
		"queue     %d held, %d delayed, %d recalling, %d releasing, %d discarding%s\n",
		safe(s.Milter, 200), agent, safe(s.Database, 200),
		s.Day[analyzer.Pass], s.Day[analyzer.Delay], s.Day[analyzer.Hold],
		s.Would[analyzer.Delay], s.Would[analyzer.Hold], incidents,
		s.Queue[ledger.Held], s.Queue[ledger.Delayed], s.Queue[ledger.Recalling],
		s.Queue[ledger.Releasing], s.Queue[ledger.Discarding], undecided)
	return err
}
