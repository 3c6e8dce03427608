package review

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"hisseki/analyzer"
	"hisseki/identity"
	"hisseki/internal/term"
	"hisseki/ledger"
)

// Adopted is a profile that was made an account's.
type Adopted struct {
	From    string
	Account string
	Mails   int
}

// Adopt makes what is known of an account under the names of an application its own: of mail
// that came from relays before they were believed. Only networks of such relays count, or
// those that are named in their place: from elsewhere anybody may have used the name. None is
// ErrNothing.
func (s *Service) Adopt(ctx context.Context, who Actor, account string, networks []string, reason string) (
	[]Adopted, error) {
	name, err := s.accountName(account)
	if err != nil {
		return nil, UsageError{err}
	}
	if strings.ContainsAny(name, ":|") || !strings.Contains(name, "@") {
		return nil, UsageError{fmt.Errorf("%s is not an account such as alice@example.org", term.Safe(name, 100))}
	}
	of, err := s.adoptable(networks)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Senders(ctx, ledger.SenderFilter{Class: analyzer.Application})
	if err != nil {
		return nil, err
	}
	var out []Adopted
	var others []string
	for i := range list {
		network, address, ok := identity.ApplicationParts(list[i].Name)
		switch {
		case !ok || address != name:
		case !slices.ContainsFunc(of, network.Overlaps):
			others = append(others, network.String())
		default:
			n, err := s.Store.AdoptSender(ctx, list[i].Name, name, who.String(), reason)
			if err != nil {
				return out, err
			}
			out = append(out, Adopted{list[i].Name, name, n})
		}
	}
	if len(out) == 0 && len(others) > 0 {
		return nil, fmt.Errorf("%w: %s sent from %s, where no [[identity.relay]] is: name it with --network if it"+
			" is yours", ErrNothing, term.Safe(name, 100), term.Few(others, 3))
	}
	if len(out) == 0 {
		return nil, ErrNothing
	}
	return out, nil
}

// adoptable returns the networks that count: those that are named, else those of the relays.
func (s *Service) adoptable(networks []string) ([]netip.Prefix, error) {
	var of []netip.Prefix
	for _, text := range networks {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, UsageError{fmt.Errorf("--network: %q is not a network such as 192.0.2.0/24", text)}
		}
		of = append(of, p)
	}
	if len(of) == 0 {
		of = s.Settings.Relays
	}
	if len(of) == 0 {
		return nil, errors.New("no [[identity.relay]] with hosts is configured: add it first, or name --network")
	}
	return of, nil
}
