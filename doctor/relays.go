package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/identity"
	"hisseki/internal/config"
	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/ledger"
)

// relaySpan is the mail that is looked at.
const relaySpan = 7 * 24 * time.Hour

// fewPeople are not yet a relay: an application may have as many senders.
const fewPeople = 3

// unnamed is a network that sends mail of several addresses without an account.
type unnamed struct {
	network netip.Prefix
	mails   int
	people  map[string]int // addresses by domain
	names   []string       // the addresses
}

// relays says which hosts hand over mail that has no account though people seem to write it,
// and looks at the relays that are believed.
func (d *Doctor) relays(db Store) {
	for i := range d.Config.Identity.Relay {
		d.relay(&d.Config.Identity.Relay[i])
	}
	list, err := db.Senders(d.ctx, ledger.SenderFilter{Since: time.Now().Add(-relaySpan)})
	if err != nil {
		d.add("relays", Bad, words.Fault(err), nothing)
		return
	}
	all := 0
	found, accounts := make(map[netip.Prefix]*unnamed), make(map[string]bool)
	for i := range list {
		s := &list[i]
		all += s.Mails
		accounts[s.Name] = s.Class == analyzer.Account
		network, address, ok := identity.ApplicationParts(s.Name)
		if s.Class != analyzer.Application || !ok {
			continue
		}
		u := found[network]
		if u == nil {
			u = &unnamed{network: network, people: make(map[string]int)}
			found[network] = u
		}
		u.mails += s.Mails
		u.names = append(u.names, address)
		u.people[address[strings.LastIndexByte(address, '@')+1:]]++
	}
	var crowded []*unnamed
	for _, u := range found {
		if _, people := u.domain(); people >= fewPeople {
			crowded = append(crowded, u)
		}
	}
	slices.SortFunc(crowded, func(a, b *unnamed) int {
		return cmp.Or(b.mails-a.mails, a.network.Addr().Compare(b.network.Addr()))
	})
	for _, u := range crowded[:min(len(crowded), maxUnnamed)] {
		d.unnamed(u, all, accounts)
	}
}

// maxUnnamed bounds the networks that are shown.
const maxUnnamed = 5

// domain returns the domain that most of the addresses have.
func (u *unnamed) domain() (name string, people int) {
	for domain, n := range u.people {
		if n > people || n == people && domain < name {
			name, people = domain, n
		}
	}
	return name, people
}

func (d *Doctor) unnamed(u *unnamed, all int, accounts map[string]bool) {
	domain, people := u.domain()
	share := fmt.Sprintf("%.0f", 100*float64(u.mails)/float64(max(all, 1)))
	found := say("doctor-unnamed", words.Count(u.mails, "mail"), people, term.Safe(domain, 60), share).Of(u.network.String())
	if u.network.Addr().IsLoopback() {
		d.add("relays", Warn, found, say("doctor-unnamed-login"))
		return
	}
	known := 0
	for _, name := range u.names {
		if accounts[name] {
			known++
		}
	}
	table := fmt.Sprintf("[[identity.relay]]\nname    = \"relay\"\nhosts   = [%q]\ndomains = [%q]\naccount = [\"mail_from\"]\n"+
		"client  = [\"header:X-Originating-IP\", \"received\"]", u.network, term.Safe(domain, 60))
	do := say("doctor-unnamed-relay", table)
	if known >= fewPeople {
		do = say("doctor-unnamed-mta", table)
		found = say("doctor-unnamed-twice", words.Count(u.mails, "mail"), people, term.Safe(domain, 60), share, known).Of(u.network.String())
	}
	d.add("relays", Warn, found, do)
}

// shared are networks and a certificate that a provider uses for all of its customers, as it
// publishes them: Exchange Online, Google Workspace.
var (
	sharedHosts = []netip.Prefix{
		netip.MustParsePrefix("40.92.0.0/15"), netip.MustParsePrefix("40.107.0.0/16"),
		netip.MustParsePrefix("52.100.0.0/14"), netip.MustParsePrefix("104.47.0.0/17"),
		netip.MustParsePrefix("2a01:111:f400::/48"), netip.MustParsePrefix("2a01:111:f403::/48"),
		netip.MustParsePrefix("35.190.247.0/24"), netip.MustParsePrefix("64.233.160.0/19"),
		netip.MustParsePrefix("66.102.0.0/20"), netip.MustParsePrefix("74.125.0.0/16"),
		netip.MustParsePrefix("173.194.0.0/16"), netip.MustParsePrefix("209.85.128.0/17"),
		netip.MustParsePrefix("2001:4860:4000::/36"), netip.MustParsePrefix("2404:6800:4000::/36"),
		netip.MustParsePrefix("2607:f8b0:4000::/36"), netip.MustParsePrefix("2a00:1450:4000::/36"),
	}
	sharedCertificates = []string{"mail.protection.outlook.com", "smtp.gmail.com"}
)

// relay looks at one that is believed.
func (d *Doctor) relay(r *config.Relay) {
	hosts := r.AllHosts()
	shared := slices.ContainsFunc(sharedCertificates, func(name string) bool {
		return strings.EqualFold(name, r.Certificate)
	}) || slices.ContainsFunc(hosts, func(p netip.Prefix) bool {
		return slices.ContainsFunc(sharedHosts, p.Overlaps)
	})
	switch {
	case shared && len(r.Proof) == 0:
		d.add("relays", Warn, say("doctor-relay-shared").Of(r.Name), say("doctor-relay-proof", "X-OriginatorOrg: "+r.Domains[0]))
	case r.BelievesFrom():
		d.add("relays", Warn, say("doctor-relay-from").Of(r.Name), say("doctor-relay-order"))
	case len(r.Client) == 0:
		d.add("relays", Warn, say("doctor-relay-blind").Of(r.Name), say("doctor-relay-client", "header:X-Originating-IP"))
	default:
		from := words.Plain(r.Certificate)
		if r.Certificate == "" {
			from = words.Count(len(hosts), "network")
		}
		found := say("doctor-relay-good", r.Domains, from)
		if len(r.Account) == 0 || r.Account[0].Kind == "mail_from" {
			found = say("doctor-relay-must", r.Domains, from)
		}
		d.add("relays", OK, found.Of(r.Name), nothing)
	}
}

// certificates looks whether Postfix asks for the certificates by which relays are believed, and
// whether the agent can see them.
func (d *Doctor) certificates(entrances []*entrance) {
	asks, shows := false, true
	for _, e := range entrances {
		tls := e.value("smtpd_tls_security_level") == "may" || e.value("smtpd_tls_security_level") == "encrypt" ||
			e.value("smtpd_use_tls") == "yes"
		if e.us >= 0 && tls && (e.value("smtpd_tls_ask_ccert") == "yes" || e.value("smtpd_tls_req_ccert") == "yes") {
			asks, shows = true, shows && e.value("smtpd_tls_received_header") == "yes"
		}
	}
	for i := range d.Config.Identity.Relay {
		r := &d.Config.Identity.Relay[i]
		switch {
		case r.Certificate == "":
		case !asks:
			d.add("relays", Bad, say("doctor-relay-unasked").Of(r.Name), say("doctor-relay-ask"))
		case !shows && len(d.Config.Hooks.Command) > 0:
			d.add("relays", Warn, say("doctor-relay-unseen").Of(r.Name), say("doctor-relay-show"))
		}
	}
}
