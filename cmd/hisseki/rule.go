package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
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
	{use: "enforce", short: "Hold and delay what a sender or class would not send, until a time",
		rule:    analyzer.Override{Mode: analyzer.Enforce},
		example: `  hisseki sender enforce class:application --until 2027-01-31`},
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

func newRule(r ruleCommand, what string, subject func(string) (string, error)) *cobra.Command {
	var until, reason string
	cmd := &cobra.Command{
		Use: r.use + " " + what, Short: r.short, Example: r.example,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			subjects, err := each(args, subject)
			if err != nil {
				return usageError{err}
			}
			rule := r.rule
			if until != "" {
				if rule.Until, err = parseUntil(until, time.Now()); err != nil {
					return usageError{err}
				}
			}
			rule.By, rule.Reason = actor(), reason
			return withStore(cmd, func(cfg config.Config, db *store.DB) error {
				if rule.Action == analyzer.Hold && cfg.Mode != config.Mode(analyzer.Enforce) {
					fmt.Fprintln(cmd.ErrOrStderr(), "hisseki: mode is observe here: what this rule"+
						" would hold is only recorded, unless serve runs with --mode enforce")
				}
				return setRules(cmd, db, subjects, r.use, rule)
			})
		},
	}
	addReason(cmd, &reason)
	cmd.Flags().StringVar(&until, "until", "", "end, a `TIME`: in 3d or 12h, or a date")
	if !r.endless {
		cobra.CheckErr(cmd.MarkFlagRequired("until"))
	}
	return cmd
}

func addReason(cmd *cobra.Command, reason *string) {
	cmd.Flags().StringVar(reason, "reason", "", "`TEXT` for the audit log")
}

func setRules(cmd *cobra.Command, db *store.DB, subjects []string, verb string,
	rule analyzer.Override) error {
	for _, s := range subjects {
		if err := db.SetOverride(cmd.Context(), s, rule); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s for %s %s\n", verb, safe(s, 200),
			untilText(rule.Until)); err != nil {
			return err
		}
	}
	return nil
}

// untilText is the end of a rule for people.
func untilText(t time.Time) string {
	if t.IsZero() {
		return "for good"
	}
	return "until " + stamp(t)
}

// each turns arguments into subjects, all or none.
func each(args []string, subject func(string) (string, error)) ([]string, error) {
	out := make([]string, len(args))
	var errs []error
	for i, arg := range args {
		var err error
		out[i], err = subject(arg)
		errs = append(errs, err)
	}
	return out, errors.Join(errs...)
}

// parseUntil reads a time to come: a span from now, or what parseTime knows.
func parseUntil(text string, now time.Time) (time.Time, error) {
	if d, err := config.ParseDuration(text); err == nil {
		return now.Add(d), nil
	}
	t, err := parseTime("--until", text, now)
	if err == nil && !t.After(now) {
		err = fmt.Errorf("--until %q is over: a rule needs an end in the future", text)
	}
	return t, err
}

// senderSubject turns "NAME" or "class:NAME" into the store's subject.
func senderSubject(text string) (string, error) {
	class, ok := strings.CutPrefix(text, "class:")
	if !ok {
		if text == "" {
			return "", errors.New("the sender is empty")
		}
		return "sender:" + strings.ToLower(strings.TrimPrefix(text, "sender:")), nil
	}
	switch analyzer.Class(class) {
	case analyzer.Account, analyzer.Application, analyzer.Null:
		return text, nil
	}
	return "", fmt.Errorf("class %q is not account, application or null", class)
}

// urlSubject turns a host, domain or URL into the store's subject.
func urlSubject(text string) (string, error) {
	p, err := content.ParsePattern(text)
	return "url:" + p.String(), err
}

func newClearRule(what string, subject func(string) (string, error)) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "clear " + what,
		Short: "End a rule now",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			subjects, err := each(args, subject)
			if err != nil {
				return usageError{err}
			}
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				return clearRules(cmd, db, subjects, reason)
			})
		},
	}
	addReason(cmd, &reason)
	return cmd
}

func clearRules(cmd *cobra.Command, db *store.DB, subjects []string, reason string) error {
	cleared := 0
	for _, s := range subjects {
		done, err := db.ClearOverride(cmd.Context(), s, actor(), reason)
		if err != nil {
			return err
		}
		if done {
			cleared++
		}
	}
	switch {
	case cleared == 0:
		return errNothing
	case cleared < len(subjects):
		return errPartly
	}
	return nil
}

// ruleLine is a rule as --json prints it, schema 1.
type ruleLine struct {
	Schema  int             `json:"schema"`
	Kind    string          `json:"kind"`
	Subject string          `json:"subject"`
	Rule    string          `json:"rule"` // the verb that set it
	Action  analyzer.Action `json:"action"`
	Mode    analyzer.Mode   `json:"mode"`
	Since   time.Time       `json:"since"`
	Until   *time.Time      `json:"until"` // null: for good
	By      string          `json:"by"`
	Reason  string          `json:"reason"`
}

// newListRules lists the rules that are valid now; kind as in store.Overrides.
func newListRules(use, short, kind string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				list, err := db.Overrides(cmd.Context(), kind, time.Now())
				if err != nil {
					return err
				}
				if len(list) == 0 {
					return errNothing
				}
				return writeRules(cmd, list, asJSON)
			})
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func writeRules(cmd *cobra.Command, list []ledger.Rule, asJSON bool) error {
	var lines []ruleLine
	t := newTable(cmd.OutOrStdout(), "for", "rule", "since", "until", "by", "reason")
	for i := range list {
		r := &list[i]
		line := ruleLine{Schema: 1, Kind: "rule", Subject: r.Subject, Rule: r.Verb(), Action: r.Action,
			Mode: r.Mode, Since: r.Created, By: r.By, Reason: r.Reason}
		end := "for good"
		if !r.Until.IsZero() {
			line.Until, end = &r.Until, stamp(r.Until)
		}
		lines = append(lines, line)
		t.row(safe(strings.TrimPrefix(r.Subject, "url:"), 80), line.Rule, stamp(r.Created), end,
			safe(r.By, 30), safe(r.Reason, 60))
	}
	if asJSON {
		return writeLines(cmd.OutOrStdout(), lines)
	}
	return t.write()
}
