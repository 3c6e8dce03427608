package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

func newQuarantine() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "quarantine",
		Aliases: []string{"q"},
		Short:   "List, show, release and discard held and delayed mail",
		Args:    cobra.NoArgs,
		RunE:    needSubcommand,
	}
	cmd.AddCommand(newQuarantineList(), newQuarantineShow(),
		newDecision(decision{verb: "release", done: "released", to: ledger.Releasing,
			short: "Let mail go to its recipients, and learn it as the owner's own"}),
		newDecision(decision{verb: "discard", done: "discarded", to: ledger.Discarding,
			short: "Delete mail from the MTA's queue; nothing is learned from it"}))
	return cmd
}

// needSubcommand is what a command that only groups others does by itself.
func needSubcommand(cmd *cobra.Command, _ []string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return usageError{fmt.Errorf("%s needs one of: %s", cmd.CommandPath(), strings.Join(names, ", "))}
}

// openStates are those of mail that is still in the queue.
var openStates = []ledger.State{ledger.Delayed, ledger.Recalling, ledger.Held, ledger.Releasing,
	ledger.Discarding}

// allStates in the order of a hold's life.
var allStates = append(slices.Clone(openStates), ledger.Released, ledger.Discarded, ledger.Vanished,
	ledger.Gone, ledger.Passed)

// filterFlags are the same on list, release and discard.
type filterFlags struct {
	sender    string
	incident  string
	since     string
	until     string
	host      string
	minPoints float64
	states    []string
}

func (f *filterFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.sender, "sender", "", "only mail of this `ACCOUNT`")
	fl.StringVar(&f.incident, "incident", "", "only mail of this incident, by `NUMBER`")
	fl.StringVar(&f.since, "since", "", "only mail from this `TIME` on: 2h or 3d ago, or a date")
	fl.StringVar(&f.until, "until", "", "only mail before this `TIME`")
	fl.StringVar(&f.host, "host", "", "only mail with an unusual link to this `DOMAIN`")
	fl.Float64Var(&f.minPoints, "min-points", 0, "only mail of at least so many points")
	fl.StringSliceVar(&f.states, "state", nil, "only mail in these states: "+stateNames())
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(
		strings.Split(stateNames(), ", "), cobra.ShellCompDirectiveNoFileComp)))
}

func stateNames() string {
	names := make([]string, len(allStates))
	for i, s := range allStates {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

// given says whether any filter was set.
func (f *filterFlags) given() bool {
	return f.sender+f.incident+f.since+f.until+f.host != "" || f.minPoints != 0 || len(f.states) > 0
}

// filter turns flags and ids into the store's words. Mistakes are usage errors.
func (f *filterFlags) filter(ids []string, now time.Time) (ledger.HoldFilter, error) {
	out := ledger.HoldFilter{Sender: f.sender, Host: f.host, MinPoints: f.minPoints}
	var errs []error
	for _, id := range ids {
		n, err := parseID("H", id)
		errs = append(errs, err)
		out.IDs = append(out.IDs, n)
	}
	if f.incident != "" {
		var err error
		out.Incident, err = parseID("I", f.incident)
		errs = append(errs, err)
	}
	var err error
	out.Since, err = parseTime("--since", f.since, now)
	errs = append(errs, err)
	out.Until, err = parseTime("--until", f.until, now)
	errs = append(errs, err)
	for _, s := range f.states {
		if !slices.Contains(allStates, ledger.State(s)) {
			errs = append(errs, fmt.Errorf("--state %q is not one of: %s", s, stateNames()))
		}
		out.States = append(out.States, ledger.State(s))
	}
	if err := errors.Join(errs...); err != nil {
		return out, usageError{err}
	}
	return out, nil
}

// parseID reads "H12" or "12".
func parseID(letter, text string) (int64, error) {
	digits := strings.TrimPrefix(strings.ToUpper(text), letter)
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is not an id such as %s12", text, letter)
	}
	return n, nil
}

// parseTime reads a span before now ("2h", "3d"), a date, a date with a time, or
// RFC 3339. Without a zone it is the machine's. "" is the zero time.
func parseTime(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := config.ParseDuration(text); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q is not a time: write 2h, 3d, 2026-11-17,"+
		" \"2026-11-17 10:00\" or RFC 3339", flag, text)
}

// completeIDs offers the ids of open holds to the shell.
func completeIDs(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	var list []string
	err := withStore(cmd, func(_ config.Config, db *store.DB) error {
		holds, err := db.Holds(cmd.Context(), ledger.HoldFilter{States: openStates})
		for i := range holds {
			list = append(list, holds[i].Name()+"\t"+holds[i].Record.Envelope.Sender)
		}
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}
