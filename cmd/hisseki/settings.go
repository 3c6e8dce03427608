package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/store"
)

// stateFolder returns where the database and the socket are by default: systemd's
// folder, else the system's for root, else the user's (XDG base directories).
func stateFolder() string {
	if dir := os.Getenv("STATE_DIRECTORY"); dir != "" {
		return filepath.SplitList(dir)[0]
	}
	if os.Geteuid() == 0 {
		return "/var/lib/hisseki"
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "hisseki")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "hisseki"
	}
	return filepath.Join(home, ".local", "state", "hisseki")
}

// addSettingsFlags adds the flags that every subcommand knows.
func addSettingsFlags(root *cobra.Command) {
	fl := root.PersistentFlags()
	fl.String("config", os.Getenv("HISSEKI_CONFIG"), "configuration `FILE` ($HISSEKI_CONFIG)")
	fl.String("db", "", "database `FILE`, overrides the configuration")
}

// settings reads the configuration: defaults, then the file, then the flags.
func settings(cmd *cobra.Command) (config.Config, error) {
	cfg := config.Default(stateFolder())
	path, _ := cmd.Flags().GetString("config")
	if path != "" {
		var err error
		if cfg, err = config.Load(path, cfg); err != nil {
			return cfg, err
		}
	}
	if db, _ := cmd.Flags().GetString("db"); db != "" {
		cfg.Database = db
		if path == "" { // a store of its own gets a socket of its own
			cfg.Milter.Listen = config.Address{Network: "unix",
				Name: filepath.Join(filepath.Dir(db), "milter.sock")}
		}
	}
	return cfg, nil
}

// openStore opens the store that the settings name. A subcommand that only looks does
// not create one.
func openStore(ctx context.Context, cfg config.Config, create bool) (*store.DB, error) {
	if !create {
		if err := storeExists(cfg); err != nil {
			return nil, err
		}
	}
	return store.Open(ctx, cfg.Database, store.Options{})
}

// lookStore opens the store for looking only: nothing can be written.
func lookStore(ctx context.Context, cfg config.Config) (*store.DB, error) {
	if err := storeExists(cfg); err != nil {
		return nil, err
	}
	return store.OpenReadOnly(ctx, cfg.Database, store.Options{})
}

func storeExists(cfg config.Config) error {
	if _, err := os.Stat(cfg.Database); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no database at %s: name it with --db or --config,"+
			" or start hisseki serve first", cfg.Database)
	}
	return nil
}

// withStore runs a subcommand on the store and closes it.
func withStore(cmd *cobra.Command, do func(config.Config, *store.DB) error) (err error) {
	cfg, err := settings(cmd)
	if err != nil {
		return err
	}
	db, err := openStore(cmd.Context(), cfg, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(cfg, db)
}
