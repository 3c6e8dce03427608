package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hisseki/internal/jsonl"
	"hisseki/review"
	"hisseki/review/terminal"
)

func newSender() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sender",
		Short: "List, show, export, adopt and forget senders, hold or allow one until a time",
		Args:  noArgs,
		RunE:  needSubcommand,
	}
	cmd.AddCommand(newSenderList(), newSenderShow(), newSenderExport(), newSenderForget(), newSenderAdopt())
	addRules(cmd, senderRules, "ACCOUNT|class:CLASS...", review.SenderRules)
	cmd.AddCommand(newListRules("rules", "List the rules for senders and classes that hold now",
		review.SenderRules))
	return cmd
}

func newSenderList() *cobra.Command {
	var out listFlags
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the senders of the journal, the busiest first",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withReview(cmd, func(s *review.Service) error {
				list, err := s.Senders(cmd.Context(), limit)
				if err != nil {
					return err
				}
				if out.json {
					return jsonl.Write(cmd.OutOrStdout(), list)
				}
				return terminal.SenderList(out.screen(cmd), inWords(cmd), list)
			})
		},
	}
	out.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", 0, "only the `N` busiest senders")
	return cmd
}

func newSenderShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "show ACCOUNT",
		Short:             "Show what is known of a sender",
		Args:              oneArg("account: see hisseki sender list"),
		ValidArgsFunction: accounts,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withReview(cmd, func(s *review.Service) error {
				line, err := s.ShowSender(cmd.Context(), actor(), args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return jsonl.Write(cmd.OutOrStdout(), []*review.SenderLine{line})
				}
				return terminal.Sender(cmd.OutOrStdout(), inWords(cmd), line)
			})
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

// newSenderExport prints all that is stored about an account, schema 1: one JSON object
// for each row of a table, with the table's name as kind. Hashes and profiles are base64,
// as JSON has no bytes.
func newSenderExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export ACCOUNT",
		Short: "Print all that is stored about an account, as JSON lines",
		Long: `Print all that is stored about an account, one JSON object a line, for whoever asks what is
known of the account. It has the addresses of its recipients too: look before you pass it on.`,
		Args:              oneArg("account: see hisseki sender list"),
		ValidArgsFunction: accounts,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withReview(cmd, func(s *review.Service) error {
				return s.ExportSender(cmd.Context(), actor(), args[0], func(row map[string]any) error {
					return jsonl.Write(cmd.OutOrStdout(), []map[string]any{row})
				})
			})
		},
	}
	var always bool
	addJSON(cmd, &always)
	cmd.Flags().Lookup("json").Usage = "print one JSON object a line; it always does"
	return cmd
}

func newSenderForget() *cobra.Command {
	var yes, dry bool
	var reason string
	cmd := &cobra.Command{
		Use:   "forget ACCOUNT",
		Short: "Erase what is stored about an account, and what it taught",
		Long: `Erase what is stored about an account: its mail in the journal, its profile, logins, rules and
ended incidents; and take back what its mail taught the organisation, as far as the journal
reaches. Kept mail and open incidents have to be decided first. The audit log keeps its lines.
Hashes stay for an hour or two, until running daemons have heard of it.`,
		Args:              oneArg("account: see hisseki sender list"),
		ValidArgsFunction: accounts,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withReview(cmd, func(s *review.Service) error {
				f, err := s.PreviewForget(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				t := inWords(cmd)
				what := terminal.Forgetting(t, f)
				if dry {
					fmt.Fprintln(cmd.OutOrStdout(), t.W("plan-would", t.W("plan-forget", what)))
					return nil
				}
				if !yes {
					if err := confirm(cmd, t.W("plan-forget", what)); err != nil {
						return err
					}
				}
				if err := s.Forget(cmd.Context(), actor(), f, reason); err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), t.W("did-forget", what))
				return nil
			})
		},
	}
	fl := cmd.Flags()
	fl.BoolVarP(&yes, "yes", "y", false, "do not ask")
	fl.BoolVarP(&dry, "dry-run", "n", false, "only say what would be erased")
	addReason(cmd, &reason)
	return cmd
}

func newSenderAdopt() *cobra.Command {
	var networks []string
	var reason string
	cmd := &cobra.Command{
		Use:   "adopt ACCOUNT...",
		Short: "Make what applications of an account's address taught the account's own",
		Long: `Make what is known of an address as an application the account's own: mail that a relay handed
over before [[identity.relay]] named it. Mail and profile move. Only networks of
configured relays count, or those of --network: from elsewhere anybody may have used the address.`,
		Args:              someArgs("an account: see hisseki sender list"),
		ValidArgsFunction: accounts,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withReview(cmd, func(s *review.Service) error {
				for _, account := range args {
					list, err := s.Adopt(cmd.Context(), actor(), account, networks, reason)
					for _, a := range list {
						fmt.Fprintf(cmd.OutOrStdout(), "%s is %s now: %s\n", safe(a.From, 200), safe(a.Account, 200),
							counted(a.Mails, "mail"))
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	cmd.Flags().StringSliceVar(&networks, "network", nil, "`NETWORKS` that relayed for the account, such as 192.0.2.0/24")
	addReason(cmd, &reason)
	return cmd
}
