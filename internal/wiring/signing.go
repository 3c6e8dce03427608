package wiring

import (
	"hisseki/internal/config"
	"hisseki/signing"
)

// Signs returns what a reviewer's decisions are signed with, as store.Options want it; its Ready
// is review.Service's.
func Signs(cfg config.Config) *signing.Lazy { return &signing.Lazy{Folder: KeyFolder(cfg)} }

// KeyFolder is where the key for decisions and the agent's record lie.
func KeyFolder(cfg config.Config) string { return signing.Folder(cfg.Agent.Folder, cfg.Database) }
