package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/internal/term"
	"hisseki/ledger"
)

// senderStore is what is known of senders.
type senderStore interface {
	auditor
	// Senders returns the senders of the journal's mail, the busiest first.
	Senders(ctx context.Context, f ledger.SenderFilter) ([]ledger.Sender, error)
	// Extents calls do with how much the profile of each of some senders holds, in any order;
	// so many of a sender's last mails at most may count as mails only.
	Extents(ctx context.Context, senders []string, behind int,
		do func(sender string, e *baseline.Extent) error) error
	// Export calls each for every row that is stored about a sender, table by table.
	Export(ctx context.Context, sender string, each func(table string, row map[string]any) error) error
	Forget(ctx context.Context, sender, by, reason string) (mails int, err error)
	// AdoptSender makes what is known of one sender an account's.
	AdoptSender(ctx context.Context, from, account, by, reason string) (mails int, err error)
}

// SenderLine is a sender as JSON, schema 1.
type SenderLine struct {
	Schema   int            `json:"schema"`
	Kind     string         `json:"kind"` // "sender"
	Sender   string         `json:"sender"`
	Class    analyzer.Class `json:"class"`
	Mode     analyzer.Mode  `json:"mode"`    // in force
	Rule     string         `json:"rule"`    // a reviewer's, such as "allow"; "" for none
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

// KnownHabits are the families of habits that mean something to a reader, by name.
var KnownHabits = []struct {
	family baseline.Family
	Name   string
}{
	{baseline.Recipient, "recipients"}, {baseline.RecipientDomain, "recipient domains"},
	{baseline.Site, "linked sites"}, {baseline.Network, "networks"},
	{baseline.Country, "countries"}, {baseline.Mailer, "mail programs"},
	{baseline.From, "from addresses"}, {baseline.Hour, "parts of the week"},
	{baseline.File, "kinds of files"}, {baseline.Phrase, "first and last lines"},
}

// Senders returns the senders of the journal, the busiest first, at most limit (0 for all);
// none is ErrNothing.
func (s *Service) Senders(ctx context.Context, limit int) ([]SenderLine, error) {
	return s.senders(ctx, ledger.SenderFilter{Limit: limit}, listBehind)
}

// ShowSender returns what is known of a sender, after it was noted in the audit log.
func (s *Service) ShowSender(ctx context.Context, who Actor, account string) (*SenderLine, error) {
	name, err := s.accountName(account)
	if err != nil {
		return nil, UsageError{err}
	}
	list, err := s.senders(ctx, ledger.SenderFilter{Name: name}, 0)
	if err != nil {
		return nil, err
	}
	if err := s.looked(ctx, who, "sender:"+name, "profile"); err != nil {
		return nil, err
	}
	return &list[0], nil
}

// listBehind is how many of a sender's last mails a list of senders may leave out of what is
// known of him: a profile is saved again once it lacks as many.
const listBehind = 16

// senders sums the journal up by sender and adds what profiles, incidents and rules say.
func (s *Service) senders(ctx context.Context, f ledger.SenderFilter, behind int) (
	[]SenderLine, error) {
	now := s.Now()
	f.Since = now.Add(-s.Settings.Journal)
	list, err := s.Store.Senders(ctx, f)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, s.nothing(ctx, f.Name)
	}
	open, err := s.openIncidents(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	rules, err := s.rulesBySubject(ctx)
	if err != nil {
		return nil, err
	}
	out, names := make([]SenderLine, len(list)), make([]string, len(list))
	lines := make(map[string]*SenderLine, len(list))
	for i := range list {
		x, l := &list[i], &out[i]
		names[i], lines[x.Name] = x.Name, l
		*l = SenderLine{Schema: 1, Kind: "sender", Sender: x.Name, Class: x.Class, Mails: x.Mails,
			Would: x.Odd, Last: x.Last, Mode: s.Settings.Mode[x.Class], Incident: orNull(open[x.Name])}
		l.obey(rules)
	}
	return out, s.Store.Extents(ctx, names, behind, func(sender string, e *baseline.Extent) error {
		s.addExtent(lines[sender], e)
		return nil
	})
}

// openIncidents returns when each sender's open incident began.
func (s *Service) openIncidents(ctx context.Context, sender string) (map[string]time.Time, error) {
	list, err := s.Store.FindIncidents(ctx, ledger.IncidentFilter{Sender: sender,
		States: []ledger.IncidentState{ledger.IncidentOpen}})
	out := make(map[string]time.Time, len(list))
	for i := range list {
		out[list[i].Sender] = list[i].Opened
	}
	return out, err
}

// rulesBySubject returns the rules for senders and classes that hold now.
func (s *Service) rulesBySubject(ctx context.Context) (map[string]*ledger.Rule, error) {
	list, err := s.Store.Overrides(ctx, "", s.Now())
	out := make(map[string]*ledger.Rule, len(list))
	for i := range list {
		out[list[i].Subject] = &list[i]
	}
	return out, err
}

// obey adds the rule in force: the sender's goes before that of its class.
func (l *SenderLine) obey(rules map[string]*ledger.Rule) {
	r := rules["sender:"+l.Sender]
	if r == nil {
		r = rules["class:"+string(l.Class)]
	}
	if r == nil {
		return
	}
	l.Rule, l.Until = r.Verb(), orNull(r.Until)
	if r.Mode != "" {
		l.Mode = r.Mode
	}
}

// addExtent adds how much was learned of a sender.
func (s *Service) addExtent(l *SenderLine, p *baseline.Extent) {
	l.Learned, l.Signals, l.Known = p.Mails(), analyzer.Coverage(p), map[string]int{}
	for _, h := range KnownHabits {
		l.Known[h.Name] = p.Count(h.family)
	}
	if first, _, ok := p.Since(); ok {
		l.Since = first.Start().Format(time.DateOnly)
	}
	if !s.Settings.Countries { // nobody asked for it
		l.Signals = slices.DeleteFunc(l.Signals, func(r analyzer.Readiness) bool {
			return r.Signals == "country"
		})
	}
}

// NotReady names the signals that lack history.
func (l *SenderLine) NotReady() []string {
	var names []string
	for _, r := range l.Signals {
		if !r.Ready {
			names = append(names, r.Signals)
		}
	}
	return names
}

// ExportSender calls each for every row that is stored about an account, schema 1: with the
// table's name as kind. Hashes and profiles are bytes. It is noted in the audit log first.
// No rows are ErrNothing.
func (s *Service) ExportSender(ctx context.Context, who Actor, account string,
	each func(row map[string]any) error) error {
	name, err := s.accountName(account)
	if err != nil {
		return UsageError{err}
	}
	if err := s.Store.Audit(ctx, who.String(), "export", "sender:"+name, "all that is stored"); err != nil {
		return err
	}
	rows := 0
	err = s.Store.Export(ctx, name, func(table string, row map[string]any) error {
		if table != "audit" {
			rows++ // our own line alone is nothing
		}
		row["schema"], row["kind"] = 1, table
		return each(row)
	})
	if err == nil && rows == 0 {
		err = s.nothing(ctx, name)
	}
	return err
}

// Forgetting is what forgetting an account erases.
type Forgetting struct {
	Account string
	Rows    map[string]int // by table
}

// PreviewForget says what forgetting an account would erase; nothing is ErrNothing.
func (s *Service) PreviewForget(ctx context.Context, account string) (*Forgetting, error) {
	name, err := s.accountName(account)
	if err != nil {
		return nil, UsageError{err}
	}
	f := &Forgetting{Account: name, Rows: map[string]int{}}
	rows := 0
	err = s.Store.Export(ctx, name, func(table string, _ map[string]any) error {
		f.Rows[table]++
		if table != "audit" && table != "habit" { // these stay
			rows++
		}
		return nil
	})
	if err == nil && rows == 0 {
		err = s.nothing(ctx, name)
	}
	return f, err
}

// Forget erases what is stored about an account, and what it taught.
func (s *Service) Forget(ctx context.Context, who Actor, f *Forgetting, reason string) error {
	// First, for the store ends what is left of the account in its files.
	if err := s.undrill(ctx, f.Account); err != nil {
		return err
	}
	_, err := s.Store.Forget(ctx, f.Account, who.String(), reason)
	if errors.Is(err, ledger.ErrKept) {
		return fmt.Errorf("%w: see hisseki quarantine list --sender %s", err, strings.ReplaceAll(
			term.Safe(f.Account, 200), " ", "·"))
	}
	return err
}
