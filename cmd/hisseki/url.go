package main

import "github.com/spf13/cobra"

func newURL() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "url",
		Short: "Block or allow links by host, domain or URL",
		Long: `Rules for links, in force within seconds. A domain stands for itself and all hosts below
it, a URL for all that begin with it; the narrowest rule that fits a link counts.

A mail with a blocked link is held, whoever sends it and wherever the link stands, also
when the sender is allowed. In mode observe that is only recorded. An allowed link counts
as known to everybody.`,
		Args: cobra.NoArgs,
		RunE: needSubcommand,
	}
	const what = "HOST|DOMAIN|URL..."
	for _, r := range urlRules {
		cmd.AddCommand(newRule(r, what, urlSubject))
	}
	cmd.AddCommand(newClearRule(what, urlSubject),
		newListRules("list", "List the rules for links that hold now", "url"))
	return cmd
}
