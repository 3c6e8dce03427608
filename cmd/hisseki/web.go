package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"hisseki/daemon"
	"hisseki/internal/config"
	"hisseki/web/command"
)

// shared is what "web" and "reviewer" have in common with the other subcommands.
func shared() command.Shared {
	return command.Shared{With: withStore, Review: newReview, Actor: actor, Milter: dialMilter,
		Usage: func(err error) error { return usageError{err} }, Version: version, Words: inWords,
		Log: func(cmd *cobra.Command, cfg config.Config) *slog.Logger {
			var level slog.LevelVar
			daemon.SetLevel(&level, cfg.Log.Level)
			return daemon.NewLogger(cmd.ErrOrStderr(), cfg.Log.Format, &level, version)
		}}
}
