package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"hisseki/daemon"
	"hisseki/internal/config"
	"hisseki/internal/wiring"
	"hisseki/store"
	storecommand "hisseki/store/command"
)

func newBackup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the store to a new file, also while serve runs, and check the copy",
		Long: `Copy the store to a new file of mode 0600, of one moment whoever writes meanwhile, and check the
copy. The configuration and the reviewers' key (privacy.excerpt_identity) are not in it: docs/upgrade.md.`,
		Args: oneArg("FILE"),
		RunE: withSettings(func(cmd *cobra.Command, cfg config.Config, args []string) error {
			// Who takes everything away is in the audit log, but only an older serve writes to its.
			err := withStore(cmd, func(_ config.Config, db *store.DB) error {
				return db.Audit(cmd.Context(), actor().String(), "backup", "store", "to "+args[0])
			})
			if err != nil && !errors.Is(err, store.ErrOlder) {
				return err
			}
			c, err := store.Backup(cmd.Context(), cfg.Database, args[0])
			return printStore(cmd, c, err)
		}),
	}
}

func newRestore() *cobra.Command {
	r := store.Restoring{}
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Check a backup and put it in the store's place",
		Long: `Check a backup and put a copy of it in the store's place. A store that is there is put aside with
--replace, and never while serve, the agent or anything else has it open. What was under way when
the backup was made (releases, discards, delays) waits for a person.`,
		Args: oneArg("FILE"),
		RunE: withSettings(func(cmd *cobra.Command, cfg config.Config, args []string) error {
			r.From, r.To, r.By, r.Now = args[0], cfg.Database, actor().String(), time.Now()
			r.Signs = wiring.Signs(cfg)
			out, err := store.Restore(cmd.Context(), r)
			if err := printStore(cmd, out.Checked, err); err != nil {
				return err
			}
			if out.Aside != "" {
				sayLine(cmd, fmt.Sprintf("the store that was there is %s", out.Aside))
			}
			if out.Waiting > 0 {
				sayLine(cmd, fmt.Sprintf("%s had been decided or delayed: see quarantine list", counted(out.Waiting, "mail")))
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&r.Replace, "replace", false, "put a store that is there aside")
	return cmd
}

func newCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check the whole store, or a backup, and change nothing",
		Args:  atMostOne("FILE"),
		RunE: withSettings(func(cmd *cobra.Command, cfg config.Config, args []string) error {
			c, err := store.Check(cmd.Context(), append(args, cfg.Database)[0])
			return printStore(cmd, c, err)
		}),
	}
}

func newMigrate() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring a store of an older hisseki up to date, as serve does at its start",
		Args:  noArgs,
		RunE: withSettings(func(cmd *cobra.Command, cfg config.Config, _ []string) error {
			if err := storeExists(cfg); err != nil {
				return err
			}
			db, err := store.Open(cmd.Context(), cfg.Database, store.Options{Migrate: true})
			if err == nil {
				err = db.Close()
			}
			if err != nil {
				return asWhom(err)
			}
			c, err := store.Check(cmd.Context(), cfg.Database)
			return printStore(cmd, c, err)
		}),
	}
}

func newStore() *cobra.Command {
	return storecommand.Shared{Settings: settings, Actor: func() string { return actor().String() }, NoArgs: noArgs,
		Group: needSubcommand, Alive: daemon.StaleAfter, Usage: func(err error) error { return usageError{err} }}.Store()
}

// withSettings runs a subcommand that needs no open store.
func withSettings(do func(*cobra.Command, config.Config, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		cfg, err := settings(cmd)
		if err != nil {
			return err
		}
		return do(cmd, cfg, args)
	}
}

// printStore says what a look at a whole store found.
func printStore(cmd *cobra.Command, c store.Checked, err error) error {
	if err == nil {
		sayLine(cmd, c.String())
	}
	return asWhom(err)
}
