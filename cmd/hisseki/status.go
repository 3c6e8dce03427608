package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/daemon"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

// statusLine is what status --json prints, schema 1.
type statusLine struct {
	Schema   int                     `json:"schema"`
	Kind     string                  `json:"kind"`
	Database string                  `json:"database"`
	Milter   string                  `json:"milter"` // "answers", or the error
	Agent    *time.Time              `json:"agent"`  // last heartbeat, null for never
	Day      map[analyzer.Action]int `json:"day"`    // mails of 24 hours by what happened
	Would    map[analyzer.Action]int `json:"would"`  // by what mode enforce does
	Queue    map[ledger.State]int    `json:"queue"`  // kept mail by state
}

func newStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say in a few lines how things stand",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(cfg config.Config, db *store.DB) error {
				s, err := lookAround(cmd.Context(), cfg, db, time.Now())
				if err != nil {
					return err
				}
				if asJSON {
					return writeLines(cmd.OutOrStdout(), []statusLine{s})
				}
				return s.print(cmd.OutOrStdout(), time.Now())
			})
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func lookAround(ctx context.Context, cfg config.Config, db *store.DB, now time.Time,
) (statusLine, error) {
	s := statusLine{Schema: 1, Kind: "status", Database: cfg.Database, Milter: "answers",
		Day: map[analyzer.Action]int{}, Would: map[analyzer.Action]int{},
		Queue: map[ledger.State]int{}}
	if err := dialMilter(cfg.Milter.Listen); err != nil {
		s.Milter = err.Error()
	}
	seen, err := db.AgentSeen(ctx)
	if err != nil {
		return s, err
	}
	if !seen.IsZero() {
		s.Agent = &seen
	}
	records, err := db.Recent(ctx, "", now.Add(-24*time.Hour))
	if err != nil {
		return s, err
	}
	for i := range records {
		s.Day[records[i].Verdict.Action]++
		s.Would[records[i].Verdict.Would]++
	}
	holds, err := db.Holds(ctx, ledger.HoldFilter{States: openStates})
	for i := range holds {
		s.Queue[holds[i].State]++
	}
	return s, err
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

func (s *statusLine) print(w io.Writer, now time.Time) error {
	agent := "never seen"
	if s.Agent != nil {
		agent = fmt.Sprintf("seen %s ago", now.Sub(*s.Agent).Round(time.Second))
		if now.Sub(*s.Agent) > daemon.StaleAfter {
			agent += ", stale: nothing is delayed, released or discarded"
		}
	}
	_, err := fmt.Fprintf(w, "milter    %s\nagent     %s\nstore     %s\n"+
		"24 hours  %d passed, %d delayed, %d held (enforce: %d delayed, %d held)\n"+
		"queue     %d held, %d delayed, %d recalling, %d releasing, %d discarding\n",
		safe(s.Milter, 200), agent, s.Database,
		s.Day[analyzer.Pass], s.Day[analyzer.Delay], s.Day[analyzer.Hold],
		s.Would[analyzer.Delay], s.Would[analyzer.Hold],
		s.Queue[ledger.Held], s.Queue[ledger.Delayed], s.Queue[ledger.Recalling], s.Queue[ledger.Releasing],
		s.Queue[ledger.Discarding])
	return err
}
