package command

import (
	"github.com/spf13/cobra"

	"hisseki/review"
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
	cmd.AddCommand(s.addChange(), s.list("List declared changes", (*review.Service).Changes),
		s.remove("End declared changes now, by id such as T3", "change", "change"))
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
			return s.add(cmd, r)
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
