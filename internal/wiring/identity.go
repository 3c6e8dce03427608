package wiring

import (
	"net/netip"
	"strings"

	"hisseki/identity"
	"hisseki/internal/config"
	"hisseki/internal/mailbox"
)

// Identity is what the settings say about who a client is.
func Identity(cfg config.Config) *identity.Identity {
	id := &identity.Identity{
		DefaultRealm: cfg.Identity.DefaultRealm,
		Aliases:      make(map[string]string, len(cfg.Identity.Aliases)),
		ClientHeader: cfg.Identity.Webmail.Header,
	}
	for _, realm := range cfg.Identity.Realms {
		id.Realms = append(id.Realms, mailbox.Lower(realm))
	}
	for from, to := range cfg.Identity.Aliases {
		id.Aliases[mailbox.Lower(from)] = mailbox.Lower(to)
	}
	for _, n := range cfg.Identity.Webmail.Hosts {
		id.Webmail = append(id.Webmail, netip.Prefix(n))
	}
	for i := range cfg.Identity.Relay {
		id.Relays = append(id.Relays, relay(&cfg.Identity.Relay[i]))
	}
	return id
}

// relay is what the settings say about one relay. Without a word of where an account is named,
// it is MAIL FROM.
func relay(c *config.Relay) identity.Relay {
	r := identity.Relay{Name: c.Name, Hosts: c.AllHosts(), Certificate: c.Certificate,
		Account: places(c.Account), Client: places(c.Client)}
	if len(r.Account) == 0 {
		r.Account = []identity.Source{{Kind: identity.MailFrom}}
	}
	for _, d := range c.Domains {
		r.Domains = append(r.Domains, mailbox.Domain(d))
	}
	for _, n := range c.Inside {
		r.Inside = append(r.Inside, netip.Prefix(n))
	}
	for _, p := range c.Proof {
		name, value, _ := strings.Cut(p, ":")
		r.Proof = append(r.Proof, identity.Proof{Name: name, Value: strings.TrimSpace(value)})
	}
	return r
}

func places(list []config.Place) []identity.Source {
	var out []identity.Source
	for _, p := range list {
		out = append(out, identity.Source{Kind: identity.SourceKind(p.Kind), Header: p.Name, Last: p.Last})
	}
	return out
}

// RelayHosts are the hosts of all relays that are believed.
func RelayHosts(cfg config.Config) (hosts []netip.Prefix) {
	for i := range cfg.Identity.Relay {
		hosts = append(hosts, cfg.Identity.Relay[i].AllHosts()...)
	}
	return hosts
}
