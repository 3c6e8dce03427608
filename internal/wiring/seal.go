package wiring

import (
	"fmt"

	"hisseki/internal/config"
	"hisseki/seal"
)

// SealRecipient reads the reviewers' public key; nil without one.
func SealRecipient(cfg config.Privacy) (*seal.Recipient, error) {
	if cfg.ExcerptRecipient == "" {
		return nil, nil
	}
	r, err := seal.ParseRecipient(cfg.ExcerptRecipient)
	if err != nil {
		return nil, fmt.Errorf("privacy.excerpt_recipient: %w: make one with hisseki key FILE", err)
	}
	return r, nil
}
