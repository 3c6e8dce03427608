package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/drill"
	"hisseki/internal/config"
	"hisseki/internal/history"
	"hisseki/internal/places"
	"hisseki/internal/wiring"
	"hisseki/replay"
	"hisseki/review"
	"hisseki/review/coverage"
	"hisseki/store"
)

type drillFlags struct {
	past     replayFlags // which archive, if any
	accounts []string
	limit    int
	recipes  []string
	client   string
	attacker string
	at       string
	keep     bool
	review   *review.Service // keeps what was found
	opt      drill.Options
	out      listFlags
}

func newDrill() *cobra.Command {
	var f drillFlags
	var names strings.Builder
	for _, r := range drill.Recipes {
		fmt.Fprintf(&names, "\n  %-14s  %s", r.Name, r.Short)
	}
	cmd := &cobra.Command{
		Use:   "drill [PATH... | --timeline FILE]",
		Short: "Play a simulated theft in every account, and show which are blind",
		Long: `Play a simulated theft in every account: an attacker's mail is composed in memory and
judged by the very same analyzer as serve, in mode enforce, against a copy of what the
store knows, or of what a replayed archive teaches. Nothing is learned, nothing is sent.

The recipes:` + names.String() + `

Exit code 3 says that some theft was not contained: none of its mails was held.`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if f.past.Timeline != "" && len(paths) > 0 {
				return usageError{errors.New("drill takes either paths or --timeline FILE, or neither")}
			}
			return runDrill(cmd, &f, paths)
		},
	}
	fl := cmd.Flags()
	fl.StringSliceVar(&f.recipes, "recipe", []string{drill.Recipes[0].Name},
		"`NAMES` of recipes, or all")
	fl.StringSliceVar(&f.accounts, "account", nil, "only these `ACCOUNTS`")
	fl.IntVar(&f.limit, "limit", 0, "only the `N` busiest accounts")
	fl.BoolVar(&f.opt.OwnNetwork, "own-network", false,
		"the attacker sends from where the account does")
	fl.StringVar(&f.attacker, "attacker", string(drill.Foreign), "whose computer and words the `ATTACKER`"+
		" uses: foreign (his own), webmail (a foreign network, the owner's mail form and words) or own"+
		" (the owner's network too); the last two need an archive")
	fl.StringVar(&f.client, "client", "", "the attacker's `ADDRESS` (default "+
		drill.DefaultClient.String()+")")
	fl.BoolVar(&f.past.noClient, "no-client", false, "withhold client addresses, as behind webmail")
	fl.StringVar(&f.at, "at", "", "`TIME` of the thefts (default: the account's usual hour)")
	fl.Uint64Var(&f.opt.Seed, "seed", 1, "`NUMBER` that all choices follow from")
	fl.StringVar(&f.past.Timeline, "timeline", "", "an archive: timeline.jsonl `FILE`")
	fl.StringVar(&f.past.Sender, "sender", "", "the `ACCOUNT` that sent all of PATH")
	fl.BoolVar(&f.keep, "keep", false, "keep the table for the page Coverage of hisseki web")
	f.out.add(cmd)
	completeAccounts(cmd, "account")
	cmd.MarkFlagsMutuallyExclusive("own-network", "client")
	cmd.MarkFlagsMutuallyExclusive("own-network", "attacker")
	cmd.MarkFlagsMutuallyExclusive("own-network", "no-client")
	cmd.MarkFlagsMutuallyExclusive("timeline", "sender")
	cmd.MarkFlagsMutuallyExclusive("timeline", "keep")
	return cmd
}

// read reads the flags that say how the attacker works.
func (f *drillFlags) read(now time.Time) error {
	var err error
	if f.opt.Attacker = drill.Attacker(f.attacker); !slices.Contains(drill.Attackers, f.opt.Attacker) {
		return fmt.Errorf("--attacker %q is not one of %v", f.attacker, drill.Attackers)
	}
	if f.client != "" {
		if f.opt.Client, err = netip.ParseAddr(f.client); err != nil {
			return fmt.Errorf("--client %q is not an IP address", f.client)
		}
	}
	if f.opt.Start, err = review.ParseTime(f.at, now); err != nil {
		return fmt.Errorf("--at %w", err)
	}
	if _, err := drill.FindAll(f.recipes); err != nil {
		return fmt.Errorf("--recipe %w", err)
	}
	f.opt.Now, f.opt.NoClient = now, f.past.noClient
	return nil
}

func runDrill(cmd *cobra.Command, f *drillFlags, paths []string) error {
	if err := f.read(time.Now()); err != nil {
		return usageError{err}
	}
	if f.keep && len(paths) > 0 {
		return usageError{errors.New("--keep keeps what the store's accounts showed: name no paths")}
	}
	if f.past.Timeline != "" || len(paths) > 0 {
		return onReplayGround(cmd, &f.past, paths, func(cfg config.Config, g *drill.Ground) error {
			return f.play(cmd, g, wiring.Identity(cfg).Normal)
		})
	}
	return onStoreGround(cmd, f.keep, func(cfg config.Config, db *store.DB, g *drill.Ground) error {
		s, err := newReview(cfg, db)
		if err != nil {
			return err
		}
		f.review = s
		return f.play(cmd, g, wiring.Identity(cfg).Normal)
	})
}

// onStoreGround runs do on the store, which is opened for looking only unless it is to be
// written.
func onStoreGround(cmd *cobra.Command, write bool,
	do func(config.Config, *store.DB, *drill.Ground) error) (err error) {
	cfg, err := settings(cmd)
	if err != nil {
		return err
	}
	open := lookStore
	if write {
		open = openExisting
	}
	db, err := open(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	files, err := places.Open(cfg.Places)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	ac, err := wiring.Analyzer(cmd.Context(), cfg, db, files)
	if err != nil {
		return err
	}
	g, err := drill.StoreGround(cmd.Context(), db, ac, analyzer.Mode(cfg.Mode), time.Now())
	if err != nil {
		return err
	}
	return do(cfg, db, g)
}

// onReplayGround learns an archive as replay does, and runs do on it.
func onReplayGround(cmd *cobra.Command, f *replayFlags, paths []string,
	do func(config.Config, *drill.Ground) error) (err error) {
	at, err := f.openSetting(cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.places.Close()) }()
	f.Words = inWords(cmd)
	past, total, err := history.Open(cmd.Context(), at.cfg, f.Options, paths, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, past.Close()) }()
	progress, end := progressBar(cmd.ErrOrStderr(), total)
	defer end()
	g, err := drill.ReplayGround(cmd.Context(), replay.Options{Source: past, Config: at.judge,
		NoClient: f.noClient, Progress: progress})
	end()
	if err != nil {
		return err
	}
	return do(at.cfg, g)
}

// play plays the recipes and prints what came of it.
func (f *drillFlags) play(cmd *cobra.Command, g *drill.Ground, normal func(string) string) error {
	recipes, err := g.Recipes(f.recipes)
	if err != nil {
		return err
	}
	names := make([]string, len(f.accounts))
	for i, name := range f.accounts {
		names[i] = normal(name)
	}
	accounts, missing := g.Choose(names, f.limit)
	if len(accounts) == 0 {
		return errNothing
	}
	progress, end := progressBar(cmd.ErrOrStderr(), len(accounts)*len(recipes))
	defer end()
	report, err := g.Play(cmd.Context(), f.opt, accounts, recipes, progress)
	end()
	if err != nil {
		return err
	}
	if f.keep {
		if err := f.review.KeepDrill(cmd.Context(), coverage.Drilled(report, f.opt.Now.UTC())); err != nil {
			return err
		}
	}
	if f.out.json {
		err = report.WriteJSON(cmd.OutOrStdout())
	} else {
		err = report.Write(f.out.screen(cmd), inWords(cmd))
	}
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: nothing is known of %s", errPartly, few(missing, 5))
	}
	if err := report.Verdict(); err != nil {
		return partly{err}
	}
	return nil
}

// partly is an error with the exit code for what could be done in part only.
type partly struct{ error }

func (partly) Is(target error) bool { return target == errPartly }
