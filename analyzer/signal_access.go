package analyzer

import (
	"fmt"

	"hisseki/baseline"
)

// newNetwork: the client's network.
// Levels: 1 a new network of a known provider, 2 a provider new to the sender, 3 new
// to the organisation, 4 also in a country new to the sender.
func newNetwork(v *view) reading {
	net := v.o.Keys[baseline.Network]
	where := network(v.mail.Client, 24, 48)
	if v.place.Provider != "" {
		where += " (" + v.place.Provider + ")"
	}
	if v.place.Country != "" {
		where += " in " + v.place.Country
	}
	r := reading{ok: true, observed: where,
		usual: fmt.Sprintf("%d known networks", v.sender.Count(baseline.Network))}
	if v.declared.network || v.sender.Accepts(baseline.Network, net[0], v.today) {
		return r
	}
	p := v.o.Keys[baseline.Provider]
	switch {
	case v.declared.country || len(p) == 0 || v.sender.Accepts(baseline.Provider, p[0], v.today):
		r.level, r.text = 1, "sent from "+where+", a new network of a known provider"
	case v.usedHere(baseline.Provider, p[0]):
		r.level, r.text = 2, "sent from "+where+", new to this account"
	default:
		r.level, r.text = 3, "sent from "+where+", new to the whole organisation"
	}
	if c := v.o.Keys[baseline.Country]; len(c) > 0 && !v.declared.country &&
		!v.sender.Accepts(baseline.Country, c[0], v.today) {
		r.level++
		r.text += ", a country this account never sent from"
	}
	return r
}

// newHour: a part of the week in which the sender never sent. Weak: most attacks fall
// into usual hours.
func newHour(v *view) reading {
	k := v.o.Keys[baseline.Hour]
	r := reading{ok: true, observed: partOfWeek(v.mail.Time),
		usual: fmt.Sprintf("%d parts of the week", v.sender.Count(baseline.Hour))}
	if !v.declared.hour && !v.sender.Accepts(baseline.Hour, k[0], v.today) {
		r.level, r.text = 1, "sent in a part of the week in which this account never sends"
	}
	return r
}
