package command

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	xterm "golang.org/x/term"

	"hisseki/access"
	"hisseki/internal/config"
	"hisseki/internal/jsonl"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/store"
)

// Reviewer is the command "reviewer".
func (s Shared) Reviewer() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reviewer",
		Short: "Who may use the review page",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return s.Usage(errors.New("reviewer needs a subcommand"))
		},
	}
	cmd.AddCommand(s.add(), s.list(), s.passkeys(), s.requests(), s.agree(), s.disagree(), s.remove(), s.password(), s.totp(), s.role(), s.link(), s.logout())
	return cmd
}

// one takes one name.
func (s Shared) one(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return s.Usage(errors.New("it needs the name of one reviewer"))
	}
	return s.usage(access.CheckName(args[0]))
}

func (s Shared) usage(err error) error {
	if err == nil {
		return nil
	}
	return s.Usage(err)
}

func checkRole(r access.Role) error {
	if !r.Valid() {
		return fmt.Errorf("--role %q is not viewer, reviewer or admin", r)
	}
	return nil
}

func (s Shared) add() *cobra.Command {
	var role string
	var noCode bool
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a reviewer: a password is asked for, and a second factor is drawn",
		Long: `Adds a reviewer. A viewer looks, a reviewer decides, an admin sets rules too. The password is
asked for, or read as the first line of standard input; what is printed then goes into an
authenticator program (TOTP, RFC 6238): it is not shown again.`,
		Args: s.one,
		RunE: func(cmd *cobra.Command, args []string) error {
			a := access.Account{Name: args[0], Role: access.Role(role)}
			if err := checkRole(a.Role); err != nil {
				return s.Usage(err)
			}
			return s.With(cmd, func(_ config.Config, db *store.DB) error {
				have, err := db.Reviewers().Account(cmd.Context(), a.Name)
				if err != nil {
					return err
				}
				if have != nil {
					return fmt.Errorf("there is a reviewer %s already: see hisseki reviewer list", a.Name)
				}
				if a.Password, err = s.readPassword(cmd); err != nil {
					return err
				}
				uri := ""
				if !noCode {
					if a.Secret, uri, err = access.NewSecret(a.Name, rand.Reader); err != nil {
						return err
					}
				}
				if err := db.Reviewers().PutAccount(cmd.Context(), a, s.Actor().String(), "add-reviewer"); err != nil {
					return err
				}
				printSecret(cmd.OutOrStdout(), s.Words(cmd), a.Secret, uri)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&role, "role", string(access.Reviewer), "`ROLE`: viewer, reviewer or admin")
	cmd.Flags().BoolVar(&noCode, "no-totp", false, "without a second factor: lets nobody in unless web.password_only is set")
	return cmd
}

func printSecret(w io.Writer, t words.Reader, secret, uri string) {
	if secret != "" {
		fmt.Fprintln(w, t.W("totp-secret", uri, secret))
	}
}

// readPassword asks a person twice, or reads a line.
func (s Shared) readPassword(cmd *cobra.Command) (hash string, err error) {
	text := ""
	if f, ok := cmd.InOrStdin().(*os.File); ok && xterm.IsTerminal(int(f.Fd())) {
		text, err = askTwice(cmd.ErrOrStderr(), s.Words(cmd), int(f.Fd()))
	} else {
		text, err = bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 4096)).ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = nil
		}
		text = strings.TrimRight(text, "\r\n")
	}
	if err == nil {
		err = access.CheckPassword(text)
	}
	if err != nil {
		return "", err
	}
	return access.HashPassword(text, rand.Reader)
}

func askTwice(w io.Writer, t words.Reader, fd int) (string, error) {
	var list [2]string
	for i, question := range []string{t.W("ask-password"), t.W("ask-again-pw")} {
		fmt.Fprint(w, question)
		b, err := xterm.ReadPassword(fd)
		fmt.Fprintln(w)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		list[i] = string(b)
	}
	if list[0] != list[1] {
		return "", errors.New("the two passwords differ")
	}
	return list[0], nil
}

// change changes a reviewer who is there. His sessions end, and with another password or second factor
// his passkeys too.
func (s Shared) change(cmd *cobra.Command, name string, do func(*access.Account) error) error {
	return s.With(cmd, func(_ config.Config, db *store.DB) error {
		a, err := s.find(cmd, db, name)
		if err == nil {
			err = do(a)
		}
		if err != nil {
			return err
		}
		return db.Reviewers().PutAccount(cmd.Context(), *a, s.Actor().String(), "change-reviewer")
	})
}

func (s Shared) find(cmd *cobra.Command, db *store.DB, name string) (*access.Account, error) {
	a, err := db.Reviewers().Account(cmd.Context(), name)
	if err == nil && a == nil {
		err = fmt.Errorf("there is no reviewer %s: see hisseki reviewer list", name)
	}
	return a, err
}

func (s Shared) password() *cobra.Command {
	return &cobra.Command{Use: "password NAME", Short: "Set a reviewer's password, end his sessions and remove his passkeys", Args: s.one,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.change(cmd, args[0], func(a *access.Account) (err error) {
				a.Password, err = s.readPassword(cmd)
				return err
			})
		}}
}

func (s Shared) totp() *cobra.Command {
	return &cobra.Command{Use: "totp NAME", Short: "Draw a reviewer's second factor anew, end his sessions and remove his passkeys",
		Args: s.one,
		RunE: func(cmd *cobra.Command, args []string) error {
			uri := ""
			var changed *access.Account
			err := s.change(cmd, args[0], func(a *access.Account) (err error) {
				changed = a
				a.Secret, uri, err = access.NewSecret(a.Name, rand.Reader)
				return err
			})
			if err == nil {
				printSecret(cmd.OutOrStdout(), s.Words(cmd), changed.Secret, uri)
			}
			return err
		}}
}

func (s Shared) role() *cobra.Command {
	return &cobra.Command{Use: "role NAME viewer|reviewer|admin", Short: "Change what a reviewer may do", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			role := access.Role(args[1])
			if err := checkRole(role); err != nil {
				return s.Usage(err)
			}
			return s.change(cmd, args[0], func(a *access.Account) error {
				a.Role = role
				return nil
			})
		}}
}

func (s Shared) remove() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "remove NAME", Short: "Remove a reviewer, and end his sessions", Args: s.one,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.With(cmd, func(_ config.Config, db *store.DB) error {
				ok, err := db.Reviewers().RemoveAccount(cmd.Context(), args[0], s.Actor().String(), reason)
				if err == nil && !ok {
					err = fmt.Errorf("there is no reviewer %s: see hisseki reviewer list", args[0])
				}
				return err
			})
		}}
	cmd.Flags().StringVar(&reason, "reason", "", "`TEXT` for the audit log")
	return cmd
}

// reviewerLine is a reviewer as JSON, schema 1.
type reviewerLine struct {
	Schema   int         `json:"schema"`
	Kind     string      `json:"kind"` // "reviewer"
	Name     string      `json:"name"`
	Role     access.Role `json:"role"`
	TOTP     bool        `json:"totp"`
	Created  time.Time   `json:"created"`
	By       string      `json:"by"`
	Sessions int         `json:"sessions"` // that are open
}

func (s Shared) list() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List the reviewers", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.With(cmd, func(cfg config.Config, db *store.DB) error {
				lines, err := reviewerLines(cmd, cfg, db)
				if err != nil {
					return err
				}
				if asJSON {
					return jsonl.Write(cmd.OutOrStdout(), lines)
				}
				w := s.Words(cmd)
				t := table.New(table.Screen{Writer: cmd.OutOrStdout(), Width: 80}, table.Cut(w.W("list-name"), 10), table.Fixed(w.W("list-role")),
					table.Fixed(w.W("list-factor")), table.Fixed(w.W("list-sessions")), table.Spare(w.W("list-added"), 16), table.Spare(w.W("list-by"), 8))
				for _, l := range lines {
					factor := w.W("factor-none")
					if l.TOTP {
						factor = w.W("factor-totp")
					}
					t.Row(l.Name, string(l.Role), factor, fmt.Sprint(l.Sessions), term.Stamp(l.Created), term.Safe(l.By, 30))
				}
				return t.Write()
			})
		}}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func reviewerLines(cmd *cobra.Command, cfg config.Config, db *store.DB) ([]reviewerLine, error) {
	list, err := db.Reviewers().Accounts(cmd.Context())
	if err != nil {
		return nil, err
	}
	sessions, err := db.Reviewers().Sessions(cmd.Context(), "")
	if err != nil {
		return nil, err
	}
	open, g := map[string]int{}, guard(cfg, db)
	for i := range sessions {
		if !g.Over(&sessions[i]) {
			open[sessions[i].Name]++
		}
	}
	lines := make([]reviewerLine, len(list))
	for i, a := range list {
		lines[i] = reviewerLine{1, "reviewer", a.Name, a.Role, a.Secret != "", a.Created, a.By, open[a.Name]}
	}
	return lines, nil
}

func (s Shared) link() *cobra.Command {
	return &cobra.Command{Use: "link NAME", Short: "Print a link that lets a reviewer in once, within 15 minutes", Args: s.one,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.With(cmd, func(cfg config.Config, db *store.DB) error {
				if _, err := s.find(cmd, db, args[0]); err != nil {
					return err
				}
				token, err := guard(cfg, db).NewLink(cmd.Context(), args[0], s.Actor().String())
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), Address(cfg.Web)+"/enter/"+token)
				}
				return err
			})
		}}
}

// Address is where browsers find the page.
func Address(w config.Web) string {
	switch {
	case w.URL != "":
		return strings.TrimRight(w.URL, "/")
	case w.Listen.Network == "tcp":
		host, port, _ := net.SplitHostPort(w.Listen.Name) // checked with the settings
		if host == "127.0.0.1" || host == "::1" {
			host = "localhost" // browsers keep secure cookies of it without TLS
		}
		if w.Cert != "" {
			return "https://" + net.JoinHostPort(host, port)
		}
		return "http://" + net.JoinHostPort(host, port)
	}
	return "http://localhost"
}

func (s Shared) logout() *cobra.Command {
	return &cobra.Command{Use: "logout NAME", Short: "End all sessions of a reviewer", Args: s.one,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.With(cmd, func(_ config.Config, db *store.DB) error {
				list, err := db.Reviewers().Sessions(cmd.Context(), args[0])
				for i := range list {
					if _, errEnd := db.Reviewers().EndSession(cmd.Context(), list[i].Hash, s.Actor().String()); errEnd != nil {
						err = errors.Join(err, errEnd)
					}
				}
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), s.Words(cmd).W("did-logout", s.Words(cmd).Say(words.Count(len(list), "session"))))
				}
				return err
			})
		}}
}
