package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/seal"
	"hisseki/store"
)

// sealing is the store as serve remembers by it: excerpts are sealed before they get
// there, or dropped where nobody could read them.
type sealing struct {
	*store.DB
	recipient *seal.Recipient // nil drops excerpts
	log       *slog.Logger
}

// Record implements analyzer.Memory. A mail is kept without its excerpt rather than not
// at all.
func (s sealing) Record(ctx context.Context, r *analyzer.Record) (id, lesson int64, err error) {
	if r.Excerpt == "" {
		return s.DB.Record(ctx, r)
	}
	sealed := *r
	sealed.Excerpt = ""
	if s.recipient != nil {
		if sealed.Excerpt, err = s.recipient.Seal(r.Excerpt); err != nil {
			s.log.Error("excerpt not kept", "queue_id", r.Envelope.QueueID, "error", err)
			sealed.Excerpt = ""
		}
	}
	return s.DB.Record(ctx, &sealed)
}

var _ analyzer.Memory = sealing{}

// newSealing reads the public key of the settings.
func newSealing(cfg config.Privacy, db *store.DB, log *slog.Logger) (sealing, error) {
	recipient, err := sealRecipient(cfg)
	return sealing{DB: db, recipient: recipient, log: log}, err
}

func sealRecipient(cfg config.Privacy) (*seal.Recipient, error) {
	if cfg.ExcerptRecipient == "" {
		return nil, nil
	}
	r, err := seal.ParseRecipient(cfg.ExcerptRecipient)
	if err != nil {
		return nil, fmt.Errorf("privacy.excerpt_recipient: %w: make one with hisseki key FILE", err)
	}
	return r, nil
}

// unsealed is a hold's excerpt for a reviewer, or why it cannot be read.
func unsealed(cfg config.Privacy, h *ledger.Hold) string {
	if cfg.ExcerptIdentity == "" {
		return "sealed: set privacy.excerpt_identity to the key's file"
	}
	text, err := seal.Open(h.Excerpt, cfg.ExcerptIdentity)
	if err != nil {
		return "sealed: " + err.Error()
	}
	return text
}

func newKey() *cobra.Command {
	return &cobra.Command{
		Use:   "key FILE",
		Short: "Make the key that excerpts of kept mail are sealed with",
		Long: `Make the key that excerpts of kept mail are sealed with. The private half is written to FILE,
for those who review; the public half is printed, for privacy.excerpt_recipient.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			public, err := seal.NewIdentity(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "[privacy]\nexcerpt_recipient = %q\n"+
				"excerpt_identity = %q\n", public, args[0])
			return err
		},
	}
}
