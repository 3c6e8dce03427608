package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/calibration"
	"hisseki/drill"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

type calibrateFlags struct {
	since   string
	show    bool
	apply   bool
	reset   bool
	notch   float64
	recipes []string
	limit   int
	own     bool
	exclude []string
	reason  string
	json    bool
}

func newCalibrate() *cobra.Command {
	var f calibrateFlags
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Set the thresholds by the journal, so that the budget is kept",
		Long: `Ask of every mail in the journal what other thresholds had done with it: how many ordinary
mails a week each notch had held and delayed, how sure that is, and, by a drill, how many
of a thief's mails had escaped. A released mail is ordinary; mail of confirmed incidents
and discarded mail is left out, as are undecided mail and what a rule decided.

Nothing is changed without --apply. Values in the configuration's [verdict] go before
calibrated ones; --reset lets the thresholds follow the history again.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCalibrate(cmd, &f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.since, "since", "", "only mail since a `TIME` (default: the whole journal)")
	fl.StringSliceVar(&f.exclude, "exclude", nil,
		"leave `THEFTS` out that nobody confirmed: ACCOUNT, or ACCOUNT=TIME for a day from then")
	fl.BoolVar(&f.show, "show", false, "only show what really happened, against the budget")
	fl.BoolVar(&f.apply, "apply", false, "use the chosen thresholds from now on")
	fl.Float64Var(&f.notch, "notch", 0, "choose this `NOTCH` instead of what the budget says")
	fl.BoolVar(&f.reset, "reset", false, "forget calibrated thresholds")
	fl.StringSliceVar(&f.recipes, "recipe", []string{"incident", "slow"},
		"`NAMES` of drill recipes, all or none")
	fl.IntVar(&f.limit, "limit", 20, "drill the `N` busiest accounts, 0 for all")
	fl.BoolVar(&f.own, "own-network", false, "the drill's thief sends from where the account does")
	addReason(cmd, &f.reason)
	addJSON(cmd, &f.json)
	cmd.MarkFlagsMutuallyExclusive("show", "apply", "reset")
	cmd.MarkFlagsMutuallyExclusive("show", "notch")
	cmd.MarkFlagsMutuallyExclusive("reset", "notch")
	return cmd
}

func runCalibrate(cmd *cobra.Command, f *calibrateFlags) (err error) {
	now := time.Now()
	since, err := parseTime("--since", f.since, now)
	if err != nil {
		return usageError{err}
	}
	thefts, err := f.thefts(now)
	if err != nil {
		return usageError{err}
	}
	recipes, err := f.drilled()
	if err != nil {
		return err
	}
	cfg, err := settings(cmd)
	if err != nil {
		return err
	}
	db, err := f.open(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if f.reset {
		return db.SetThresholds(cmd.Context(), analyzer.Thresholds{}, actor().String(), f.reason)
	}
	c := &calibrator{cmd: cmd, cfg: cfg, db: db, flags: f, now: now, thefts: thefts}
	if err := c.read(since); err != nil {
		return err
	}
	if f.show {
		return c.show()
	}
	return c.run(recipes)
}

// open opens the store for looking only, unless something is to be set.
func (f *calibrateFlags) open(ctx context.Context, cfg config.Config) (*store.DB, error) {
	if f.apply || f.reset {
		return openStore(ctx, cfg, false)
	}
	return lookStore(ctx, cfg)
}

// drilled returns the drill recipes that the flags name.
func (f *calibrateFlags) drilled() ([]drill.Recipe, error) {
	if len(f.recipes) == 1 && f.recipes[0] == "none" {
		return nil, nil
	}
	return findRecipes(f.recipes)
}

// theft is mail of a thief that no incident says to be one.
type theft struct {
	sender string
	from   time.Time // zero for all of the sender's mail
}

// thefts reads --exclude.
func (f *calibrateFlags) thefts(now time.Time) ([]theft, error) {
	var list []theft
	for _, text := range f.exclude {
		sender, from, _ := strings.Cut(text, "=")
		at, err := parseTime("--exclude", from, now)
		if err != nil {
			return nil, err
		}
		list = append(list, theft{strings.ToLower(sender), at})
	}
	return list, nil
}

func (t theft) has(m *ledger.Judged) bool {
	return m.Sender == t.sender && (t.from.IsZero() ||
		!m.At.Before(t.from) && m.At.Before(t.from.Add(24*time.Hour)))
}

// calibrator is one run.
type calibrator struct {
	cmd     *cobra.Command
	cfg     config.Config
	db      *store.DB
	flags   *calibrateFlags
	now     time.Time
	thefts  []theft
	history calibration.History
}

// warmUp returns how many of the journal's first mails were judged while the organisation
// was still unknown.
func (c *calibrator) warmUp() (int, error) {
	org, _, err := c.db.Profile(c.cmd.Context(), "")
	if err != nil {
		return 0, err
	}
	senders, err := c.db.Senders(c.cmd.Context(), ledger.SenderFilter{})
	before := org.Mails() // learned, and purged since
	for _, s := range senders {
		before -= s.Learned
	}
	return max(0, analyzer.WarmUp-before), err
}

// read takes the journal's mail of accounts in.
func (c *calibrator) read(since time.Time) error {
	left := 0
	if since.IsZero() && !c.flags.show {
		var err error
		if left, err = c.warmUp(); err != nil {
			return err
		}
	}
	err := c.db.EachJudged(c.cmd.Context(), since, func(m *ledger.Judged) error {
		v, fate := &m.Verdict, fateOf(m)
		if left > 0 {
			left--
			fate = calibration.WarmUp
		}
		if slices.ContainsFunc(c.thefts, func(t theft) bool { return t.has(m) }) {
			fate = calibration.Attack
		}
		c.history.Add(calibration.Mail{At: m.At, Sender: m.Sender, Points: v.Points,
			Sum: v.Sum, Lure: v.Lure, Fate: fate,
			Held:    m.Promoted || v.Would == analyzer.Hold,
			Delayed: v.Would == analyzer.Delay})
		return nil
	})
	if err == nil && len(c.history.Mails) == 0 {
		err = fmt.Errorf("%w: the journal has no ordinary mail of accounts after its first %d",
			errNothing, c.history.WarmUp)
	}
	return err
}

// fateOf says what is known of a mail today.
func fateOf(m *ledger.Judged) calibration.Fate {
	switch {
	case m.Confirmed, m.State == ledger.Discarding, m.State == ledger.Discarded:
		return calibration.Attack
	case m.State == ledger.Held, m.State == ledger.Recalling, m.State == ledger.Gone:
		return calibration.Undecided
	case m.Verdict.Cause == "rule", m.Verdict.Cause == "habit":
		return calibration.Ruled
	}
	return calibration.Ordinary
}

func (c *calibrator) budget() analyzer.Budget {
	return analyzer.Budget{Holds: float64(c.cfg.Budget.FalseHolds),
		Delays: float64(c.cfg.Budget.Delays)}
}

// run tries the notches, drills at each, reports, and applies what was chosen.
func (c *calibrator) run(recipes []drill.Recipe) (err error) {
	ctx := c.cmd.Context()
	g, err := storeGround(ctx, c.cfg, c.db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	inForce, err := analyzer.New(g.config, c.db).InForce(ctx)
	if err != nil {
		return err
	}
	r := &calibrateReport{calibrator: c, notches: c.history.Notches(inForce),
		drills: make(map[int]drill.Total)}
	r.hold, r.delay, r.fits = calibration.Choose(r.notches, c.budget())
	if c.flags.notch != 0 {
		if r.hold, r.fits = r.find(c.flags.notch); !r.fits {
			return usageError{fmt.Errorf("--notch %v: there is no such notch in the table", c.flags.notch)}
		}
		r.delay = r.hold
	}
	if err := c.drills(g, recipes, r); err != nil {
		return err
	}
	if c.flags.apply && r.fits {
		r.applied = true
		t := calibration.Merge(r.notches, r.hold, r.delay)
		if err := c.db.SetThresholds(ctx, t, actor().String(), c.flags.reason); err != nil {
			return err
		}
	}
	if err := r.write(c.cmd.OutOrStdout()); err != nil {
		return err
	}
	if !r.fits {
		return fmt.Errorf("%w: no notch keeps the budget, so nothing is set: see by calibrate --show"+
			" whose mail it is; leave a known theft out with --exclude, or choose with --notch", errPartly)
	}
	return nil
}

// drills plays the recipes at every notch.
func (c *calibrator) drills(g *ground, recipes []drill.Recipe, r *calibrateReport) error {
	accounts := busiest(g.accounts, c.flags.limit)
	progress, end := progressBar(c.cmd.ErrOrStderr(), len(r.notches)*len(accounts)*len(recipes))
	defer end()
	done := 0
	for i := range r.notches {
		opt := drill.Options{Past: c.db, Config: g.config, Newest: g.newest, Now: c.now, Seed: 1,
			OwnNetwork: c.flags.own}
		opt.Config.Thresholds = r.notches[i].Thresholds
		d := drill.New(opt)
		var results []*drill.Result
		for _, a := range accounts {
			for _, recipe := range recipes {
				res, err := d.Run(c.cmd.Context(), a, recipe)
				if err != nil && !drill.Impossible(err) {
					return err
				}
				if err == nil {
					results = append(results, res)
				}
				done++
				progress(done)
			}
		}
		if len(results) > 0 {
			r.drills[i] = drill.Sum(results)
		}
	}
	return nil
}
