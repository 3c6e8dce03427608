package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/internal/jsonl"
	"hisseki/review"
	"hisseki/review/terminal"
)

func newHabit() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "habit",
		Short: "Declared habits, and exceptions from them such as business trips",
		Long: `Declared habits say from where and when mail is sent; the configuration sets them under
[[habits]]. An exception is kept in the store and has an end: until then, what it names
is inside every declared habit of its senders.`,
		Args: noArgs,
		RunE: needSubcommand,
	}
	cmd.AddCommand(newHabitList(), newHabitAdd(), newHabitRemove())
	return cmd
}

func newHabitAdd() *cobra.Command {
	var r review.HabitRequest
	cmd := &cobra.Command{
		Use:   "add SENDER|DOMAIN|PATTERN... --until TIME",
		Short: "Add an exception until a time: countries, networks or hours that are fine too",
		Example: `  hisseki habit add bando@example.jp --country US,CA --until 14d --reason "trade fair"
  hisseki habit add '*-ops@example.jp' --hours 22:00-06:00 --zone Asia/Tokyo --until 2027-01-04`,
		Args: someArgs("a sender, domain or pattern"), ValidArgsFunction: accounts,
		RunE: func(cmd *cobra.Command, senders []string) error {
			if r.Until == "" {
				return needUntil(cmd)
			}
			r.Senders = senders
			return withReview(cmd, func(s *review.Service) error {
				e, doubts, err := s.AddHabit(cmd.Context(), actor(), r)
				if err != nil {
					return err
				}
				warn(cmd.ErrOrStderr(), doubts)
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s for %s %s\n", e.Name,
					safe(e.Declares(), 200), few(e.Senders, 5), terminal.Until(e.Until))
				return err
			})
		},
	}
	fl := cmd.Flags()
	fl.StringSliceVar(&r.Countries, "country", nil, "`CODES` such as US,CA")
	fl.StringSliceVar(&r.Networks, "network", nil, "`NETWORKS` such as 192.0.2.0/24")
	fl.StringArrayVar(&r.Hours, "hours", nil, "`HOURS` such as \"sat,sun 09:00-18:00\"")
	fl.StringVar(&r.Zone, "zone", "", "time `ZONE` of the hours, such as Asia/Tokyo")
	fl.StringVar(&r.Until, "until", "", "end, a `TIME`: in 3d or 12h, or a date")
	addReason(cmd, &r.Reason)
	return cmd
}

func newHabitRemove() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "remove ID...",
		Short: "End exceptions now, by id such as T3",
		Args:  someArgs("an id such as T3: see hisseki habit list"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return withReview(cmd, func(s *review.Service) error {
				n, lack := s.RemoveHabits(cmd.Context(), actor(), ids, reason)
				if n > 0 {
					fmt.Fprintf(cmd.OutOrStdout(), "%s ended\n", counted(n, "exception"))
				}
				return lack
			})
		},
	}
	addReason(cmd, &reason)
	return cmd
}

func newHabitList() *cobra.Command {
	var out listFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List declared habits and exceptions",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withReview(cmd, func(s *review.Service) error {
				list, err := s.Habits(cmd.Context())
				if err != nil {
					return err
				}
				lines := s.HabitLines(list)
				if out.json {
					return jsonl.Write(cmd.OutOrStdout(), lines)
				}
				return terminal.Habits(out.screen(cmd), lines)
			})
		},
	}
	out.add(cmd)
	return cmd
}
