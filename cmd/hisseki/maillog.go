package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/internal/jsonl"
	"hisseki/internal/wiring"
	"hisseki/maillog"
	signin "hisseki/signin/command"
	"hisseki/store"
)

func newMaillog() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "maillog",
		Short: "Read what Postfix and Dovecot logged",
		Args:  noArgs,
		RunE:  needSubcommand,
	}
	cmd.AddCommand(newMaillogImport())
	return cmd
}

func newSignin() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "signin",
		Short: "Read the sign-in logs of clouds, groupware and webmail",
		Args:  noArgs,
		RunE:  needSubcommand,
	}
	shared := signin.Shared{With: withStore, Partly: errPartly, Usage: func(err error) error { return usageError{err} }}
	cmd.AddCommand(shared.Import())
	return cmd
}

func newMaillogImport() *cobra.Command {
	var host, zone string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Read whole log files, also compressed: what became of mail, who logged in",
		Long: "Read whole log files, also compressed ones. What the agent or an import has read of a\n" +
			"file before is skipped, also under another name. Give the oldest file first.",
		Args: someArgs("log files, the oldest first"),
		RunE: func(cmd *cobra.Command, files []string) error {
			where, err := time.LoadLocation(zone)
			if err != nil {
				return usageError{fmt.Errorf("--zone: %w: write a name such as Asia/Tokyo", err)}
			}
			return withStore(cmd, func(cfg config.Config, db *store.DB) error {
				p := &maillog.Parser{Zone: where, Normal: wiring.Identity(cfg).Normal}
				return importLogs(cmd, db, p, host, files, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&host, "host", "", "only mail of the MTA of this `NAME` (myhostname)")
	cmd.Flags().StringVar(&zone, "zone", "Local", "time `ZONE` of times without one")
	addJSON(cmd, &asJSON)
	return cmd
}

func importLogs(cmd *cobra.Command, db *store.DB, p *maillog.Parser, host string, files []string, asJSON bool) error {
	return maillog.ReadFiles(cmd.Context(), cmd.ErrOrStderr(), files, errPartly, func(file string) (func() error, error) {
		c, err := maillog.Import(cmd.Context(), p, db, host, file)
		return func() error {
			if asJSON {
				return jsonl.Write(cmd.OutOrStdout(), []maillog.Line{c.Line(file)})
			}
			line := c.Line(file)
			return line.Print(cmd.OutOrStdout())
		}, err
	})
}
