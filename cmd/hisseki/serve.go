package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/daemon"
	"hisseki/internal/config"
	"hisseki/internal/places"
	"hisseki/internal/wiring"
	"hisseki/store"
)

type serveFlags struct {
	listen string
	mode   string
	check  bool
	clock  string
}

func newServe() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer the MTA: judge every mail, record it, and hold in mode enforce",
		Long: `Answer the MTA as a milter. Without a configuration it runs on safe defaults in the
current user's state folder, in mode observe: nothing is held.

SIGHUP reads the configuration again; SIGTERM lets the mails in flight end first.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runServe(cmd, f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.listen, "listen", "", "`ADDRESS`: inet:HOST:PORT, unix:PATH or systemd")
	fl.StringVar(&f.mode, "mode", "", "`MODE` for accounts: observe or enforce")
	fl.BoolVar(&f.check, "check-config", false, "check the configuration and end")
	fl.StringVar(&f.clock, "clock", "", "simulated time of mail, TIME@RATE")
	cobra.CheckErr(fl.MarkHidden("clock"))
	return cmd
}

// load reads the settings with serve's own flags on top.
func (f serveFlags) load(cmd *cobra.Command) (config.Config, error) {
	cfg, err := settings(cmd)
	if err != nil {
		return cfg, err
	}
	if f.listen != "" {
		if err := cfg.Milter.Listen.UnmarshalText([]byte(f.listen)); err != nil {
			return cfg, usageError{fmt.Errorf("--listen: %w", err)}
		}
	}
	if f.mode != "" {
		if f.mode != string(analyzer.Observe) && f.mode != string(analyzer.Enforce) {
			return cfg, usageError{fmt.Errorf("--mode: %q is not observe or enforce", f.mode)}
		}
		cfg.Mode = config.Mode(f.mode)
	}
	return cfg, wiring.Check(cfg)
}

func runServe(cmd *cobra.Command, f serveFlags) (err error) {
	cfg, err := f.load(cmd)
	if err != nil {
		return err
	}
	clock, err := daemon.ParseClock(f.clock, time.Now)
	if err != nil {
		return usageError{err}
	}
	if f.check {
		return checkConfig(cmd, cfg)
	}
	var level slog.LevelVar
	daemon.SetLevel(&level, cfg.Log.Level)
	srv := daemon.NewServe(daemon.ServeOptions{
		Load: func() (config.Config, error) { return f.load(cmd) }, Clock: clock,
		Log:   daemon.NewLogger(cmd.ErrOrStderr(), cfg.Log.Format, &level, version),
		Level: &level, Version: version,
	})
	db, err := store.Open(cmd.Context(), cfg.Database, store.Options{Log: srv.Log,
		Migrate: true,
		Version: version, Committed: srv.Committed, Panicked: srv.Panicked})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return srv.Run(cmd.Context(), cfg, db)
}

// checkConfig looks at what the settings name, too.
func checkConfig(cmd *cobra.Command, cfg config.Config) error {
	files, err := places.Open(cfg.Places)
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), "configuration is fine")
	return files.Close()
}
