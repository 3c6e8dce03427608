package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/config"
	"hisseki/milter"
	"hisseki/store"
)

// analyzerConfig is what the settings say to the analyzer.
func analyzerConfig(ctx context.Context, cfg config.Config, db *store.DB, locate analyzer.Locator,
) (analyzer.Config, error) {
	salt, err := db.Salt(ctx)
	if err != nil {
		return analyzer.Config{}, err
	}
	lines, err := thresholds(ctx, cfg, db)
	if err != nil {
		return analyzer.Config{}, err
	}
	habits, err := cfg.Declared()
	if err != nil {
		return analyzer.Config{}, err
	}
	off := make(map[analyzer.Signal]bool, len(cfg.Verdict.Off))
	for _, name := range cfg.Verdict.Off {
		off[analyzer.Signal(name)] = true
	}
	return analyzer.Config{
		Salt: salt,
		Mode: map[analyzer.Class]analyzer.Mode{
			analyzer.Account:     analyzer.Mode(cfg.Mode),
			analyzer.Application: analyzer.Mode(cfg.Classes.Application),
			analyzer.Null:        analyzer.Mode(cfg.Classes.Null),
		},
		Thresholds: lines,
		Budget: analyzer.Budget{
			Holds:  float64(cfg.Budget.FalseHolds),
			Delays: float64(cfg.Budget.Delays),
		},
		Limits: content.Limits{
			Depth:     int(cfg.Limits.Depth),
			Parts:     int(cfg.Limits.Parts),
			PartBytes: int(cfg.Limits.PartBytes),
			TextBytes: int(cfg.Limits.TextBytes),
			URLs:      int(cfg.Limits.URLs),
			Budget:    time.Duration(cfg.Limits.Time),
			Now:       time.Now,
		},
		Locate:   locate,
		Off:      off,
		Excerpt:  int(cfg.Privacy.Excerpt),
		DelayFor: time.Duration(cfg.Verdict.DelayFor),
		NoText:   cfg.Privacy.NoText,
		Habits:   habits,
	}, nil
}

// thresholds are those that the configuration sets, then those that calibrate set; zero
// for the ones that follow history.
func thresholds(ctx context.Context, cfg config.Config, db *store.DB) (analyzer.Thresholds, error) {
	t, err := db.Thresholds(ctx)
	t = analyzer.Thresholds{
		Delay: cmp.Or(float64(cfg.Verdict.Delay), t.Delay),
		Hold:  cmp.Or(float64(cfg.Verdict.Hold), t.Hold),
		Sum:   cmp.Or(float64(cfg.Verdict.Sum), t.Sum),
	}
	if t.Hold > 0 { // one may be configured and the other calibrated
		t.Delay = min(t.Delay, t.Hold)
	}
	return t, err
}

// checkSignals refuses names of signals that are none: a typo would leave one on.
func checkSignals(names []string) error {
	for _, name := range names {
		if !analyzer.IsSignal(analyzer.Signal(name)) {
			return fmt.Errorf("verdict.off: there is no signal %q: write the name that the"+
				" evidence shows", name)
		}
	}
	return nil
}

func identity(cfg config.Config) *milter.Identity {
	id := &milter.Identity{
		DefaultRealm: cfg.Identity.DefaultRealm,
		Aliases:      make(map[string]string, len(cfg.Identity.Aliases)),
		ClientHeader: cfg.Identity.Webmail.Header,
	}
	for from, to := range cfg.Identity.Aliases {
		id.Aliases[strings.ToLower(from)] = strings.ToLower(to)
	}
	for _, n := range cfg.Identity.Webmail.Hosts {
		id.Webmail = append(id.Webmail, netip.Prefix(n))
	}
	return id
}

func setLevel(v *slog.LevelVar, level config.Level) {
	switch level {
	case "debug":
		v.Set(slog.LevelDebug)
	case "warn":
		v.Set(slog.LevelWarn)
	case "error":
		v.Set(slog.LevelError)
	default:
		v.Set(slog.LevelInfo)
	}
}
