package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	xterm "golang.org/x/term"

	"hisseki/analyzer"
	"hisseki/daemon"
	"hisseki/internal/config"
	"hisseki/internal/table"
	"hisseki/internal/wiring"
	"hisseki/quarantine"
	"hisseki/review"
	reviewing "hisseki/review/command"
	"hisseki/seal"
	"hisseki/store"
)

// withReview runs a subcommand on what a reviewer sees and does.
func withReview(cmd *cobra.Command, do func(*review.Service) error) error {
	return withStore(cmd, func(cfg config.Config, db *store.DB) error {
		s, err := newReview(cfg, db)
		if err != nil {
			return err
		}
		return do(s)
	})
}

// habits makes the commands of package review/command.
func habits() reviewing.Shared {
	return reviewing.Shared{With: withReview, NoArgs: noArgs, SomeArgs: someArgs, Group: needSubcommand,
		NeedUntil: needUntil, Accounts: accounts, Words: inWords}
}

func newReview(cfg config.Config, db *store.DB) (*review.Service, error) {
	habits, err := wiring.Habits(cfg)
	if err != nil {
		return nil, err
	}
	s := &review.Service{
		Store: db, Now: time.Now, Normal: wiring.Identity(cfg).Normal, Unseal: unsealer(cfg.Privacy),
		Second: db.Reviewers(), Findings: db.Findings(),
		Settings: review.Settings{
			Mode: map[analyzer.Class]analyzer.Mode{
				analyzer.Account:     analyzer.Mode(cfg.Mode),
				analyzer.Application: analyzer.Mode(cfg.Classes.Application),
				analyzer.Null:        analyzer.Mode(cfg.Classes.Null),
			},
			Journal: time.Duration(cfg.Privacy.Journal), Countries: cfg.TellsCountries(),
			Signins: len(cfg.Signin.Files) > 0,
			Habits:  habits, Relays: wiring.RelayHosts(cfg), Database: cfg.Database, StaleAfter: daemon.StaleAfter,
			Grace: time.Duration(cfg.Review.Grace), TwoPerson: cfg.Review.TwoPerson,
			Hooks: wiring.HooksByEvent(cfg.Hooks), Asking: wiring.AskNames(cfg.Hooks),
			Fixed: fixed(cfg),
		},
	}
	s.Ready = wiring.Signs(cfg).Ready
	if os.Geteuid() == 0 { // nobody else may read Postfix's queue
		queue := &quarantine.Queue{ConfigDir: cfg.Agent.PostfixConfig}
		s.ReadMail = queue.Cat
	}
	return s, nil
}

// unsealer opens excerpts with the reviewers' key.
func unsealer(cfg config.Privacy) func(string) (string, error) {
	return func(sealed string) (string, error) {
		if cfg.ExcerptIdentity == "" {
			return "", errors.New("set privacy.excerpt_identity to the key's file")
		}
		return seal.Open(sealed, cfg.ExcerptIdentity)
	}
}

// warnAgent says so when nobody carries decisions out.
func warnAgent(cmd *cobra.Command, s *review.Service) {
	if s.AgentMissing(cmd.Context()) {
		fmt.Fprintln(cmd.ErrOrStderr(), "hisseki: "+inWords(cmd).W("cli-no-agent"))
	}
}

// warn prints what a person should know although all went well.
func warn(cmd *cobra.Command, doubts []string) {
	for _, text := range doubts {
		fmt.Fprintln(cmd.ErrOrStderr(), "hisseki: "+inWords(cmd).Fault(text))
	}
}

// confirm asks a person. Without one, --yes is required.
func confirm(cmd *cobra.Command, what string) error {
	yes, err := ask(cmd, what)
	if err == nil && !yes {
		err = errors.New("nothing was done")
	}
	return err
}

// ask asks a person a question. A terminal gives one line at a time, so nothing of the next
// answer is swallowed.
func ask(cmd *cobra.Command, what string) (bool, error) {
	if !table.IsTerminal(cmd.InOrStdin()) {
		return false, usageError{errors.New("no terminal to ask on: add --yes, or --dry-run to look first")}
	}
	fmt.Fprint(cmd.ErrOrStderr(), inWords(cmd).W("cli-ask", what))
	line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("reading the answer: %w", err)
	}
	a := strings.ToLower(strings.TrimSpace(line))
	return a == "y" || a == "yes", nil
}

// secret asks a person for one without showing it; a program gives it as a line.
func secret(cmd *cobra.Command, what string) (string, error) {
	if file, ok := cmd.InOrStdin().(*os.File); ok && table.IsTerminal(file) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: ", what)
		text, err := xterm.ReadPassword(int(file.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		return string(text), err
	}
	line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the %s: %w", what, err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func addReason(cmd *cobra.Command, reason *string) {
	cmd.Flags().StringVar(reason, "reason", "", "`TEXT` for the audit log")
}

// decisionFlags are the same wherever something is decided.
type decisionFlags struct {
	listFlags
	dryRun, yes bool
	reason      string
}

func (f *decisionFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.BoolVarP(&f.dryRun, "dry-run", "n", false, "only show what would be done")
	fl.BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	addReason(cmd, &f.reason)
	f.listFlags.add(cmd)
}
