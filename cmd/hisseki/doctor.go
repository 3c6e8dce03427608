package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/daemon"
	"hisseki/doctor"
	"hisseki/internal/config"
	"hisseki/internal/jsonl"
	"hisseki/internal/table"
	"hisseki/postfix"
)

func newDoctor() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check socket, Postfix, agent, store and databases, and say what to do",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(cmd)
			if err != nil {
				return err
			}
			list := examiner(cfg, configFile(cmd, machineConfig)).Examine(cmd.Context())
			if asJSON {
				err = jsonl.Write(cmd.OutOrStdout(), list)
			} else {
				err = printFindings((&listFlags{}).screen(cmd), list)
			}
			if n := doctor.Count(list, doctor.Bad); err == nil && n > 0 {
				err = fmt.Errorf("%s to repair", counted(n, "thing"))
			}
			return err
		},
	}
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

func printFindings(screen table.Screen, list []doctor.Finding) error {
	t := table.New(screen, table.Fixed("check"), table.Fixed("state"), table.Fixed("found"))
	for _, f := range list {
		found := safe(f.Found, 200)
		if f.Do != "" {
			found += "\n-> " + f.Do
		}
		t.Row(f.Check, screen.Paint(f.State), found)
	}
	return t.Write()
}
