package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/internal/jsonl"
	"hisseki/ledger"
	"hisseki/review"
	"hisseki/review/terminal"
)

// ending is confirm or dismiss.
type ending struct {
	review.Ending
	others string
	query  review.IncidentQuery
	flags  decisionFlags
}

func newIncidentConfirm() *cobra.Command {
	e := &ending{Ending: review.Ending{To: ledger.IncidentConfirmed}}
	cmd := e.command("The account was stolen: discard its mail, unlearn what the attacker taught",
		`Ends incidents as real: somebody else used the account. Its mail on hold is discarded, also what
was recalled and what is on its way to the hold queue; what the account taught since the first
suspicious mail is unlearned. With --since the attacker was inside longer: what was taught from
then on is unlearned too; hisseki incident show lists mail that speaks for it.

Mail of other accounts that was recalled because it shares something with the incident stays on
hold: it may be innocent. You are asked about it apart; --others answers beforehand.

The mail is deleted after a time of grace (review.grace, an hour by default); until then hisseki
incident reopen takes everything back. --at-once deletes it within seconds.`)
	fl := cmd.Flags()
	fl.StringVar(&e.Since, "since", "",
		"the attacker was inside since this `TIME`: 2h or 3d ago, or a date")
	fl.BoolVar(&e.AtOnce, "at-once", false, "delete the mail within seconds, without the time of grace")
	fl.BoolVar(&e.Block, "block", false, "block the unknown links, for everybody")
	fl.StringVar(&e.others, "others", "",
		"`WHAT` to do with recalled mail of other accounts: keep, discard or release")
	completeFlag(cmd, "others", "keep, discard, release")
	return cmd
}

func newIncidentDismiss() *cobra.Command {
	e := &ending{Ending: review.Ending{To: ledger.IncidentDismissed}}
	return e.command("It was the owner: release the mail and learn from it",
		`Ends incidents as false alarms. Their mail on hold goes to its recipients and is learned as
the owner's; so is mail that was to be recalled and had left already. The reason is kept with
the incident.

Everything can be taken back with hisseki incident reopen, but not for mail that the agent has
let go by then: that takes it seconds.`)
}

func (e *ending) command(short, long string) *cobra.Command {
	cmd := &cobra.Command{
		Use:               review.EndVerbs[e.To].Verb + " [ID...]",
		Short:             short,
		Long:              long,
		ValidArgsFunction: completeIncidents(ledger.IncidentOpen),
		RunE: func(cmd *cobra.Command, ids []string) error {
			e.query.IDs, e.Reason = ids, e.flags.reason
			if !e.query.Given() {
				return usageError{fmt.Errorf("%s needs ids or a filter such as --sender:"+
					" see hisseki incident list", called(cmd))}
			}
			if err := e.readOthers(); err != nil {
				return usageError{err}
			}
			return withReview(cmd, func(s *review.Service) error { return e.run(cmd, s) })
		},
	}
	addIncidentQuery(cmd, &e.query)
	cmd.Flags().BoolVar(&e.Keep, "keep", false, "leave the mail on hold where it is, do not "+review.EndVerbs[e.To].Acts+" it")
	e.flags.add(cmd)
	return cmd
}

func (e *ending) run(cmd *cobra.Command, s *review.Service) error {
	p, err := s.PreviewEnding(cmd.Context(), e.query, e.Ending)
	if err != nil {
		return err
	}
	if err := e.show(cmd, p); err != nil {
		return err
	}
	if e.flags.dryRun {
		return p.Lack()
	}
	if err := e.ask(cmd, p); err != nil {
		return err
	}
	out, lack := s.End(cmd.Context(), actor(), p)
	if len(out.Ended) == 0 {
		return lack
	}
	warnAgent(cmd, s)
	if e.flags.json {
		return errors.Join(jsonl.Write(cmd.OutOrStdout(), review.IncidentLines(out.Now)), lack)
	}
	terminal.Outcome(cmd.OutOrStdout(), inWords(cmd), p, out)
	return lack
}

// readOthers reads --others.
func (e *ending) readOthers() error {
	switch e.others {
	case "", "keep":
	case "discard":
		e.Others = ledger.Discarding
	case "release":
		e.Others = ledger.Releasing
	default:
		return fmt.Errorf("--others %q is not keep, discard or release", e.others)
	}
	return nil
}

// show prints what the ending is going to do.
func (e *ending) show(cmd *cobra.Command, p *review.Preview) error {
	if e.flags.json {
		if e.flags.dryRun {
			return jsonl.Write(cmd.OutOrStdout(), []review.PreviewLine{p.Line()})
		}
		return nil
	}
	if mail := append(p.Own, p.Others...); len(mail) > 0 {
		if err := writeHolds(cmd, &e.flags.listFlags, mail); err != nil {
			return err
		}
	}
	if e.flags.dryRun {
		terminal.Preview(e.flags.screen(cmd), inWords(cmd), p)
	}
	return nil
}

// ask asks about the ending, and apart about recalled mail of other accounts.
func (e *ending) ask(cmd *cobra.Command, p *review.Preview) error {
	if e.flags.yes {
		return nil
	}
	if err := confirm(cmd, terminal.Plan(inWords(cmd), p)); err != nil {
		return err
	}
	if e.To != ledger.IncidentConfirmed || e.others != "" || len(p.Others) == 0 {
		return nil
	}
	yes, err := ask(cmd, terminal.OthersQuestion(inWords(cmd), p))
	if yes {
		p.Ending.Others = ledger.Discarding
	}
	return err
}

func newIncidentReopen() *cobra.Command {
	var reason string
	var out listFlags
	cmd := &cobra.Command{
		Use:   "reopen ID...",
		Short: "Take back a confirmation or dismissal",
		Long: `Opens incidents again. Mail whose decision the agent has not begun to carry out goes back on
hold; what was unlearned is learned again. Mail that was deleted or has left is counted as too
late: nobody can bring it back. Links that are blocked stay so; it says which, and how to clear them.`,
		Args: someArgs("an id: see hisseki incident list --state confirmed,dismissed"),
		ValidArgsFunction: completeIncidents(ledger.IncidentConfirmed, ledger.IncidentDismissed,
			ledger.IncidentEnded),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return withReview(cmd, func(s *review.Service) error {
				back, lack := s.Reopen(cmd.Context(), actor(), ids, reason)
				if back == nil {
					return lack
				}
				if out.json {
					return errors.Join(jsonl.Write(cmd.OutOrStdout(), review.IncidentLines(back.Now)),
						jsonl.Write(cmd.OutOrStdout(), review.RuleLines(back.Blocks)), lack)
				}
				terminal.Back(cmd.OutOrStdout(), inWords(cmd), back)
				return lack
			})
		},
	}
	addReason(cmd, &reason)
	addJSON(cmd, &out.json)
	return cmd
}
