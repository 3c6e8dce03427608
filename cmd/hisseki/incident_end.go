package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hisseki/internal/jsonl"
	"hisseki/internal/term"
	"hisseki/ledger"
	"hisseki/review"
	"hisseki/review/terminal"
)

// ending is confirm or dismiss.
type ending struct {
	verb, done  string // of the incident
	acts, acted string // on its mail
	review.Ending
	others string
	query  review.IncidentQuery
	flags  decisionFlags
}

func newIncidentConfirm() *cobra.Command {
	e := &ending{verb: "confirm", done: "confirmed", acts: "discard", acted: "discarded",
		Ending: review.Ending{To: ledger.IncidentConfirmed}}
	cmd := e.command("The account was stolen: discard its mail, unlearn what the attacker taught",
		`Ends incidents as real: somebody else used the account. Its mail on hold is discarded, also what
was recalled and what is on its way to the hold queue; what the account taught since the first
suspicious mail is unlearned. With --since the attacker was inside longer: what was taught from
then on is unlearned too; hisseki incident show lists mail that speaks for it.

Mail of other accounts that was recalled because it shares something with the incident stays on
hold: it may be innocent. You are asked about it apart; --others answers beforehand.

Everything can be taken back with hisseki incident reopen, but not for mail that the agent has
deleted by then: that takes it seconds.`)
	fl := cmd.Flags()
	fl.StringVar(&e.Since, "since", "",
		"the attacker was inside since this `TIME`: 2h or 3d ago, or a date")
	fl.BoolVar(&e.Block, "block", false, "block the unknown links, for everybody")
	fl.StringVar(&e.others, "others", "",
		"`WHAT` to do with recalled mail of other accounts: keep, discard or release")
	completeFlag(cmd, "others", "keep, discard, release")
	return cmd
}

func newIncidentDismiss() *cobra.Command {
	e := &ending{verb: "dismiss", done: "dismissed", acts: "release", acted: "released",
		Ending: review.Ending{To: ledger.IncidentDismissed}}
	return e.command("It was the owner: release the mail and learn from it",
		`Ends incidents as false alarms. Their mail on hold goes to its recipients and is learned as
the owner's; so is mail that was to be recalled and had left already. The reason is kept with
the incident.

Everything can be taken back with hisseki incident reopen, but not for mail that the agent has
let go by then: that takes it seconds.`)
}

func (e *ending) command(short, long string) *cobra.Command {
	cmd := &cobra.Command{
		Use:               e.verb + " [ID...]",
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
	cmd.Flags().BoolVar(&e.Keep, "keep", false, "leave the mail on hold where it is, do not "+e.acts+" it")
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
	warnAgent(cmd.Context(), cmd.ErrOrStderr(), s)
	if e.flags.json {
		return errors.Join(jsonl.Write(cmd.OutOrStdout(), review.IncidentLines(out.Now)), lack)
	}
	e.tell(cmd.OutOrStdout(), p, out)
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
		w := cmd.OutOrStdout()
		fmt.Fprintf(w, "would %s\n", e.says(p))
		if n := len(p.Others); n > 0 && e.Others == "" && e.To == ledger.IncidentConfirmed {
			fmt.Fprintf(w, "would leave %s %s on hold: --others discard or release decides\n",
				counted(n, "recalled mail"), terminal.Senders(p.Others))
		}
		e.linkAdvice(w, p, p.Incidents[0].Name())
	}
	return nil
}

// says is the ending in words, with counts and senders.
func (e *ending) says(p *review.Preview) string {
	names := make([]string, len(p.Incidents))
	for i := range p.Incidents {
		names[i] = p.Incidents[i].Name()
	}
	what := e.verb + " " + strings.Join(names, ", ")
	mail := p.Own
	if e.To == ledger.IncidentDismissed {
		mail = append(mail, p.Others...)
	}
	if len(mail) > 0 {
		acts := e.acts
		if e.Keep {
			acts = "keep"
		}
		what += fmt.Sprintf(": %s %s %s", acts, counted(len(mail), "mail"), terminal.Senders(mail))
	}
	if !p.Since.IsZero() {
		what += ", unlearn mail since " + term.Stamp(p.Since)
	}
	if p.Does.Unlearned > 0 {
		what += fmt.Sprintf(", unlearn %s", counted(p.Does.Unlearned, "mail"))
	}
	if p.Does.Learned > 0 {
		what += fmt.Sprintf(", learn %s again", counted(p.Does.Learned, "mail"))
	}
	if len(p.Hooks) > 0 {
		what += ", run the hooks " + few(p.Hooks, 5)
	}
	return what
}

// ask asks about the ending, and apart about recalled mail of other accounts.
func (e *ending) ask(cmd *cobra.Command, p *review.Preview) error {
	if e.flags.yes {
		return nil
	}
	if err := confirm(cmd, e.says(p)); err != nil {
		return err
	}
	if e.To != ledger.IncidentConfirmed || e.others != "" || len(p.Others) == 0 {
		return nil
	}
	yes, err := ask(cmd, fmt.Sprintf("discard also %s %s, recalled because of a shared link or file (no leaves"+
		" it on hold)", counted(len(p.Others), "mail"), terminal.Senders(p.Others)))
	if yes {
		p.Ending.Others = ledger.Discarding
	}
	return err
}

// tell says what was done, and what can be done next.
func (e *ending) tell(w io.Writer, p *review.Preview, out *review.Outcome) {
	for _, x := range out.Ended {
		acted := []string{fmt.Sprintf("%s will be %s", counted(x.Discarding+x.Releasing, "mail"), e.acted)}
		if e.To == ledger.IncidentConfirmed && x.Releasing > 0 {
			acted = []string{fmt.Sprintf("%s will be discarded", counted(x.Discarding, "mail")),
				fmt.Sprintf("%d released", x.Releasing)}
		}
		acted = append(acted, counted(x.Unlearned, "mail")+" unlearned",
			counted(x.Learned, "mail")+" learned again")
		fmt.Fprintf(w, "%s %s: %s\n", x.Name, e.done, strings.Join(acted, ", "))
		if x.Left > 0 {
			fmt.Fprintf(w, "%s of other accounts stays on hold: hisseki quarantine list --incident %s\n",
				counted(x.Left, "recalled mail"), x.Name)
		}
	}
	fmt.Fprintf(w, "to take it back: hisseki incident reopen %s\n", out.Ended[0].Name)
	for _, lure := range out.Blocked {
		fmt.Fprintf(w, "blocked %s\n", safe(lure, 200))
	}
	if !e.Block {
		e.linkAdvice(w, p, out.Ended[0].Name)
	}
}

// linkAdvice says how to block the links of a confirmed incident.
func (e *ending) linkAdvice(w io.Writer, p *review.Preview, incident string) {
	if len(p.Lures) == 0 || e.Block {
		return
	}
	fmt.Fprintln(w, "\nlinks that nobody knew; to hold mail with them from anybody (or confirm with --block):")
	for _, l := range p.Lures {
		note := ""
		if l.Elsewhere {
			note = "   # others sent it before: look first"
		}
		fmt.Fprintf(w, "  hisseki url block %s --reason %s%s\n", terminal.ShellQuote(l.Pattern),
			terminal.ShellQuote("incident "+incident), note)
	}
}

func newIncidentReopen() *cobra.Command {
	var reason string
	var out listFlags
	cmd := &cobra.Command{
		Use:   "reopen ID...",
		Short: "Take back a confirmation or dismissal",
		Long: `Opens incidents again. Mail whose decision the agent has not begun to carry out goes back on
hold; what was unlearned is learned again. Mail that was deleted or has left is counted as too
late: nobody can bring it back.`,
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
					return errors.Join(jsonl.Write(cmd.OutOrStdout(), review.IncidentLines(back.Now)), lack)
				}
				for _, x := range back.Incidents {
					fmt.Fprintf(cmd.OutOrStdout(),
						"%s is open again: %s held, %s learned again, %s too late to take back\n", x.Name,
						counted(x.Held, "mail"), counted(x.Learned, "mail"), counted(x.Late, "mail"))
				}
				return lack
			})
		},
	}
	addReason(cmd, &reason)
	addJSON(cmd, &out.json)
	return cmd
}
