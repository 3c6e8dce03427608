package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/daemon"
	"hisseki/internal/config"
)

func newAgent() *cobra.Command {
	var host string
	var once bool
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "Carry out decisions in Postfix's queue (as root, on each MTA host)",
		Args:  cobra.NoArgs,
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
		if host, err = postfixHost(ctx, cfg.Agent.PostfixConfig); err != nil {
			return err
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

// postfixHost is how the MTA names itself, in the {j} macro too.
func postfixHost(ctx context.Context, configDir string) (string, error) {
	out, err := postconf(ctx, configDir, "-xh", "myhostname")
	if err != nil {
		return "", fmt.Errorf("%w: give --host", err)
	}
	return strings.TrimSpace(out), nil
}

// postconf asks Postfix for its configuration.
func postconf(ctx context.Context, configDir string, args ...string) (string, error) {
	if configDir != "" {
		args = append([]string{"-c", configDir}, args...)
	}
	path, err := exec.LookPath("postconf")
	if err != nil {
		path = "/usr/sbin/postconf" // not in everybody's PATH
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).Output()
	if err != nil {
		err = errors.Join(ctx.Err(), err)
		return "", fmt.Errorf("asking postconf %s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}
