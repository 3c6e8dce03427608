package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/store"
)

func newOverride() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "override",
		Short: "Rules for a sender or class that hold until a date",
		Args:  cobra.NoArgs,
		RunE:  needSubcommand,
	}
	cmd.AddCommand(newOverrideSet(), newOverrideClear(), newOverrideList())
	return cmd
}

// rules are what "set" knows, by the word on the command line.
var rules = map[string]analyzer.Override{
	"allow":   {Action: analyzer.Pass},
	"hold":    {Action: analyzer.Hold},
	"observe": {Mode: analyzer.Observe},
	"enforce": {Mode: analyzer.Enforce},
}

func newOverrideSet() *cobra.Command {
	var until, reason string
	cmd := &cobra.Command{
		Use:   "set SENDER|class:CLASS allow|hold|observe|enforce --until TIME",
		Short: "Never hold, always hold, or set the mode, until a time",
		Example: `  hisseki override set news@example.jp allow --until 3d --reason "mailing of the 20th"
  hisseki override set class:application enforce --until 2027-01-31`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			rule, ok := rules[args[1]]
			if !ok {
				return usageError{fmt.Errorf("%q is not allow, hold, observe or enforce", args[1])}
			}
			subject, err := subjectOf(args[0])
			if err != nil {
				return usageError{err}
			}
			if rule.Until, err = parseUntil(until, time.Now()); err != nil {
				return usageError{err}
			}
			rule.By, rule.Reason = actor(), reason
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				if err := db.SetOverride(cmd.Context(), subject, rule); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s for %s until %s\n", args[1],
					safe(subject, 100), stamp(rule.Until))
				return err
			})
		},
	}
	cmd.Flags().StringVar(&until, "until", "", "end, a `TIME`: in 3d or 12h, or a date")
	cmd.Flags().StringVar(&reason, "reason", "", "`TEXT` for the audit log")
	cobra.CheckErr(cmd.MarkFlagRequired("until"))
	return cmd
}

// parseUntil reads a time to come: a span from now, or what parseTime knows.
func parseUntil(text string, now time.Time) (time.Time, error) {
	if d, err := config.ParseDuration(text); err == nil {
		return now.Add(d), nil
	}
	t, err := parseTime("--until", text, now)
	if err == nil && !t.After(now) {
		err = fmt.Errorf("--until %q is over: an override needs an end in the future", text)
	}
	return t, err
}

// subjectOf turns "NAME" or "class:NAME" into the store's subject.
func subjectOf(text string) (string, error) {
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

func newOverrideClear() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "clear SENDER|class:CLASS",
		Short: "End a rule now",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			subject, err := subjectOf(args[0])
			if err != nil {
				return usageError{err}
			}
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				done, err := db.ClearOverride(cmd.Context(), subject, actor(), reason)
				if err == nil && !done {
					err = errNothing
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`TEXT` for the audit log")
	return cmd
}

// overrideLine is a rule as --json prints it, schema 1.
type overrideLine struct {
	Schema  int             `json:"schema"`
	Kind    string          `json:"kind"`
	Subject string          `json:"subject"`
	Action  analyzer.Action `json:"action"`
	Mode    analyzer.Mode   `json:"mode"`
	Until   time.Time       `json:"until"`
	By      string          `json:"by"`
	Reason  string          `json:"reason"`
}

func newOverrideList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the rules that hold now",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				list, err := db.Overrides(cmd.Context(), time.Now())
				if err != nil {
					return err
				}
				if len(list) == 0 {
					return errNothing
				}
				var lines []overrideLine
				t := newTable(cmd.OutOrStdout(), "for", "rule", "until", "by", "reason")
				for _, r := range list {
					lines = append(lines, overrideLine{1, "override", r.Subject, r.Action, r.Mode,
						r.Until, r.By, r.Reason})
					t.row(safe(r.Subject, 60), strings.TrimSpace(string(r.Action)+" "+string(r.Mode)),
						stamp(r.Until), safe(r.By, 30), safe(r.Reason, 60))
				}
				if asJSON {
					return writeLines(cmd.OutOrStdout(), lines)
				}
				return t.write()
			})
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}
