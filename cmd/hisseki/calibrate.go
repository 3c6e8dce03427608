package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/calibration"
	"hisseki/drill"
	"hisseki/internal/config"
	"hisseki/internal/wiring"
	"hisseki/review"
	"hisseki/review/coverage"
	"hisseki/store"
)

type calibrateFlags struct {
	since   string
	show    bool
	apply   bool
	keep    bool
	reset   bool
	notch   float64
	recipes []string
	limit   int
	own     bool
	exclude []string
	reason  string
	out     listFlags

	selection calibration.Selection
	drilled   []drill.Recipe
	now       time.Time
}

func newCalibrate() *cobra.Command {
	var f calibrateFlags
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Set the thresholds by the journal, so that the budget is kept",
		Long: `Asks of every mail in the journal what other thresholds would have done with it: how many
ordinary mails a week each notch would have held and delayed, how sure that is, and, by a drill,
how many of an attacker's mails would have escaped. A released mail is ordinary; mail of confirmed incidents
and discarded mail is left out, as are undecided mail and what a rule decided.

Nothing is changed without --apply. Values in the configuration's [verdict] go before
calibrated ones; --reset lets the thresholds follow the history again.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.read(time.Now()); err != nil {
				return usageError{err}
			}
			return runCalibrate(cmd, &f)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.since, "since", "", "only mail since a `TIME` (default: the whole journal)")
	fl.StringSliceVar(&f.exclude, "exclude", nil,
		"leave `THEFTS` out that nobody confirmed: ACCOUNT, or ACCOUNT=TIME for a day from then")
	fl.BoolVar(&f.show, "show", false, "only show what really happened, against the budget")
	fl.BoolVar(&f.apply, "apply", false, "use the chosen thresholds from now on")
	fl.Float64Var(&f.notch, "notch", 0, "choose this `NOTCH` instead of what the budget says")
	fl.BoolVar(&f.keep, "keep", false, "keep the table for the page Coverage of hisseki web; --apply does so too")
	fl.BoolVar(&f.reset, "reset", false, "forget calibrated thresholds")
	fl.StringSliceVar(&f.recipes, "recipe", []string{"incident", "slow"},
		"`NAMES` of drill recipes, all or none")
	fl.IntVar(&f.limit, "limit", 20, "drill the `N` busiest accounts, 0 for all")
	fl.BoolVar(&f.own, "own-network", false, "the drill's attacker sends from where the account does")
	addReason(cmd, &f.reason)
	f.out.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("show", "apply", "reset")
	cmd.MarkFlagsMutuallyExclusive("show", "notch")
	cmd.MarkFlagsMutuallyExclusive("show", "keep")
	cmd.MarkFlagsMutuallyExclusive("reset", "keep")
	cmd.MarkFlagsMutuallyExclusive("reset", "notch")
	return cmd
}

// read reads the flags.
func (f *calibrateFlags) read(now time.Time) (err error) {
	f.now = now
	f.selection.All = f.show
	if f.selection.Since, err = review.ParseTime(f.since, now); err != nil {
		return fmt.Errorf("--since %w", err)
	}
	for _, text := range f.exclude {
		sender, from, _ := strings.Cut(text, "=")
		at, err := review.ParseTime(from, now)
		if err != nil {
			return fmt.Errorf("--exclude %w", err)
		}
		f.selection.Thefts = append(f.selection.Thefts, calibration.Theft{Sender: sender, From: at})
	}
	if len(f.recipes) == 1 && f.recipes[0] == "none" {
		return nil
	}
	if f.drilled, err = drill.FindAll(f.recipes); err != nil {
		return fmt.Errorf("--recipe %w", err)
	}
	return nil
}

func runCalibrate(cmd *cobra.Command, f *calibrateFlags) error {
	ctx := cmd.Context()
	if f.reset {
		return withStore(cmd, func(_ config.Config, db *store.DB) error {
			return db.SetThresholds(ctx, analyzer.Thresholds{}, actor().String(), f.reason)
		})
	}
	return onStoreGround(cmd, f.apply || f.keep, func(cfg config.Config, db *store.DB, g *drill.Ground) error {
		for i := range f.selection.Thefts {
			t := &f.selection.Thefts[i]
			t.Sender = wiring.Identity(cfg).Normal(t.Sender)
		}
		h, err := calibration.Read(ctx, db, f.selection)
		if errors.Is(err, calibration.ErrEmpty) {
			return fmt.Errorf("%w: %w", errNothing, err)
		}
		if err != nil {
			return err
		}
		budget := analyzer.Budget{Holds: float64(cfg.Budget.FalseHolds), Delays: float64(cfg.Budget.Delays)}
		if f.show {
			if f.out.json {
				return h.WriteActualJSON(cmd.OutOrStdout(), budget)
			}
			return h.WriteActual(f.out.screen(cmd), inWords(cmd), budget)
		}
		inForce, err := analyzer.New(g.Config, db).InForce(ctx)
		if err != nil {
			return err
		}
		return f.try(cmd, cfg, db, g, calibration.Try(h, inForce, budget))
	})
}

// try drills at the notches, reports, and applies what was chosen.
func (f *calibrateFlags) try(cmd *cobra.Command, cfg config.Config, db *store.DB, g *drill.Ground,
	t *calibration.Trial) error {
	ctx := cmd.Context()
	if f.notch != 0 && !t.ChooseNotch(f.notch) {
		return usageError{fmt.Errorf("--notch %v: there is no such notch in the table", f.notch)}
	}
	accounts, _ := g.Choose(nil, f.limit)
	progress, end := progressBar(cmd.ErrOrStderr(), len(t.Notches)*len(accounts)*len(f.drilled))
	defer end()
	opt := drill.Options{Now: f.now, Seed: 1, OwnNetwork: f.own}
	if err := t.Drill(ctx, g, opt, accounts, f.drilled, progress); err != nil {
		return err
	}
	end()
	if f.keep || f.apply {
		s, err := newReview(cfg, db)
		if err != nil {
			return err
		}
		if err := s.KeepDial(ctx, coverage.Dial(t, f.now.UTC())); err != nil {
			return err
		}
	}
	applied := f.apply && t.Fits
	if applied {
		if err := db.SetThresholds(ctx, t.Thresholds(), actor().String(), f.reason); err != nil {
			return err
		}
	}
	if err := f.write(cmd, cfg, t, applied); err != nil {
		return err
	}
	if !t.Fits {
		return fmt.Errorf("%w: no notch keeps the budget, so nothing is set: see by calibrate --show"+
			" whose mail it is; leave a known theft out with --exclude, or choose with --notch", errPartly)
	}
	return nil
}

func (f *calibrateFlags) write(cmd *cobra.Command, cfg config.Config, t *calibration.Trial, applied bool) error {
	if f.out.json {
		return t.WriteJSON(cmd.OutOrStdout())
	}
	return t.Write(f.out.screen(cmd), inWords(cmd), fixed(cfg), applied)
}

// fixed says whether the configuration sets thresholds.
func fixed(cfg config.Config) bool {
	v := cfg.Verdict
	return v.Hold != 0 || v.Sum != 0 || v.Delay != 0
}
