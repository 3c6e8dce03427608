// Package command is `hisseki habit` and `hisseki change`.
package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hisseki/internal/jsonl"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/whoami"
	"hisseki/internal/words"
	"hisseki/review"
	"hisseki/review/terminal"
)

// Shared is what all commands of the program do in the same way.
type Shared struct {
	// With runs something on a review of the open store.
	With      func(cmd *cobra.Command, do func(*review.Service) error) error
	NoArgs    cobra.PositionalArgs
	SomeArgs  func(what string) cobra.PositionalArgs
	Group     func(cmd *cobra.Command, args []string) error // refuses to run without a subcommand
	NeedUntil func(cmd *cobra.Command) error                // the error of a command without --until
	Accounts  cobra.CompletionFunc
	Words     func(cmd *cobra.Command) words.Reader // in the language that the command speaks
}

// Habit is the command "habit".
func (s Shared) Habit() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "habit",
		Short: "Declared habits, and exceptions from them such as business trips",
		Long: `Declared habits say from where, when and on what mail is sent; the configuration sets them
under [[habits]]. An exception is kept in the store and has an end: until then, what it names
is inside every declared habit of its senders.`,
		Args: s.NoArgs,
		RunE: s.Group,
	}
	cmd.AddCommand(s.list("List declared habits and exceptions", (*review.Service).Habits), s.habitAdd(),
		s.remove("End exceptions now, by id such as T3", "habit", "exception"))
	return cmd
}

func (s Shared) habitAdd() *cobra.Command {
	var r review.HabitRequest
	cmd := &cobra.Command{
		Use:   "add SENDER|DOMAIN|PATTERN... --until TIME",
		Short: "Add an exception until a time: what is fine too for some senders",
		Example: `  hisseki habit add bando@example.jp --country US,CA --until 14d --reason "trade fair"
  hisseki habit add '*-ops@example.jp' --hours 22:00-06:00 --zone Asia/Tokyo --until 2027-01-04
  hisseki habit add ito@example.jp --device "ITO-LOAN-*" --program "iPhone Mail*" --until 5d`,
		Args: s.SomeArgs("a sender, domain or pattern"), ValidArgsFunction: s.Accounts,
		RunE: func(cmd *cobra.Command, senders []string) error {
			if r.Until == "" {
				return s.NeedUntil(cmd)
			}
			r.Senders = senders
			return s.add(cmd, r)
		},
	}
	fl := cmd.Flags()
	fl.StringSliceVar(&r.Countries, "country", nil, "`CODES` such as US,CA")
	fl.StringSliceVar(&r.Networks, "network", nil, "`NETWORKS` such as 192.0.2.0/24")
	fl.StringArrayVar(&r.Hours, "hours", nil, "`HOURS` such as \"sat,sun 09:00-18:00\"")
	fl.StringVar(&r.Zone, "zone", "", "time `ZONE` of the hours, such as Asia/Tokyo")
	fl.StringArrayVar(&r.Programs, "program", nil, "mail `PROGRAM` or pattern such as \"Thunderbird*\", or none")
	fl.StringArrayVar(&r.Devices, "device", nil, "`DEVICE` or pattern, as sign-in logs name it")
	fl.StringVar(&r.Until, "until", "", "end, a `TIME`: in 3d or 12h, or a date")
	addReason(cmd, &r.Reason)
	return cmd
}

func addReason(cmd *cobra.Command, reason *string) {
	cmd.Flags().StringVar(reason, "reason", "", "`TEXT` for the audit log")
}

// add keeps what is declared, and says what.
func (s Shared) add(cmd *cobra.Command, r review.HabitRequest) error {
	return s.With(cmd, func(to *review.Service) error {
		e, doubts, err := to.AddHabit(cmd.Context(), whoami.Actor(), r)
		if err != nil {
			return err
		}
		for _, text := range doubts {
			fmt.Fprintln(cmd.ErrOrStderr(), "hisseki: "+s.Words(cmd).Fault(text))
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s for %s %s\n", e.Name,
			term.Safe(e.Declares(), 300), term.Few(e.Senders, 5), terminal.Until(s.Words(cmd), e.Until))
		return err
	})
}

// remove is the subcommand that ends what was declared; of is the command above it, one what it
// ends.
func (s Shared) remove(short, of, one string) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "remove ID...",
		Short: short,
		Args:  s.SomeArgs("an id such as T3: see hisseki " + of + " list"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return s.With(cmd, func(from *review.Service) error {
				n, lack := from.RemoveHabits(cmd.Context(), whoami.Actor(), ids, strings.TrimSpace(reason))
				if n > 0 {
					fmt.Fprintf(cmd.OutOrStdout(), "%s ended\n", term.Count(n, one))
				}
				return lack
			})
		},
	}
	addReason(cmd, &reason)
	return cmd
}

// list is the subcommand that lists what was declared.
func (s Shared) list(short string, find func(*review.Service, context.Context) ([]review.HabitLine, error),
) *cobra.Command {
	var asJSON, wide bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: short,
		Args:  s.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.With(cmd, func(from *review.Service) error {
				lines, err := find(from, cmd.Context())
				if err != nil {
					return err
				}
				if asJSON {
					return jsonl.Write(cmd.OutOrStdout(), lines)
				}
				return terminal.Habits(table.ScreenOf(cmd.OutOrStdout(), wide), s.Words(cmd), lines)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	cmd.Flags().BoolVar(&wide, "wide", false, "print all columns in full, however wide the screen is")
	return cmd
}
