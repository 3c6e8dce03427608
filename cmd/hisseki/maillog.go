package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/internal/jsonl"
	"hisseki/internal/wiring"
	"hisseki/maillog"
	"hisseki/store"
)

func newMaillog() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "maillog",
		Short: "Read what Postfix and Dovecot logged",
		Args:  noArgs,
		RunE:  needSubcommand,
	}
	cmd.AddCommand(newMaillogImport())
	return cmd
}

func newMaillogImport() *cobra.Command {
	var host, zone string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Read whole log files, also .gz and .bz2: what became of mail, who logged in",
		Long: "Read whole log files, also .gz and .bz2. What the agent or an import has read of a\n" +
			"file before is skipped, also under another name. Give the oldest file first.",
		Args: someArgs("log files, the oldest first"),
		RunE: func(cmd *cobra.Command, files []string) error {
			where, err := time.LoadLocation(zone)
			if err != nil {
				return usageError{fmt.Errorf("--zone: %w: write a name such as Asia/Tokyo", err)}
			}
			return withStore(cmd, func(cfg config.Config, db *store.DB) error {
				p := &maillog.Parser{Zone: where, Normal: wiring.Identity(cfg).Normal}
				return importLogs(cmd, db, p, host, files, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&host, "host", "", "only mail of the MTA of this `NAME` (myhostname)")
	cmd.Flags().StringVar(&zone, "zone", "Local", "time `ZONE` of times without one")
	addJSON(cmd, &asJSON)
	return cmd
}

// importedLog is one file's result.
type importedLog struct {
	Schema int    `json:"schema"`
	Kind   string `json:"kind"`
	File   string `json:"file"`
	Lines  int    `json:"lines"`
	Ours   int    `json:"of_recorded_mail"`
	Others int    `json:"of_other_mail"`
	Logins int    `json:"logins"`
	// Lines of Postfix and Dovecot in unknown words, lines of no log's form, and one of them.
	Unknown    int    `json:"unknown"`
	Unreadable int    `json:"unreadable"`
	Sample     string `json:"sample,omitempty"`
}

// print writes a result for people.
func (l *importedLog) print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s: %s, %d of recorded mail, %d of other mail, %s\n",
		safe(l.File, 200), counted(l.Lines, "new line"), l.Ours, l.Others, counted(l.Logins, "login"))
	if err == nil && l.Unknown+l.Unreadable > 0 {
		_, err = fmt.Fprintf(w, "  not understood: %d of Postfix or Dovecot, %d of no log's form, such as\n  %s\n",
			l.Unknown, l.Unreadable, safe(l.Sample, 160))
	}
	return err
}

// importLogs reads files in their order. One that cannot be read does not stop the others.
func importLogs(cmd *cobra.Command, db *store.DB, p *maillog.Parser, host string,
	files []string, asJSON bool) error {
	done := 0
	for _, file := range files {
		c, err := maillog.Import(cmd.Context(), p, db, host, file)
		if err != nil {
			if cmd.Context().Err() != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "hisseki: %v\n", err)
			continue
		}
		done++
		line := importedLog{1, "maillog", file, c.Read, c.Lines, c.Strange, c.Logins,
			c.Unknown, c.Unreadable, c.Sample}
		if asJSON {
			err = jsonl.Write(cmd.OutOrStdout(), []importedLog{line})
		} else {
			err = line.print(cmd.OutOrStdout())
		}
		if err != nil {
			return err
		}
	}
	switch {
	case done == 0:
		return errors.New("no log could be read")
	case done < len(files):
		return errPartly
	}
	return nil
}
