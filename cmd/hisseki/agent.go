package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"hisseki/daemon"
	"hisseki/internal/config"
	"hisseki/postfix"
)

func newAgent() *cobra.Command {
	var host string
	var once bool
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "Carry out decisions in Postfix's queue (as root, on each MTA host)",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(cmd)
			if err != nil {
				return err
			}
			err = runAgent(cmd, cfg, host, once)
			if errors.Is(err, context.Canceled) && cmd.Context().Err() != nil {
				return nil // told to stop
			}
			return err
		},
	}
	cmd.Flags().StringVar(&host, "host", "", "`NAME` of this MTA, by default Postfix's myhostname")
	cmd.Flags().BoolVar(&once, "once", false, "one round, then end")
	return cmd
}

func runAgent(cmd *cobra.Command, cfg config.Config, host string, once bool) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("the agent must be root: Postfix's postsuper serves nobody else")
	}
	ctx := cmd.Context()
	if host == "" {
		mta := postfix.Instance{ConfigDir: cfg.Agent.PostfixConfig}
		if host, err = mta.Hostname(ctx); err != nil {
			return fmt.Errorf("%w: give --host", err)
		}
	}
	db, err := openStore(ctx, cfg, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var level slog.LevelVar
	daemon.SetLevel(&level, cfg.Log.Level)
	agent := &daemon.Agent{Config: cfg, Store: db, Host: host,
		Log: daemon.NewLogger(cmd.ErrOrStderr(), cfg.Log.Format, &level, version)}
	if once {
		return agent.Once(ctx)
	}
	return agent.Run(ctx)
}
