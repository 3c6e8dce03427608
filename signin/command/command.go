// Package command is `hisseki signin`.
package command

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/internal/jsonl"
	"hisseki/internal/term"
	"hisseki/internal/wiring"
	"hisseki/maillog"
	"hisseki/signin"
	"hisseki/store"
)

// Shared is what all commands of the program do in the same way.
type Shared struct {
	// With runs something on the settings and the open store.
	With func(cmd *cobra.Command, do func(config.Config, *store.DB) error) error
	// Partly is the error of a command that did a part of what was asked.
	Partly error
	Usage  func(error) error // makes an error one of usage
}

// Import returns the command that reads sign-in logs.
func (s Shared) Import() *cobra.Command {
	var format string
	var asJSON bool
	imports := &cobra.Command{
		Use:   "import FILE...",
		Short: "Read whole sign-in logs; - is standard input",
		Long: `Read whole sign-in logs: Microsoft Entra and Microsoft 365, Google Workspace, Okta, Keycloak,
Zimbra, Roundcube, Dovecot's event export, and the generic form of [signin.generic]. Which one a file
has is told by its content. An event counts once, however often it is read. docs/cloud.md says how to
get each.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			if format != "" && !slices.Contains(signin.Formats, signin.Format(format)) {
				return s.Usage(fmt.Errorf("--format %q is not one of %v", format, signin.Formats))
			}
			return s.With(cmd, func(cfg config.Config, db *store.DB) error {
				m := wiring.Signin(cfg, db)
				m.Parser.Format = signin.Format(format)
				return s.importAll(cmd, &m, files, asJSON)
			})
		},
	}
	imports.Flags().StringVar(&format, "format", "", "`NAME` of the format, where the content does not tell it")
	imports.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return imports
}

func (s Shared) importAll(cmd *cobra.Command, m *signin.Importer, files []string, asJSON bool) error {
	return maillog.ReadFiles(cmd.Context(), cmd.ErrOrStderr(), files, s.Partly, func(file string) (func() error, error) {
		k, err := m.ImportFile(cmd.Context(), file, cmd.InOrStdin())
		return func() error {
			if asJSON {
				return jsonl.Write(cmd.OutOrStdout(), []signin.Line{k.Line(file)})
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), term.Safe(file, 200)+": "+term.Safe(k.String(), 400))
			return err
		}, err
	})
}
