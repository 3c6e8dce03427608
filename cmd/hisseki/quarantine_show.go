package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

func newQuarantineShow() *cobra.Command {
	var asJSON, noMail bool
	cmd := &cobra.Command{
		Use:               "show ID...",
		Short:             "Show why a mail is kept, and as root the mail itself",
		ValidArgsFunction: completeIDs,
		Args: func(_ *cobra.Command, ids []string) error {
			if len(ids) == 0 {
				return usageError{fmt.Errorf("show needs an id: see hisseki quarantine list")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, ids []string) error {
			return withStore(cmd, func(cfg config.Config, db *store.DB) error {
				filter, err := (&filterFlags{}).filter(ids, time.Now())
				if err != nil {
					return err
				}
				holds, err := db.Holds(cmd.Context(), filter)
				if err != nil {
					return err
				}
				if len(holds) == 0 {
					return errNothing
				}
				err = showHolds(cmd, cfg, db, holds, asJSON, !noMail)
				if err == nil && len(holds) < len(filter.IDs) {
					err = errPartly
				}
				return err
			})
		},
	}
	addJSON(cmd, &asJSON)
	cmd.Flags().BoolVar(&noMail, "no-mail", false, "evidence only, do not read the mail")
	return cmd
}

// showHolds notes in the audit log what it shows. When that fails nothing is shown.
func showHolds(cmd *cobra.Command, cfg config.Config, db *store.DB, holds []ledger.Hold,
	asJSON, mail bool) error {
	for i := range holds {
		h := &holds[i]
		what := "evidence"
		if !asJSON && h.Excerpt != "" {
			what += ", excerpt"
		}
		if !asJSON && mail && canShowMail(h) {
			what += ", mail"
		}
		if err := db.Audit(cmd.Context(), actor(), "read", h.Name(), what); err != nil {
			return err
		}
	}
	if asJSON {
		return writeHolds(cmd.OutOrStdout(), holds)
	}
	for i := range holds {
		if err := showHold(cmd.Context(), cmd.OutOrStdout(), cfg, &holds[i], mail); err != nil {
			return err
		}
	}
	return nil
}

// canShowMail says whether the mail itself can be read: by root, from the queue.
func canShowMail(h *ledger.Hold) bool {
	return os.Geteuid() == 0 && h.Record.Envelope.QueueID != "" && inQueue(h.State)
}

func showHold(ctx context.Context, w io.Writer, cfg config.Config, h *ledger.Hold, mail bool) error {
	var b strings.Builder
	r, e := h.Record, &h.Record.Envelope
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-11s %s\n", name, safe(value, 300))
		}
	}
	field("hold", h.Name()+" "+string(h.State))
	if h.Incident != 0 {
		field("incident", incidentName(h.Incident))
	}
	field("time", e.Time.Local().Format("2006-01-02 15:04:05 -0700"))
	field("sender", e.Sender)
	field("mail from", e.MailFrom)
	field("from", r.HeaderFrom)
	field("subject", r.Subject)
	field("client", strings.TrimSpace(clientText(h)+" "+e.Helo))
	field("queue id", e.QueueID+" on "+e.Host)
	if !h.Due.IsZero() && h.State == ledger.Delayed {
		field("leaves", stamp(h.Due)+" unless more follows")
	}
	if !h.Recalled.IsZero() {
		field("recalled", stamp(h.Recalled)+", it had passed")
	}
	field("decided", strings.TrimSpace(h.By+" "+h.Reason))
	field("error", h.Error)
	writeList(&b, "recipients", h.Recipients)
	writeList(&b, "links", r.URLs)
	writeList(&b, "files", r.Files)
	fmt.Fprintf(&b, "\nverdict     %s: %s points, sum %s\n", r.Verdict.Would,
		points(r.Verdict.Points), points(r.Verdict.Sum))
	for _, ev := range r.Verdict.Evidence {
		if ev.Observed == "" && ev.Usual == "" { // a note: what could not be judged
			fmt.Fprintf(&b, "      -  %s  [%s]\n", safe(ev.Text, 200), ev.Signal)
			continue
		}
		fmt.Fprintf(&b, "  %5.2f  %s\n         observed: %s\n         usual:    %s  [%s]\n", ev.Points,
			safe(ev.Text, 200), safe(ev.Observed, 200), safe(ev.Usual, 200), ev.Signal)
	}
	if r.Verdict.PassIf != "" {
		fmt.Fprintf(&b, "  %s\n", safe(r.Verdict.PassIf, 200))
	}
	if h.Excerpt != "" {
		fmt.Fprintf(&b, "\nexcerpt     %s\n", safe(unsealed(cfg.Privacy, h), 2000))
	}
	b.WriteString("\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	if mail && canShowMail(h) {
		return showMail(ctx, w, cfg.Agent.PostfixConfig, e.QueueID)
	}
	return nil
}

func inQueue(s ledger.State) bool {
	return slices.Contains(openStates, s)
}

func clientText(h *ledger.Hold) string {
	e := &h.Record.Envelope
	if !e.Client.IsValid() {
		return ""
	}
	return strings.TrimSpace(e.Client.String() + " " + e.ClientName)
}

// writeList prints a list under its name, at most 20 entries of it.
func writeList(b *strings.Builder, name string, list []string) {
	for i, s := range list {
		if i == 20 {
			fmt.Fprintf(b, "%-11s and %d more\n", "", len(list)-i)
			return
		}
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(b, "%-11s %s\n", name, safe(s, 300))
	}
}
