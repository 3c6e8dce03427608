package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"hisseki/daemon"
	"hisseki/doctor"
	"hisseki/internal/config"
	"hisseki/internal/jsonl"
	"hisseki/postfix"
)

func newDoctor() *cobra.Command {
	var asJSON, undo bool
	trial := doctor.Trial{Now: time.Now}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check socket, Postfix, agent, store and databases, and say what to do",
		Long: `Check socket, Postfix, agent, store and databases, and say what to do. Nothing is changed.

With --send-test a harmless mail is sent to your own address, the way mail of accounts goes with
--user (the password is asked for, or read from standard input), and followed: taken by Postfix,
seen by hisseki as whose, delivered by the mail log.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(cmd)
			if err != nil {
				return err
			}
			look := examiner(cfg, configFile(cmd, machineConfig))
			examine := look.Examine
			switch {
			case undo:
				examine = look.Undo
			case trial.To != "":
				if trial.User != "" {
					if trial.Password, err = secret(cmd, "password of "+trial.User); err != nil {
						return err
					}
				}
				examine = func(ctx context.Context) []doctor.Finding { return look.Try(ctx, trial) }
			}
			list := examine(cmd.Context())
			if asJSON {
				err = jsonl.Write(cmd.OutOrStdout(), list)
			} else {
				err = doctor.Write((&listFlags{}).screen(cmd), inWords(cmd), list)
			}
			if n := doctor.Count(list, doctor.Bad); err == nil && n > 0 {
				err = fmt.Errorf("%s to repair", counted(n, "thing"))
			}
			return err
		},
	}
	fl := cmd.Flags()
	fl.BoolVar(&undo, "undo", false, "say whether hisseki may be taken out: docs/howto.md")
	fl.StringVar(&trial.To, "send-test", "", "send a harmless mail to your own `ADDRESS` and follow it")
	fl.StringVar(&trial.User, "user", "", "with --send-test: log in as this `ACCOUNT`")
	fl.StringVar(&trial.Server, "server", "", "with --send-test: `HOST:PORT`, else a service of Postfix that asks hisseki")
	fl.DurationVar(&trial.Patience, "wait", 0, "with --send-test: how long to wait for each step (default 30s)")
	cmd.MarkFlagsMutuallyExclusive("undo", "send-test")
	addJSON(cmd, &asJSON)
	return cmd
}

func examiner(cfg config.Config, file string) *doctor.Doctor {
	return &doctor.Doctor{
		Config: cfg, File: file, Dial: dialMilter, StaleAfter: daemon.StaleAfter,
		Postfix: postfix.Instance{ConfigDir: cfg.Agent.PostfixConfig},
		OpenStore: func(ctx context.Context) (doctor.Store, error) {
			return openStore(ctx, cfg, false)
		},
	}
}
