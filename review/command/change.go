package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/internal/jsonl"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/whoami"
	"hisseki/review"
	"hisseki/review/terminal"
)

// Change is the command "change".
func (s Shared) Change() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "change",
		Short: "Declared changes: a new signature, network or mail program for some senders",
		Long: `A declared change makes what it names known for its senders from a day on until another: the link
of a new signature, the network of a new office, a mail program that all get. It makes nothing else
known: whoever steals one of the accounts still has a link and a network of his own. By the end of it
hisseki has learned what stays.`,
		Args: s.NoArgs,
		RunE: s.Group,
	}
	cmd.AddCommand(s.addChange(), s.listChanges(), s.removeChange())
	return cmd
}

func (s Shared) addChange() *cobra.Command {
	r := review.HabitRequest{Change: true}
	cmd := &cobra.Command{
		Use:   "add --for SENDER|DOMAIN|PATTERN --until TIME",
		Short: "Declare a change until a time: links, networks or mail programs that will be new",
		Example: `  hisseki change add --for example.jp --from 2026-12-01 --until 2026-12-21 \
    --link www.new-name.example --network 198.51.100.0/24 --program "*Thunderbird*" --reason "new office"`,
		Args: s.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if r.Until == "" {
				return s.NeedUntil(cmd)
			}
			return s.With(cmd, func(to *review.Service) error {
				e, doubts, err := to.AddHabit(cmd.Context(), whoami.Actor(), r)
				if err != nil {
					return err
				}
				for _, text := range doubts {
					fmt.Fprintf(cmd.ErrOrStderr(), "hisseki: %s\n", text)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s for %s %s\n", e.Name,
					term.Safe(e.Declares(), 300), term.Few(e.Senders, 5), terminal.Until(e.Until))
				return err
			})
		},
	}
	fl := cmd.Flags()
	fl.StringSliceVar(&r.Senders, "for", nil, "`SENDERS`: accounts, domains or patterns")
	fl.StringVar(&r.From, "from", "", "beginning, a `TIME` such as 2026-12-01; at once without it")
	fl.StringVar(&r.Until, "until", "", "end, a `TIME`: in 3d or 12h, or a date")
	fl.StringSliceVar(&r.Links, "link", nil, "`LINKS`: hosts, domains or URLs, with all below them")
	fl.StringSliceVar(&r.Networks, "network", nil, "`NETWORKS` such as 192.0.2.0/24")
	fl.StringArrayVar(&r.Programs, "program", nil, "mail `PROGRAM` or pattern such as \"Thunderbird*\"")
	addReason(cmd, &r.Reason)
	_ = cmd.MarkFlagRequired("for")
	return cmd
}

func (s Shared) listChanges() *cobra.Command {
	var asJSON, wide bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List declared changes",
		Args:  s.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.With(cmd, func(from *review.Service) error {
				list, err := from.Changes(cmd.Context())
				if err != nil {
					return err
				}
				lines := from.HabitLines(list)
				if asJSON {
					return jsonl.Write(cmd.OutOrStdout(), lines)
				}
				return terminal.Habits(table.ScreenOf(cmd.OutOrStdout(), wide), lines)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	cmd.Flags().BoolVar(&wide, "wide", false, "print all columns in full, however wide the screen is")
	return cmd
}

func (s Shared) removeChange() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "remove ID...",
		Short: "End declared changes now, by id such as T3",
		Args:  s.SomeArgs("an id such as T3: see hisseki change list"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return s.With(cmd, func(from *review.Service) error {
				n, lack := from.RemoveHabits(cmd.Context(), whoami.Actor(), ids, reason)
				if n > 0 {
					fmt.Fprintf(cmd.OutOrStdout(), "%s ended\n", term.Count(n, "change"))
				}
				return lack
			})
		},
	}
	addReason(cmd, &reason)
	return cmd
}
