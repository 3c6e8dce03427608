package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/daemon"
	"hisseki/doctor"
	"hisseki/internal/config"
	"hisseki/internal/jsonl"
	"hisseki/postfix"
)

func newDoctor() *cobra.Command {
	var asJSON, undo bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check socket, Postfix, agent, store and databases, and say what to do",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(cmd)
			if err != nil {
				return err
			}
			look := examiner(cfg, configFile(cmd, machineConfig))
			examine := look.Examine
			if undo {
				examine = look.Undo
			}
			list := examine(cmd.Context())
			if asJSON {
				err = jsonl.Write(cmd.OutOrStdout(), list)
			} else {
				err = doctor.Write((&listFlags{}).screen(cmd), list)
			}
			if n := doctor.Count(list, doctor.Bad); err == nil && n > 0 {
				err = fmt.Errorf("%s to repair", counted(n, "thing"))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&undo, "undo", false, "say whether hisseki may be taken out: docs/howto.md")
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
