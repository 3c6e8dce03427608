// Package wiring turns the settings into what the parts of hisseki are configured with: the
// analyzer, the milter's identities, hooks, the reviewers' key.
package wiring

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/config"
)

// Kept is what of an analyzer's configuration lies in the store.
type Kept interface {
	// Salt returns the secret that addresses and hosts are hashed with.
	Salt(ctx context.Context) ([]byte, error)
	// Thresholds returns what calibration set; zero fields follow history.
	Thresholds(ctx context.Context) (analyzer.Thresholds, error)
}

// Analyzer is what the settings and the store say to the analyzer.
func Analyzer(ctx context.Context, cfg config.Config, db Kept, locate analyzer.Locator,
) (analyzer.Config, error) {
	salt, err := db.Salt(ctx)
	if err != nil {
		return analyzer.Config{}, err
	}
	lines, err := Thresholds(ctx, cfg, db)
	if err != nil {
		return analyzer.Config{}, err
	}
	habits, err := Habits(cfg)
	if err != nil {
		return analyzer.Config{}, err
	}
	ceilings, err := Ceilings(cfg)
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
		Ceilings: ceilings,
	}, nil
}

// Replay is what the settings say to the analyzer of a replay, whose memory starts empty and
// is not kept: accounts are judged in mode enforce, and no clock but the mail's own counts.
func Replay(ctx context.Context, cfg config.Config, locate analyzer.Locator) (analyzer.Config,
	error) {
	c, err := Analyzer(ctx, cfg, nothingKept{}, locate)
	if err != nil {
		return c, err
	}
	c.Mode[analyzer.Account] = analyzer.Enforce
	c.Limits.Budget, c.Limits.Now = 0, nil
	c.Excerpt, c.NoText = 0, false // what is shown is not kept
	return c, nil
}

// nothingKept is a store of which nothing is known. Hashes that are never kept need no
// secret.
type nothingKept struct{}

func (nothingKept) Salt(context.Context) ([]byte, error) { return []byte("replay"), nil }

func (nothingKept) Thresholds(context.Context) (analyzer.Thresholds, error) {
	return analyzer.Thresholds{}, nil
}

// Thresholds are those that the configuration sets, then those that calibrate set; zero
// for the ones that follow history.
func Thresholds(ctx context.Context, cfg config.Config, db Kept) (analyzer.Thresholds, error) {
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

// Check refuses settings that are well-formed but cannot work.
func Check(cfg config.Config) error {
	if _, err := SealRecipient(cfg.Privacy); err != nil {
		return err
	}
	for _, name := range cfg.Verdict.Off { // a typo would leave a signal on
		if !analyzer.IsSignal(analyzer.Signal(name)) {
			return fmt.Errorf("verdict.off: there is no signal %q: write the name that the"+
				" evidence shows", name)
		}
	}
	return nil
}
