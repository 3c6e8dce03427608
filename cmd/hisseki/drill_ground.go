package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/drill"
	"hisseki/internal/config"
	"hisseki/internal/places"
	"hisseki/internal/wiring"
	"hisseki/ledger"
	"hisseki/replay"
	"hisseki/store"
)

// ground is what a drill plays on: the store, read only, or a replayed archive.
type ground struct {
	past     analyzer.Memory
	config   analyzer.Config
	accounts []*drill.Account         // the busiest first
	newest   time.Time                // last mail
	modes    map[string]analyzer.Mode // of accounts, where it is not observe by default
	mode     analyzer.Mode            // of the others
	samples  bool                     // it is known how the accounts' mail looks
	closers  []func() error
}

// Close closes the store and the databases of places.
func (g *ground) Close() error {
	var errs []error
	for _, c := range g.closers {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// modeOf is what is really done with the account's mail.
func (g *ground) modeOf(sender string) analyzer.Mode {
	if m := g.modes[sender]; m != "" {
		return m
	}
	return g.mode
}

func openGround(cmd *cobra.Command, past *replayFlags, paths []string) (*ground, error) {
	if past.timeline != "" || len(paths) > 0 {
		return replayGround(cmd, past, paths)
	}
	cfg, err := settings(cmd)
	if err != nil {
		return nil, err
	}
	db, err := lookStore(cmd.Context(), cfg)
	if err != nil {
		return nil, err
	}
	g, err := storeGround(cmd.Context(), cfg, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	g.closers = append(g.closers, db.Close)
	return g, nil
}

// storeGround copies nothing yet: the drill reads the store and keeps to itself what it
// does. db stays the caller's to close.
func storeGround(ctx context.Context, cfg config.Config, db *store.DB) (*ground, error) {
	files, err := places.Open(cfg.Places)
	if err != nil {
		return nil, err
	}
	g := &ground{past: db, mode: analyzer.Mode(cfg.Mode), modes: map[string]analyzer.Mode{},
		closers: []func() error{files.Close}}
	if g.config, err = wiring.Analyzer(ctx, cfg, db, files); err == nil {
		err = g.findAccounts(ctx, db)
	}
	if err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// sentMails is how far back an account's mail is looked through for its partners.
const sentMails = 500

func (g *ground) findAccounts(ctx context.Context, db *store.DB) error {
	senders, err := db.Senders(ctx, ledger.SenderFilter{Class: analyzer.Account})
	if err != nil {
		return err
	}
	for _, s := range senders {
		a := &drill.Account{Sender: s.Name, MailFrom: s.Name, From: s.Name, Last: s.Last}
		sent, err := db.Sent(ctx, s.Name, sentMails)
		if err != nil {
			return err
		}
		for i := range sent {
			a.Note(&sent[i])
		}
		g.accounts = append(g.accounts, a)
		if s.Last.After(g.newest) {
			g.newest = s.Last
		}
		rule, _, err := db.Override(ctx, s.Name, analyzer.Account, time.Now())
		if err != nil {
			return err
		}
		if rule.Mode != "" {
			g.modes[s.Name] = rule.Mode
		}
	}
	return nil
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

// replayGround learns an archive as replay does.
func replayGround(cmd *cobra.Command, f *replayFlags, paths []string) (g *ground, err error) {
	src, total, err := f.open(cmd, paths)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	g = &ground{config: replayConfig(), mode: analyzer.Enforce, samples: true}
	last := &lastMail{Source: src}
	accounts, mails := map[string]*drill.Account{}, map[string]int{}
	progress, end := progressBar(cmd.ErrOrStderr(), total)
	defer end()
	memory, err := replay.Run(cmd.Context(), replay.Options{
		Source: last, Config: g.config, NoClient: f.noClient, Progress: progress,
		Report: func(e *replay.Event) error {
			if e.Kind == "verdict" && e.Record.Learn || e.Kind == "released" {
				name := e.Record.Envelope.Sender
				if accounts[name] == nil {
					accounts[name] = &drill.Account{}
					g.accounts = append(g.accounts, accounts[name])
				}
				accounts[name].Note(e.Record)
				if e.Kind == "verdict" {
					accounts[name].Keep(last.mail)
				}
				mails[name]++
			}
			if e.Time.After(g.newest) {
				g.newest = e.Time
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(g.accounts, func(a, b *drill.Account) int {
		if n := mails[b.Sender] - mails[a.Sender]; n != 0 {
			return n
		}
		return strings.Compare(a.Sender, b.Sender)
	})
	g.past = memory
	return g, nil
}
