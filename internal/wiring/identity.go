package wiring

import (
	"net/netip"
	"strings"

	"hisseki/internal/config"
	"hisseki/milter"
)

// Identity is what the settings say about who a client is.
func Identity(cfg config.Config) *milter.Identity {
	id := &milter.Identity{
		DefaultRealm: cfg.Identity.DefaultRealm,
		Aliases:      make(map[string]string, len(cfg.Identity.Aliases)),
		ClientHeader: cfg.Identity.Webmail.Header,
	}
	for from, to := range cfg.Identity.Aliases {
		id.Aliases[strings.ToLower(from)] = strings.ToLower(to)
	}
	for _, n := range cfg.Identity.Webmail.Hosts {
		id.Webmail = append(id.Webmail, netip.Prefix(n))
	}
	return id
}
