package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/internal/jsonl"
	"hisseki/review"
	"hisseki/review/terminal"
)

// ruleCommand sets one kind of rule for a sender, a class or links.
type ruleCommand struct {
	use, short, example string
	rule                analyzer.Override
	endless             bool // may do without --until
}

// senderRules are the verbs of "sender" that set a rule.
var senderRules = []ruleCommand{
	{use: "hold", short: "Hold all mail of a sender, until a time",
		rule:    analyzer.Override{Action: analyzer.Hold},
		example: `  hisseki sender hold bob@example.jp --until 12h --reason "he phoned, it was not him"`},
	{use: "allow", short: "Never hold mail of a sender, until a time; blocked links still are",
		rule:    analyzer.Override{Action: analyzer.Pass},
		example: `  hisseki sender allow news@example.jp --until 3d --reason "mailing of the 20th"`},
	{use: "observe", short: "Only watch a sender or class, until a time",
		rule: analyzer.Override{Mode: analyzer.Observe}},
	{use: "enforce", short: "Hold and delay what a sender or class would not send", endless: true,
		rule: analyzer.Override{Mode: analyzer.Enforce},
		example: `  hisseki sender enforce class:application --until 2027-01-31
  hisseki sender enforce 'app:192.0.2.0/24|shop@example.jp'   # this application, for good`},
}

// urlRules are the verbs of "url" that set a rule.
var urlRules = []ruleCommand{
	{use: "block", short: "Hold every mail with a link there, whoever sends it", endless: true,
		rule: analyzer.Override{Action: analyzer.Hold},
		example: `  hisseki url block lure.example.org --reason "incident I3"
  hisseki url block hxxps://files[.]example[.]org/d/1AbC --until 30d`},
	{use: "allow", short: "Take links there for known to everybody", endless: true,
		rule:    analyzer.Override{Action: analyzer.Pass},
		example: `  hisseki url allow new-partner.example.org`},
}

func newURL() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "url",
		Short: "Block or allow links by host, domain or URL",
		Long: `Rules for links, in force within seconds. A domain stands for itself and all hosts below
it, a URL for all that begin with it; the narrowest rule that fits a link counts.

A mail with a blocked link is held, whoever sends it and wherever the link stands, also
when the sender is allowed. In mode observe that is only recorded. An allowed link counts
as known to everybody.`,
		Args: noArgs,
		RunE: needSubcommand,
	}
	addRules(cmd, urlRules, "HOST|DOMAIN|URL...", review.URLRules)
	cmd.AddCommand(newListRules("list", "List the rules for links that hold now", review.URLRules))
	return cmd
}

// addRules adds the verbs that set and clear rules of a kind.
func addRules(to *cobra.Command, list []ruleCommand, what string, kind review.RuleKind) {
	for _, r := range list {
		to.AddCommand(newRule(r, what, kind))
	}
	to.AddCommand(newClearRule(what, kind))
}

// completeSubjects offers what rules of a kind may be for.
func completeSubjects(kind review.RuleKind) cobra.CompletionFunc {
	if kind == review.SenderRules {
		return accounts
	}
	return cobra.NoFileCompletions
}

func newRule(r ruleCommand, what string, kind review.RuleKind) *cobra.Command {
	c := review.RuleChange{Kind: kind, Action: r.rule.Action, Mode: r.rule.Mode}
	cmd := &cobra.Command{
		Use: r.use + " " + what, Short: r.short, Example: r.example,
		Args: someArgs(what), ValidArgsFunction: completeSubjects(kind),
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.Until == "" && !r.endless {
				return needUntil(cmd)
			}
			c.Subjects = args
			return withReview(cmd, func(s *review.Service) error {
				did, err := s.SetRules(cmd.Context(), actor(), c)
				if err != nil {
					return err
				}
				tellRules(cmd, r.use, did)
				return nil
			})
		},
	}
	addReason(cmd, &c.Reason)
	cmd.Flags().StringVar(&c.Until, "until", "", "end, a `TIME`: in 3d or 12h, or a date")
	return cmd
}

// tellRules says which rules were set, and what is doubtful about them.
func tellRules(cmd *cobra.Command, verb string, did *review.RuleDone) {
	if did.Observed {
		fmt.Fprintln(cmd.ErrOrStderr(), "hisseki: "+inWords(cmd).W("cli-observing"))
	}
	warn(cmd, did.Doubts)
	t, does := inWords(cmd), verb
	if t.Japanese() {
		does = t.W("rule-" + verb)
	}
	for _, subject := range did.Subjects {
		fmt.Fprintln(cmd.OutOrStdout(), t.W("did-rule", does, safe(subject, 200), terminal.Until(t, did.Until)))
	}
}

func newClearRule(what string, kind review.RuleKind) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "clear " + what,
		Short: "End a rule now",
		Args:  someArgs(what), ValidArgsFunction: completeSubjects(kind),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withReview(cmd, func(s *review.Service) error {
				done, lack := s.ClearRules(cmd.Context(), actor(), kind, args, reason)
				for _, subject := range done {
					fmt.Fprintln(cmd.OutOrStdout(), inWords(cmd).W("did-clear", safe(subject, 200)))
				}
				return lack
			})
		},
	}
	addReason(cmd, &reason)
	return cmd
}

// newListRules lists the rules of a kind that are valid now.
func newListRules(use, short string, kind review.RuleKind) *cobra.Command {
	var out listFlags
	cmd := &cobra.Command{
		Use: use, Short: short, Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withReview(cmd, func(s *review.Service) error {
				list, err := s.Rules(cmd.Context(), kind)
				if err != nil {
					return err
				}
				lines := review.RuleLines(list)
				if out.json {
					return jsonl.Write(cmd.OutOrStdout(), lines)
				}
				return terminal.Rules(out.screen(cmd), inWords(cmd), lines)
			})
		},
	}
	out.add(cmd)
	return cmd
}

// needUntil says that a rule needs an end.
func needUntil(cmd *cobra.Command) error {
	return usageError{fmt.Errorf("%s needs an end: add --until, such as --until 3d", called(cmd))}
}
