package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

// senderLine is a sender as --json prints it, schema 1.
type senderLine struct {
	Schema   int            `json:"schema"`
	Kind     string         `json:"kind"`
	Sender   string         `json:"sender"`
	Class    analyzer.Class `json:"class"`
	Mode     analyzer.Mode  `json:"mode"`    // in force
	Rule     string         `json:"rule"`    // an admin's, such as "allow"; "" for none
	Until    *time.Time     `json:"until"`   // end of the rule, null for none
	Mails    int            `json:"mails"`   // in the journal
	Would    int            `json:"would"`   // of those, delayed or held in mode enforce
	Learned  int            `json:"learned"` // in the profile
	Since    string         `json:"since"`   // first day in the profile, "" when it is empty
	Last     time.Time      `json:"last"`
	Incident *time.Time     `json:"incident"` // when the open one began, null for none
	Known    map[string]int `json:"known"`    // distinct values per habit

	Signals []analyzer.Readiness `json:"signals"` // which of them the history suffices for
}

func newSender() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sender",
		Short: "List, show, export and forget senders, hold or allow one until a time",
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
				err = db.Audit(cmd.Context(), actor(), "read", "sender:"+senders[0].Sender, "profile")
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
	cmd.AddCommand(list, show, newSenderExport(), newSenderForget())
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

// findSenders sums the journal up per sender ("" is all), the busiest first, and adds what
// the profiles, incidents and rules say.
func findSenders(cmd *cobra.Command, cfg config.Config, db *store.DB, name string) (
	[]senderLine, error) {
	now := time.Now()
	senders, err := db.Senders(cmd.Context(), store.SenderFilter{Name: name,
		Since: now.Add(-time.Duration(cfg.Privacy.Journal))})
	if err != nil {
		return nil, err
	}
	if len(senders) == 0 {
		return nil, errNothing
	}
	out := make([]senderLine, len(senders))
	for i, s := range senders {
		l := &out[i]
		*l = senderLine{Schema: 1, Kind: "sender", Sender: s.Name, Class: s.Class, Mails: s.Mails,
			Would: s.Odd, Last: s.Last, Mode: modeOf(cfg, s.Class)}
		if err := l.look(cmd.Context(), db, now); err != nil {
			return nil, err
		}
		if cfg.Places.Country == "" { // nobody asked for it
			l.Signals = slices.DeleteFunc(l.Signals, func(r analyzer.Readiness) bool {
				return r.Signals == "country"
			})
		}
	}
	return out, nil
}

// modeOf is the mode that the configuration sets for a class.
func modeOf(cfg config.Config, class analyzer.Class) analyzer.Mode {
	switch class {
	case analyzer.Application:
		return analyzer.Mode(cfg.Classes.Application)
	case analyzer.Null:
		return analyzer.Mode(cfg.Classes.Null)
	}
	return analyzer.Mode(cfg.Mode)
}

// look adds what the profile, the incidents and the rules say of a sender.
func (s *senderLine) look(ctx context.Context, db *store.DB, now time.Time) error {
	p, _, err := db.Profile(ctx, s.Sender)
	if err != nil {
		return err
	}
	s.Learned, s.Signals, s.Known = p.Mails(), analyzer.Coverage(p), map[string]int{}
	for _, h := range habits {
		s.Known[h.name] = p.Count(h.family)
	}
	if first, _, ok := p.Since(); ok {
		s.Since = first.Start().Format(time.DateOnly)
	}
	open, began, err := db.Incident(ctx, s.Sender)
	if err != nil {
		return err
	}
	if open {
		s.Incident = &began
	}
	rule, ok, err := db.Override(ctx, s.Sender, s.Class, now)
	if err != nil || !ok {
		return err
	}
	s.Rule, s.Until = (&ledger.Rule{Override: rule}).Verb(), &rule.Until
	if rule.Mode != "" {
		s.Mode = rule.Mode
	}
	return nil
}

// senderTable shows at a glance how well each sender is covered.
func senderTable(w io.Writer, senders []senderLine) error {
	t := newTable(w, "sender", "class", "mode", "mails", "odd", "learned", "not ready", "last",
		"incident")
	for i := range senders {
		s := &senders[i]
		t.row(safe(s.Sender, 60), string(s.Class), s.mode(), fmt.Sprint(s.Mails),
			fmt.Sprint(s.Would), fmt.Sprint(s.Learned), s.notReady(), stamp(s.Last), s.incident())
	}
	return t.write()
}

// mode is the mode in force, and the rule if there is one.
func (s *senderLine) mode() string {
	if s.Rule == "" {
		return string(s.Mode)
	}
	return fmt.Sprintf("%s %s", s.Rule, untilText(*s.Until))
}

// notReady names the signals that lack history.
func (s *senderLine) notReady() string {
	var names []string
	for _, r := range s.Signals {
		if !r.Ready {
			names = append(names, r.Signals)
		}
	}
	return strings.Join(names, ", ")
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
	fmt.Fprintf(&b, "mode        %s\n", s.mode())
	if s.Incident != nil {
		fmt.Fprintf(&b, "incident    open %s\n", s.incident())
	}
	b.WriteString("signals\n")
	for _, r := range s.Signals {
		state := "ready"
		if !r.Ready {
			state = "not ready: " + r.Needs
		}
		fmt.Fprintf(&b, "  %-15s  %s\n", r.Signals, state)
	}
	fmt.Fprintf(&b, "profile     learned from %s", counted(s.Learned, "mail"))
	if s.Since != "" {
		fmt.Fprintf(&b, " since %s", s.Since)
	}
	b.WriteString("; distinct values:\n")
	for _, h := range habits {
		fmt.Fprintf(&b, "  %6d  %s\n", s.Known[h.name], h.name)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
