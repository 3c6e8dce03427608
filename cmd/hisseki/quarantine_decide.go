package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/daemon"
	"hisseki/internal/config"
	"hisseki/internal/term"
	"hisseki/ledger"
	"hisseki/store"
)

// decision is release or discard.
type decision struct {
	verb, done, short string
	to                ledger.State
	filters           filterFlags
	dryRun, yes, json bool
	reason            string
}

func newDecision(d decision) *cobra.Command {
	cmd := &cobra.Command{
		Use:               d.verb + " [ID...]",
		Short:             d.short,
		ValidArgsFunction: completeIDs,
	}
	cmd.RunE = func(cmd *cobra.Command, ids []string) error {
		if len(ids) == 0 && !d.filters.given() {
			return usageError{fmt.Errorf("%s needs ids or a filter such as --sender", d.verb)}
		}
		return withStore(cmd, func(_ config.Config, db *store.DB) error {
			return d.run(cmd, db, ids)
		})
	}
	d.filters.add(cmd)
	fl := cmd.Flags()
	fl.BoolVarP(&d.dryRun, "dry-run", "n", false, "only show what would be "+d.done)
	fl.BoolVarP(&d.yes, "yes", "y", false, "do not ask")
	fl.StringVar(&d.reason, "reason", "", "`TEXT` for the audit log")
	addJSON(cmd, &d.json)
	return cmd
}

func (d *decision) run(cmd *cobra.Command, db *store.DB, ids []string) error {
	filter, err := d.filters.filter(ids, time.Now())
	if err != nil {
		return err
	}
	holds, err := db.Holds(cmd.Context(), filter)
	if err != nil {
		return err
	}
	found := len(holds)
	holds = slices.DeleteFunc(holds, func(h ledger.Hold) bool {
		return h.State != ledger.Held && h.State != ledger.Delayed
	})
	if len(holds) == 0 {
		if found > 0 {
			return fmt.Errorf("%w that can still be %s", errNothing, d.done)
		}
		return errNothing
	}
	if d.json && d.dryRun {
		return writeHolds(cmd.OutOrStdout(), holds)
	}
	if !d.json {
		if err := holdTable(cmd.OutOrStdout(), holds); err != nil {
			return err
		}
	}
	what := fmt.Sprintf("%s %s", counted(len(holds), "mail"), senders(holds))
	if d.dryRun {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "would %s %s\n", d.verb, what)
		return err
	}
	if !d.yes {
		if err := confirm(cmd, d.verb+" "+what); err != nil {
			return err
		}
	}
	missing := len(ids) > 0 && len(holds) < len(ids)
	return d.carryOut(cmd, db, holds, missing)
}

// carryOut decides each mail. The agent does the rest.
func (d *decision) carryOut(cmd *cobra.Command, db *store.DB, holds []ledger.Hold, missing bool) error {
	var decided []int64
	var errs []error
	for i := range holds {
		ok, err := db.Decide(cmd.Context(), holds[i].ID, d.to, actor(), d.reason)
		if err != nil {
			errs = append(errs, err)
		} else if ok {
			decided = append(decided, holds[i].ID)
		}
	}
	if err := d.tell(cmd, db, decided); err != nil {
		return err
	}
	warnAgent(cmd.Context(), cmd.ErrOrStderr(), db)
	if len(decided) == 0 && len(errs) > 0 {
		return errors.Join(errs...)
	}
	if len(decided) < len(holds) || missing {
		return errors.Join(append(errs, errPartly)...)
	}
	return nil
}

func (d *decision) tell(cmd *cobra.Command, db *store.DB, decided []int64) error {
	if !d.json {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s will be %s\n", counted(len(decided), "mail"), d.done)
		return err
	}
	if len(decided) == 0 {
		return nil
	}
	holds, err := db.Holds(cmd.Context(), ledger.HoldFilter{IDs: decided})
	if err != nil {
		return err
	}
	return writeHolds(cmd.OutOrStdout(), holds)
}

// warnAgent says so when nobody carries decisions out.
func warnAgent(ctx context.Context, w io.Writer, db *store.DB) {
	if seen, err := db.AgentSeen(ctx); err == nil && time.Since(seen) > daemon.StaleAfter {
		fmt.Fprintln(w, "hisseki: no agent is running: nothing leaves the queue until"+
			" hisseki agent runs as root")
	}
}

// confirm asks a person. Without one, --yes is required.
func confirm(cmd *cobra.Command, what string) error {
	if !isTerminal(cmd.InOrStdin()) {
		return usageError{errors.New("no terminal to ask on: add --yes, or --dry-run to look first")}
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s? [y/N] ", what)
	answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}

// senders names whose mail it is: "of bando@example.jp (38), sato@example.jp (2)".
func senders(holds []ledger.Hold) string {
	count := map[string]int{}
	var names []string
	for i := range holds {
		s := holds[i].Record.Envelope.Sender
		if count[s]++; count[s] == 1 {
			names = append(names, s)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return count[b] - count[a] })
	var parts []string
	for i, s := range names {
		if i == 5 {
			parts = append(parts, fmt.Sprintf("and %d more senders", len(names)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%d)", safe(s, 60), count[s]))
	}
	return "of " + strings.Join(parts, ", ")
}

func counted(n int, noun string) string { return term.Count(n, noun) }
