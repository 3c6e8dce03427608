package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
	"hisseki/replay"
)

// Ground is what a drill plays on: the store, read only, or a replayed archive.
type Ground struct {
	Past     analyzer.Memory
	Config   analyzer.Config // with the past's Salt
	Accounts []*Account      // the busiest first
	Newest   time.Time       // last mail
	Samples  bool            // it is known how the accounts' mail looks

	mode  analyzer.Mode            // of accounts
	modes map[string]analyzer.Mode // of those that a rule sets another mode for
}

// ModeOf is what is really done with an account's mail.
func (g *Ground) ModeOf(sender string) analyzer.Mode {
	if m := g.modes[sender]; m != "" {
		return m
	}
	return g.mode
}

// Store is the store as a drill reads it.
type Store interface {
	analyzer.Memory
	Senders(ctx context.Context, f ledger.SenderFilter) ([]ledger.Sender, error)
	// Sent returns a sender's newest mails that are learned, at most limit, oldest first.
	Sent(ctx context.Context, sender string, limit int) ([]analyzer.Record, error)
}

// sentMails is how far back an account's mail is looked through for its partners.
const sentMails = 500

// StoreGround is the store as it is. Nothing is copied: the drill reads the store and
// keeps to itself what it does. mode is that of accounts, now is when rules count.
func StoreGround(ctx context.Context, db Store, cfg analyzer.Config, mode analyzer.Mode,
	now time.Time) (*Ground, error) {
	cfg.Limits.Budget, cfg.Limits.Now = 0, nil // the same drill ends the same on a busy machine
	g := &Ground{Past: db, Config: cfg, mode: mode, modes: map[string]analyzer.Mode{}}
	senders, err := db.Senders(ctx, ledger.SenderFilter{Class: analyzer.Account})
	if err != nil {
		return nil, err
	}
	for _, s := range senders {
		a := &Account{Sender: s.Name, MailFrom: s.Name, From: s.Name, Last: s.Last}
		sent, err := db.Sent(ctx, s.Name, sentMails)
		if err != nil {
			return nil, err
		}
		for i := range sent {
			a.Note(&sent[i])
		}
		g.Accounts = append(g.Accounts, a)
		if s.Last.After(g.Newest) {
			g.Newest = s.Last
		}
		rule, _, err := db.Override(ctx, s.Name, analyzer.Account, now)
		if err != nil {
			return nil, err
		}
		if rule.Mode != "" {
			g.modes[s.Name] = rule.Mode
		}
	}
	return g, nil
}

// ReplayGround learns an archive as replay does. Past and Salt are the replay's.
func ReplayGround(ctx context.Context, opt replay.Options) (*Ground, error) {
	g := &Ground{Config: opt.Config, mode: analyzer.Enforce, Samples: true}
	last := &lastMail{Source: opt.Source}
	accounts, mails := map[string]*Account{}, map[string]int{}
	opt.Source = last
	opt.Report = func(e *replay.Event) error {
		if e.Kind == "verdict" && e.Record.Learn || e.Kind == "released" {
			name := e.Record.Envelope.Sender
			if accounts[name] == nil {
				accounts[name] = &Account{}
				g.Accounts = append(g.Accounts, accounts[name])
			}
			accounts[name].Note(e.Record)
			if e.Kind == "verdict" {
				accounts[name].Keep(last.mail)
			}
			mails[name]++
		}
		if e.Time.After(g.Newest) {
			g.Newest = e.Time
		}
		return nil
	}
	memory, err := replay.Run(ctx, opt)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(g.Accounts, func(a, b *Account) int {
		if n := mails[b.Sender] - mails[a.Sender]; n != 0 {
			return n
		}
		return strings.Compare(a.Sender, b.Sender)
	})
	g.Past = memory
	return g, nil
}

// lastMail remembers the mail of the last act.
type lastMail struct {
	replay.Source
	mail *analyzer.Mail
}

// Next implements replay.Source.
func (l *lastMail) Next() (*replay.Act, error) {
	act, err := l.Source.Next()
	if err == nil {
		l.mail = act.Mail
	}
	return act, err
}

// Choose returns the accounts of some names, or all without names, at most limit of the
// busiest (0 for all), and the names that it did not find.
func (g *Ground) Choose(names []string, limit int) (list []*Account, missing []string) {
	if len(names) == 0 {
		list = g.Accounts
	}
	for _, name := range names {
		i := slices.IndexFunc(g.Accounts, func(a *Account) bool { return a.Sender == name })
		if i < 0 {
			missing = append(missing, name)
			continue
		}
		list = append(list, g.Accounts[i])
	}
	if limit > 0 && len(list) > limit {
		list = list[:limit]
	}
	return list, missing
}

// Recipes returns the recipes of some names, or those that the ground has what they need
// for when the only name is "all".
func (g *Ground) Recipes(names []string) ([]Recipe, error) {
	if slices.Equal(names, []string{"all"}) {
		return Archived(Recipes, g.Samples), nil
	}
	return FindAll(names)
}

// FindAll returns the recipes of some names; "all" alone stands for all of them.
func FindAll(names []string) ([]Recipe, error) {
	if slices.Equal(names, []string{"all"}) {
		return Recipes, nil
	}
	var list []Recipe
	for _, name := range names {
		r, ok := Find(name)
		if !ok {
			return nil, fmt.Errorf("%s: no such recipe, see hisseki drill --help", name)
		}
		list = append(list, r)
	}
	return list, nil
}

// Play plays recipes in accounts on the ground and reports all of it. Past, Config and
// Newest of the options are the ground's. progress is told how many are done.
func (g *Ground) Play(ctx context.Context, opt Options, accounts []*Account, recipes []Recipe,
	progress func(int)) (*Report, error) {
	opt.Past, opt.Newest = g.Past, g.Newest
	if opt.Config.Salt == nil {
		opt.Config = g.Config
	}
	report := &Report{ground: g, recipes: recipes}
	d := New(opt)
	for _, a := range accounts {
		for _, r := range recipes {
			res, err := d.Run(ctx, a, r)
			switch {
			case Impossible(err):
				report.skipped = append(report.skipped, err)
			case err != nil:
				return nil, err
			default:
				report.Results = append(report.Results, res)
			}
			progress(len(report.Results) + len(report.skipped))
		}
	}
	return report, nil
}
