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

type agentFlags struct {
	host, config string
	queue, once  bool
}

func newAgent() *cobra.Command {
	var f agentFlags
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "Carry out decisions in Postfix's queue (as root, on each MTA host)",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(cmd)
			if err != nil {
				return err
			}
			if f.config != "" {
				cfg.Agent.PostfixConfig = f.config
			}
			err = runAgent(cmd, cfg, f)
			if errors.Is(err, context.Canceled) && cmd.Context().Err() != nil {
				return nil // told to stop
			}
			return err
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.host, "host", "", "`NAME` of this MTA, by default Postfix's myhostname")
	fl.StringVar(&f.config, "postfix-config", "", "Postfix's configuration `FOLDER`, of an instance")
	fl.BoolVar(&f.queue, "queue-only", false, "leave logs and hooks to another agent of this machine")
	fl.BoolVar(&f.once, "once", false, "one round, then end")
	return cmd
}

func runAgent(cmd *cobra.Command, cfg config.Config, f agentFlags) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("the agent must be root: Postfix's postsuper serves nobody else")
	}
	ctx := cmd.Context()
	if f.host == "" {
		mta := postfix.Instance{ConfigDir: cfg.Agent.PostfixConfig}
		if f.host, err = mta.Hostname(ctx); err != nil {
			return fmt.Errorf("%w: name the folder of main.cf in agent.postfix_config, or this MTA with --host",
				err)
		}
	}
	db, err := openStore(ctx, cfg, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var level slog.LevelVar
	daemon.SetLevel(&level, cfg.Log.Level)
	agent := &daemon.Agent{Config: cfg, Store: db, Host: f.host, QueueOnly: f.queue,
		Log: daemon.NewLogger(cmd.ErrOrStderr(), cfg.Log.Format, &level, version)}
	if f.once {
		return agent.Once(ctx)
	}
	return agent.Run(ctx)
}
