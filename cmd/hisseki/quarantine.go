package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/internal/jsonl"
	"hisseki/internal/words"
	"hisseki/ledger"
	"hisseki/review"
	"hisseki/review/terminal"
)

func newQuarantine() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "quarantine",
		Aliases: []string{"q"},
		Short:   "List, show, release and discard held and delayed mail",
		Args:    noArgs,
		RunE:    needSubcommand,
	}
	cmd.AddCommand(newQuarantineList(), newQuarantineShow(),
		newDecision(ledger.Releasing, "Let mail go to its recipients, and learn it as the owner's own"),
		newDecision(ledger.Discarding, "Delete mail from the MTA's queue; nothing is learned from it"))
	return cmd
}

// addHoldQuery adds the filters of list, release and discard.
func addHoldQuery(cmd *cobra.Command, q *review.HoldQuery) {
	fl := cmd.Flags()
	fl.StringVar(&q.Sender, "sender", "", "only mail of this `ACCOUNT`")
	fl.StringVar(&q.Incident, "incident", "", "only mail of this incident, by `NUMBER`")
	fl.StringVar(&q.Since, "since", "", "only mail from this `TIME` on: 2h or 3d ago, or a date")
	fl.StringVar(&q.Until, "until", "", "only mail before this `TIME`")
	fl.StringVar(&q.Host, "host", "", "only mail with an unusual link to this `DOMAIN`")
	fl.Float64Var(&q.MinPoints, "min-points", 0, "only mail of at least so many `POINTS`")
	fl.StringSliceVar(&q.States, "state", nil, "only mail in these `STATES`: "+review.Names(review.States))
	completeFlag(cmd, "state", review.Names(review.States))
	completeAccounts(cmd, "sender")
}

func newQuarantineList() *cobra.Command {
	var q review.HoldQuery
	var out listFlags
	cmd := &cobra.Command{
		Use:               "list [ID...]",
		Short:             "List kept mail; without --state what is still in the queue",
		ValidArgsFunction: completeHolds,
		RunE: func(cmd *cobra.Command, ids []string) error {
			q.IDs = ids
			return withReview(cmd, func(s *review.Service) error {
				holds, lack := s.Holds(cmd.Context(), q)
				if holds == nil {
					return lack
				}
				return errors.Join(writeHolds(cmd, &out, holds), lack)
			})
		},
	}
	addHoldQuery(cmd, &q)
	out.add(cmd)
	return cmd
}

// writeHolds prints kept mail as a list or as JSON.
func writeHolds(cmd *cobra.Command, out *listFlags, holds []ledger.Hold) error {
	if out.json {
		return jsonl.Write(cmd.OutOrStdout(), review.HoldLines(holds))
	}
	return terminal.Holds(out.screen(cmd), inWords(cmd), holds)
}

func newDecision(to ledger.State, short string) *cobra.Command {
	var q review.HoldQuery
	var f decisionFlags
	cmd := &cobra.Command{
		Use:               review.Verbs[to].Verb + " [ID...]",
		Short:             short,
		ValidArgsFunction: completeHolds,
		RunE: func(cmd *cobra.Command, ids []string) error {
			if q.IDs = ids; !q.Given() {
				return usageError{fmt.Errorf("%s needs ids or a filter such as --sender", called(cmd))}
			}
			return withReview(cmd, func(s *review.Service) error {
				c, err := s.Choose(cmd.Context(), q, to)
				if err != nil {
					return err
				}
				return decide(cmd, s, &f, c, to)
			})
		},
	}
	addHoldQuery(cmd, &q)
	f.add(cmd)
	return cmd
}

// decide shows what a decision is about, asks, and decides.
func decide(cmd *cobra.Command, s *review.Service, f *decisionFlags, c *review.Choice,
	to ledger.State) error {
	ctx, w, t, verb := cmd.Context(), cmd.OutOrStdout(), inWords(cmd), review.Verbs[to].Verb
	if !f.json || f.dryRun {
		if err := writeHolds(cmd, &f.listFlags, c.Holds); err != nil {
			return err
		}
	}
	what := t.W("plan-"+verb, t.Say(words.Count(len(c.Holds), "mail")), terminal.Senders(t, c.Holds))
	if f.dryRun {
		if !f.json {
			fmt.Fprintln(w, t.W("plan-would", what))
		}
		return c.Lack()
	}
	if !f.yes {
		if err := confirm(cmd, what); err != nil {
			return err
		}
	}
	done, err := s.Decide(ctx, actor(), c, to, f.reason)
	if len(done) == 0 && err != nil && !errors.Is(err, errPartly) {
		return err
	}
	warnAgent(cmd, s)
	if !f.json {
		fmt.Fprintln(w, t.W("did-will", t.Say(words.Count(len(done), "mail")), t.W("acted-"+verb)))
		return err
	}
	now, failed := s.Decided(ctx, done)
	if failed == nil {
		failed = jsonl.Write(w, review.HoldLines(now))
	}
	return errors.Join(failed, err)
}
