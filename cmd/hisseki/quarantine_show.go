package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hisseki/ledger"
	"hisseki/review"
)

func newQuarantineShow() *cobra.Command {
	var asJSON, noMail bool
	cmd := &cobra.Command{
		Use:               "show ID...",
		Short:             "Show why a mail is kept, and as root the mail itself",
		ValidArgsFunction: completeHolds,
		RunE: func(cmd *cobra.Command, ids []string) error {
			return withReview(cmd, func(s *review.Service) error {
				view := review.View{Excerpt: !asJSON, Mail: !asJSON && !noMail}
				list, lack := s.Show(cmd.Context(), actor(), ids, view)
				if list == nil {
					return lack
				}
				return errors.Join(writeShown(cmd, list, asJSON), lack)
			})
		},
	}
	addJSON(cmd, &asJSON)
	cmd.Flags().BoolVar(&noMail, "no-mail", false, "evidence only, do not read the mail")
	return cmd
}

func writeShown(cmd *cobra.Command, list []review.Shown, asJSON bool) error {
	w := cmd.OutOrStdout()
	for i := range list {
		var err error
		if asJSON {
			err = review.WriteLines(w, []review.HoldLine{review.LineOf(&list[i].Hold)})
		} else {
			err = writeHold(w, &list[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fields prints lines "name  value", made safe; empty values are left out.
type fields struct{ strings.Builder }

func (f *fields) add(name, value string) {
	if value != "" {
		fmt.Fprintf(f, "%-11s %s\n", name, safe(value, 300))
	}
}

// list prints a list under its name, at most 20 entries of it.
func (f *fields) list(name string, list []string) {
	for i, s := range list {
		if i == 20 {
			fmt.Fprintf(f, "%-11s and %d more\n", "", len(list)-i)
			return
		}
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(f, "%-11s %s\n", name, safe(s, 300))
	}
}

// writeHold prints a kept mail for people: what it is, why it is kept, and what is in it.
func writeHold(w io.Writer, h *review.Shown) error {
	var b fields
	r, e := h.Record, &h.Record.Envelope
	b.add("hold", h.Name()+" "+string(h.State))
	if h.Incident != 0 {
		b.add("incident", review.IncidentName(h.Incident))
	}
	b.add("time", e.Time.Local().Format("2006-01-02 15:04:05 -0700"))
	b.add("sender", e.Sender)
	b.add("mail from", e.MailFrom)
	b.add("from", r.HeaderFrom)
	b.add("subject", r.Subject)
	b.add("client", strings.TrimSpace(clientText(&h.Hold)+" "+e.Helo))
	b.add("queue id", e.QueueID+" on "+e.Host)
	if !h.Due.IsZero() && h.State == ledger.Delayed {
		b.add("leaves", stamp(h.Due)+" unless more follows")
	}
	b.add("later", review.Later(&h.Hold))
	b.add("decided", strings.TrimSpace(h.By+" "+h.Reason))
	b.add("error", h.Error)
	b.list("recipients", h.Recipients)
	b.list("links", r.URLs)
	b.list("files", r.Files)
	writeVerdict(&b, h)
	if h.Excerpt != "" {
		fmt.Fprintf(&b, "\nexcerpt     %s\n", safe(h.Excerpt, 2000))
	}
	b.WriteString("\n")
	writeMail(&b, h)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeVerdict(b *fields, h *review.Shown) {
	v := &h.Record.Verdict
	fmt.Fprintf(b, "\nverdict     %s: %s points, sum %s\n", safe(string(v.Would), 20), points(v.Points),
		points(v.Sum))
	for _, e := range v.Evidence {
		if e.Observed == "" && e.Usual == "" { // a note: what could not be judged
			fmt.Fprintf(b, "      -  %s  [%s]\n", safe(e.Text, 200), safe(string(e.Signal), 40))
			continue
		}
		fmt.Fprintf(b, "  %5.2f  %s\n         observed: %s\n         usual:    %s  [%s]\n", e.Points,
			safe(e.Text, 200), safe(e.Observed, 200), safe(e.Usual, 200), safe(string(e.Signal), 40))
	}
	if v.PassIf != "" {
		fmt.Fprintf(b, "  %s\n", safe(v.PassIf, 200))
	}
}

func clientText(h *ledger.Hold) string {
	e := &h.Record.Envelope
	if !e.Client.IsValid() {
		return ""
	}
	return strings.TrimSpace(e.Client.String() + " " + e.ClientName)
}

// Bounds of a mail shown on a terminal.
const (
	maxShownLines = 400
	maxShownWidth = 300 // characters
)

// writeMail prints a mail from Postfix's queue, made safe for a terminal.
func writeMail(b *fields, h *review.Shown) {
	if h.Unread != "" {
		fmt.Fprintf(b, "mail        not shown: %s\n", safe(h.Unread, 200))
	}
	if len(h.Source) == 0 {
		return
	}
	for i, line := range strings.Split(strings.TrimRight(string(h.Source), "\n"), "\n") {
		if i == maxShownLines {
			fmt.Fprintf(b, "... cut after %d lines, see postcat -q %s\n", i, safe(h.Record.Envelope.QueueID, 40))
			return
		}
		fmt.Fprintln(b, "| "+safe(line, maxShownWidth))
	}
}
