package wiring

import (
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/signing"
)

// Signs returns what a reviewer's decisions are signed with, as store.Options want it. Nil, with
// the reason, where this process may not decide. It makes the key where there is none.
func Signs(cfg config.Config) (ledger.Signs, error) {
	key, _, err := signing.Make(KeyFolder(cfg))
	if err != nil {
		return nil, err // and not a nil *Key
	}
	return key, nil
}

// KeyFolder is where the key for decisions and the agent's record lie.
func KeyFolder(cfg config.Config) string { return signing.Folder(cfg.Agent.Folder, cfg.Database) }
