package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hisseki/daemon"
	"hisseki/doctor"
	"hisseki/internal/config"
	"hisseki/postfix"
)

func newDoctor() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check socket, Postfix, agent, store and databases, and say what to do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(cmd)
			if err != nil {
				return err
			}
			list := examiner(cfg, configFile(cmd, machineConfig)).Examine(cmd.Context())
			if asJSON {
				err = writeLines(cmd.OutOrStdout(), list)
			} else {
				err = printFindings(cmd.OutOrStdout(), list)
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

func printFindings(w io.Writer, list []doctor.Finding) error {
	t := newTable(w, "check", "state", "found")
	for _, f := range list {
		found := safe(f.Found, 200)
		if f.Do != "" {
			found += "\n-> " + f.Do
		}
		t.row(f.Check, t.paint(f.State), found)
	}
	return t.write()
}
