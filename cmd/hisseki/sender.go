package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/internal/config"
	"hisseki/store"
)

// senderLine is a sender as --json prints it, schema 1.
type senderLine struct {
	Schema   int            `json:"schema"`
	Kind     string         `json:"kind"`
	Sender   string         `json:"sender"`
	Class    analyzer.Class `json:"class"`
	Mails    int            `json:"mails"`   // in the journal
	Would    int            `json:"would"`   // of those, delayed or held in mode enforce
	Learned  int            `json:"learned"` // in the profile
	Last     time.Time      `json:"last"`
	Incident *time.Time     `json:"incident"` // when the open one began, null for none
	Known    map[string]int `json:"known"`    // distinct values per habit, of show only
}

func newSender() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sender",
		Short: "List and show senders, hold or allow one until a time",
		Args:  cobra.NoArgs,
		RunE:  needSubcommand,
	}
	var asJSON bool
	list := &cobra.Command{
		Use:   "list",
		Short: "List the senders of the journal, the busiest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(cfg config.Config, db *store.DB) error {
				senders, err := findSenders(cmd, cfg, db, "")
				if err != nil {
					return err
				}
				if asJSON {
					return writeLines(cmd.OutOrStdout(), senders)
				}
				return senderTable(cmd.OutOrStdout(), senders)
			})
		},
	}
	show := &cobra.Command{
		Use:   "show ACCOUNT",
		Short: "Show what is known of a sender",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(cfg config.Config, db *store.DB) error {
				senders, err := findSenders(cmd, cfg, db, strings.ToLower(args[0]))
				if err != nil {
					return err
				}
				if asJSON {
					return writeLines(cmd.OutOrStdout(), senders)
				}
				return senders[0].print(cmd.OutOrStdout())
			})
		},
	}
	addJSON(list, &asJSON)
	addJSON(show, &asJSON)
	cmd.AddCommand(list, show)
	const what = "ACCOUNT|class:CLASS..."
	for _, r := range senderRules {
		cmd.AddCommand(newRule(r, what, senderSubject))
	}
	cmd.AddCommand(newClearRule(what, senderSubject),
		newListRules("rules", "List the rules for senders and classes that hold now", ""))
	return cmd
}

// habits are the families that mean something to a reader.
var habits = []struct {
	family baseline.Family
	name   string
}{
	{baseline.Recipient, "recipients"}, {baseline.RecipientDomain, "recipient domains"},
	{baseline.Site, "linked sites"}, {baseline.Network, "networks"},
	{baseline.Country, "countries"}, {baseline.Mailer, "mail programs"},
	{baseline.From, "from addresses"}, {baseline.Hour, "parts of the week"},
	{baseline.File, "kinds of files"}, {baseline.Phrase, "first and last lines"},
}

// findSenders sums the journal up per sender ("" is all) and adds what the profiles say.
func findSenders(cmd *cobra.Command, cfg config.Config, db *store.DB, name string) ([]senderLine, error) {
	since := time.Now().Add(-time.Duration(cfg.Privacy.Journal))
	records, err := db.Recent(cmd.Context(), name, since)
	if err != nil {
		return nil, err
	}
	byName := map[string]*senderLine{}
	for i := range records {
		e := &records[i].Envelope
		s := byName[e.Sender]
		if s == nil {
			s = &senderLine{Schema: 1, Kind: "sender", Sender: e.Sender, Class: e.Class}
			byName[e.Sender] = s
		}
		s.Mails, s.Last = s.Mails+1, e.Time
		if records[i].Verdict.Would != analyzer.Pass {
			s.Would++
		}
	}
	var out []senderLine
	for _, s := range byName {
		p, _, err := db.Profile(cmd.Context(), s.Sender)
		if err != nil {
			return nil, err
		}
		s.Learned, s.Known = p.Mails(), map[string]int{}
		for _, h := range habits {
			s.Known[h.name] = p.Count(h.family)
		}
		open, began, err := db.Incident(cmd.Context(), s.Sender)
		if err != nil {
			return nil, err
		}
		if open {
			s.Incident = &began
		}
		out = append(out, *s)
	}
	if len(out) == 0 {
		return nil, errNothing
	}
	slices.SortFunc(out, func(a, b senderLine) int {
		if a.Mails != b.Mails {
			return b.Mails - a.Mails
		}
		return strings.Compare(a.Sender, b.Sender)
	})
	return out, nil
}

func senderTable(w io.Writer, senders []senderLine) error {
	t := newTable(w, "sender", "class", "mails", "odd", "learned", "last", "incident")
	for i := range senders {
		s := &senders[i]
		t.row(safe(s.Sender, 60), string(s.Class), fmt.Sprint(s.Mails), fmt.Sprint(s.Would),
			fmt.Sprint(s.Learned), stamp(s.Last), s.incident())
	}
	return t.write()
}

func (s *senderLine) incident() string {
	if s.Incident == nil {
		return ""
	}
	return "since " + stamp(*s.Incident)
}

func (s *senderLine) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "sender      %s (%s)\n", safe(s.Sender, 200), s.Class)
	fmt.Fprintf(&b, "journal     %s, %d of them odd, the last %s\n", counted(s.Mails, "mail"),
		s.Would, stamp(s.Last))
	if s.Incident != nil {
		fmt.Fprintf(&b, "incident    open %s\n", s.incident())
	}
	fmt.Fprintf(&b, "profile     learned from %s; distinct values:\n", counted(s.Learned, "mail"))
	for _, h := range habits {
		fmt.Fprintf(&b, "  %6d  %s\n", s.Known[h.name], h.name)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
