package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/drill"
)

type drillFlags struct {
	past     replayFlags // which archive, if any
	accounts []string
	limit    int
	recipes  []string
	client   string
	own      bool
	hand     string
	at       string
	seed     uint64
	json     bool
}

func newDrill() *cobra.Command {
	var f drillFlags
	var names strings.Builder
	for _, r := range drill.Recipes {
		fmt.Fprintf(&names, "\n  %-10s  %s", r.Name, r.Short)
	}
	cmd := &cobra.Command{
		Use:   "drill [PATH... | --timeline FILE]",
		Short: "Play a simulated compromise in every account, and show which are blind",
		Long: `Play a simulated compromise in every account: a thief's mail is composed in memory and
judged by the very same analyzer as serve, in mode enforce, against a copy of what the
store knows, or of what a replayed archive teaches. Nothing is written, nothing is sent.

The recipes:` + names.String() + `

Exit code 3 says that some theft was not contained: none of its mails was held.`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if f.past.timeline != "" && len(paths) > 0 {
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
	fl.BoolVar(&f.own, "own-network", false, "the thief sends from where the account does")
	fl.StringVar(&f.hand, "hand", string(drill.Foreign), "whose computer and words: foreign, webmail"+
		" (a foreign network, the owner's mail form and words) or own (his network too); the last two"+
		" need an archive")
	fl.StringVar(&f.client, "client", "", "the thief's `ADDRESS` (default "+
		drill.DefaultClient.String()+")")
	fl.BoolVar(&f.past.noClient, "no-client", false, "withhold client addresses, as behind webmail")
	fl.StringVar(&f.at, "at", "", "`TIME` of the thefts (default: the account's usual hour)")
	fl.Uint64Var(&f.seed, "seed", 1, "`NUMBER` that all choices follow from")
	fl.StringVar(&f.past.timeline, "timeline", "", "an archive: timeline.jsonl `FILE`")
	fl.StringVar(&f.past.sender, "sender", "", "the `ACCOUNT` that sent all of PATH")
	addJSON(cmd, &f.json)
	cmd.MarkFlagsMutuallyExclusive("own-network", "client")
	cmd.MarkFlagsMutuallyExclusive("own-network", "hand")
	cmd.MarkFlagsMutuallyExclusive("own-network", "no-client")
	cmd.MarkFlagsMutuallyExclusive("timeline", "sender")
	return cmd
}

// findRecipes returns the recipes of names, or all.
func findRecipes(names []string) ([]drill.Recipe, error) {
	if slices.Equal(names, []string{"all"}) {
		return drill.Recipes, nil
	}
	var list []drill.Recipe
	for _, name := range names {
		r, ok := drill.Find(name)
		if !ok {
			return nil, usageError{fmt.Errorf("--recipe %s: no such recipe, see hisseki drill --help",
				name)}
		}
		list = append(list, r)
	}
	return list, nil
}

// options reads the flags that say how the thief works.
func (f *drillFlags) options(now time.Time) (opt drill.Options, err error) {
	opt = drill.Options{Seed: f.seed, OwnNetwork: f.own, NoClient: f.past.noClient, Now: now,
		Hand: drill.Hand(f.hand)}
	if !slices.Contains(drill.Hands, opt.Hand) {
		return opt, usageError{fmt.Errorf("--hand %q is not one of %v", f.hand, drill.Hands)}
	}
	if f.client != "" {
		if opt.Client, err = netip.ParseAddr(f.client); err != nil {
			return opt, usageError{fmt.Errorf("--client %q is not an IP address", f.client)}
		}
	}
	if f.at != "" {
		if opt.Start, err = parseTime("--at", f.at, now); err != nil {
			return opt, usageError{err}
		}
	}
	return opt, nil
}

func runDrill(cmd *cobra.Command, f *drillFlags, paths []string) (err error) {
	recipes, err := findRecipes(f.recipes)
	if err != nil {
		return err
	}
	opt, err := f.options(time.Now())
	if err != nil {
		return err
	}
	ground, err := openGround(cmd, &f.past, paths)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ground.Close()) }()
	if slices.Equal(f.recipes, []string{"all"}) {
		recipes = drill.Archived(recipes, ground.samples)
	}
	opt.Past, opt.Config, opt.Newest = ground.past, ground.config, ground.newest
	accounts, missing := f.choose(ground.accounts)
	if len(accounts) == 0 {
		return errNothing
	}
	report := &drillReport{ground: ground, recipes: recipes}
	progress, end := progressBar(cmd.ErrOrStderr(), len(accounts)*len(recipes))
	defer end()
	d := drill.New(opt)
	for _, a := range accounts {
		for _, r := range recipes {
			res, err := d.Run(cmd.Context(), a, r)
			switch {
			case drill.Impossible(err):
				report.skipped = append(report.skipped, err)
			case err != nil:
				return err
			default:
				report.results = append(report.results, res)
			}
			progress(len(report.results) + len(report.skipped))
		}
	}
	end()
	if err := report.write(cmd.OutOrStdout(), f.json); err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: nothing is known of %s", errPartly, few(missing, 5))
	}
	return report.verdict()
}

// choose returns the accounts that the flags name, and what it did not find.
func (f *drillFlags) choose(all []*drill.Account) (list []*drill.Account, missing []string) {
	if len(f.accounts) == 0 {
		list = all
	}
	for _, name := range f.accounts {
		i := slices.IndexFunc(all, func(a *drill.Account) bool {
			return a.Sender == strings.ToLower(name)
		})
		if i < 0 {
			missing = append(missing, name)
			continue
		}
		list = append(list, all[i])
	}
	return busiest(list, f.limit), missing
}

// busiest returns the first n of a list that begins with the busiest, 0 for all.
func busiest(list []*drill.Account, n int) []*drill.Account {
	if n > 0 && len(list) > n {
		return list[:n]
	}
	return list
}
