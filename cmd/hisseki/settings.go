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
	"hisseki/internal/wiring"
	"hisseki/internal/words"
	"hisseki/store"
	"hisseki/store/postgres"
)

// stateFolder returns where the database and the socket are by default: systemd's
// folder, else the machine's for root and for who reads the machine's configuration, else
// the user's (XDG base directories).
func stateFolder(configuration string) string {
	if dir := os.Getenv("STATE_DIRECTORY"); dir != "" {
		return filepath.SplitList(dir)[0]
	}
	if os.Geteuid() == 0 || configuration == machineConfig {
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
	fl.String("config", os.Getenv(configVariable), "configuration `FILE` ($"+configVariable+
		"), else "+machineConfig+" if it exists and --db names no other file")
	fl.String("db", "", "database `FILE`, overrides the configuration")
	fl.Var(new(words.Lang), "lang", "`LANGUAGE` of what people read: en or ja (default: as $LC_ALL, $LC_MESSAGES or $LANG say)")
	completeFlag(root, "lang", "en, ja")
}

// machineConfig is the configuration of the machine's hisseki: what the units read, and so
// every command, that both may speak of the same store and mode.
const machineConfig = "/etc/hisseki.toml"

// configVariable names the configuration; set and empty it means none at all.
const configVariable = "HISSEKI_CONFIG"

// configFile returns which configuration to read, or "" for the defaults. machine is where
// the machine's is. A database on a server is the machine's too, under another role:
// without its configuration two_person, grace and default_realm would not be in force for
// who decides with "--db postgres://hisseki_reviewer@...".
func configFile(cmd *cobra.Command, machine string) string {
	path, _ := cmd.Flags().GetString("config")
	_, set := os.LookupEnv(configVariable)
	db, _ := cmd.Flags().GetString("db")
	if path != "" || set || cmd.Flags().Changed("config") || cmd.Flags().Changed("db") && !postgres.IsURL(db) {
		return path
	}
	if _, err := os.Stat(machine); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return machine // whatever else is wrong with it, reading it says
}

// settings reads the configuration: defaults, then the file, then the flags.
func settings(cmd *cobra.Command) (config.Config, error) {
	path := configFile(cmd, machineConfig)
	cfg := config.Default(stateFolder(path))
	if path != "" {
		var err error
		if cfg, err = config.Load(path, cfg); err != nil {
			return cfg, err
		}
	}
	if db, _ := cmd.Flags().GetString("db"); db != "" {
		cfg.Database = db
		if path == "" && !postgres.IsURL(db) { // a store of its own gets a socket of its own
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
	db, err := store.Open(ctx, cfg.Database, store.Options{Signs: wiring.Signs(cfg), Existing: !create})
	return db, asWhom(err)
}

// openExisting opens the store for writing, and does not create one.
func openExisting(ctx context.Context, cfg config.Config) (*store.DB, error) {
	return openStore(ctx, cfg, false)
}

// lookStore opens the store for looking only: nothing can be written.
func lookStore(ctx context.Context, cfg config.Config) (*store.DB, error) {
	if err := storeExists(cfg); err != nil {
		return nil, err
	}
	db, err := store.OpenReadOnly(ctx, cfg.Database, store.Options{})
	return db, asWhom(err)
}

func storeExists(cfg config.Config) error {
	if postgres.IsURL(cfg.Database) {
		return nil // whoever opens it says what is wrong
	}
	_, err := os.Stat(cfg.Database)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no database at %s: name it with --db or --config,"+
			" or start hisseki serve first", cfg.Database)
	}
	if err != nil {
		return asWhom(fmt.Errorf("open store: %w", err))
	}
	return nil
}

// asWhom says what to do about a store that this user may not open.
func asWhom(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: run hisseki with sudo, or as the user of hisseki serve", err)
	}
	return err
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
